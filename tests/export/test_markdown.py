from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.demo import NOW
from tests.helpers.exported import HOSTILE, MARK, exported, hostile_files, markup_lines
from tests.helpers.real_runs import real_paths
from whitetail.export.document import Export, ExportOptions, RunToExport
from whitetail.export.formats import FORMATS
from whitetail.export.markdown import code_span, escaped, fenced
from whitetail.source.file_rows import FileRows

OURS = re.compile(r"</?details>|<summary><code>[^<>\"]*</code></summary>|")


def check(markdown: str) -> None:
    lines = list(markup_lines(markdown))
    assert [line for line in lines if not OURS.fullmatch(line)] == []
    assert lines.count("<details>") == lines.count("</details>")


@pytest.mark.parametrize("query", ["", MARK])
@pytest.mark.parametrize("max_bytes", [None, 60])
def test_no_text_of_a_run_is_markup(
    tmp_path: Path, query: str, max_bytes: int | None
) -> None:
    for file in hostile_files(tmp_path):
        data = exported([file], "markdown", query=query, max_bytes=max_bytes)
        text = data.decode()
        assert text.count(MARK) > 2
        assert not set("\x00\x1b\x9b\u202e\u2066") & set(text)
        check(text)


def test_the_check_notices_markup() -> None:
    with pytest.raises(AssertionError):
        check(f"# Title\n\n{HOSTILE}")


def test_a_run_has_title_status_evidence_conversation_and_calls(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.jsonl"
    call = {"name": "bash", "id": "c1", "args": {"command": "ls"}}
    rows = [
        ("llm.human.input", {"content": "Find <it>"}, {}),
        ("llm.ai.response", {"content": "Looking", "tool_calls": [call]}, {}),
        ("llm.tool.result", {"content": "```", "tool_call_id": "c1"}, {}),
        ("llm.ai.response", {"content": "Here"}, {}),
        ("run.end", {}, {"status": "success"}),
    ]
    path.write_text(
        "".join(
            json.dumps(
                {
                    "seq": seq,
                    "event_type": kind,
                    "category": "message" if kind.startswith("llm") else "trace",
                    "content": content,
                    "metadata": metadata,
                }
            )
            + "\n"
            for seq, (kind, content, metadata) in enumerate(rows, 1)
        )
    )
    text = exported([path], "markdown").decode()
    assert text.startswith("# Find \\<it\\>\n\n**answered** ` answers: Here `\n")
    assert "- event 4, good: ` answers: Here `\n" in text
    assert "### Prompt · \n\n```text\nFind <it>\n```\n" in text
    assert "<summary><code>⇢ bash(&quot;ls&quot;)</code></summary>" in text
    assert '```json\n{\n  "command": "ls"\n}\n```\n' in text
    assert "Result:\n\n````text\n```\n````\n" in text
    assert text.index("Looking") < text.index("bash") < text.rindex("Here")
    check(text)


def test_a_fence_is_longer_than_any_in_its_text() -> None:
    assert fenced("a\n`````b") == "``````text\na\n`````b\n``````\n"
    assert fenced("~~~\r```\r") == "````text\n~~~␍```␍\n````\n"


def test_a_code_span_is_longer_than_any_in_its_text() -> None:
    assert code_span("a `` b") == "``` a `` b ```"
    assert code_span("a\nb") == "` a b `"


def test_an_escaped_line_has_no_markup() -> None:
    assert escaped("<b> *a* [x](y)") == "\\<b\\> \\*a\\* \\[x\\]\\(y\\)"


def test_long_values_are_cut_and_say_how_much(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    content = {"content": "é" * 100}
    fields = {"seq": 1, "event_type": "llm.human.input", "category": "message"}
    path.write_text(json.dumps({**fields, "content": content}) + "\n")
    text = exported([path], "markdown", max_bytes=101).decode()
    note = "[100 of 200 bytes left out by --max-bytes]"
    assert f"```text\n{'é' * 50}… {note}\n```" in text


def test_a_note_makes_no_heading_of_its_event(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text('{"seq": 1, "event_type": "run.start"}\n')
    run = RunToExport.of(FileRows(("thread", "run"), path), NOW)
    export = Export("thread", [replace(run, notes={0: "---"})], ExportOptions(now=NOW))
    text = b"".join(FORMATS["markdown"].chunks(export)).decode()
    assert "---" not in [line.strip() for line in text.splitlines()]
    assert text.count("` ---\n") == 1


def test_the_real_runs_have_no_markup_but_ours() -> None:
    for path in real_paths():
        check(exported([path], "markdown").decode())
