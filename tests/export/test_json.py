from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.helpers.exported import exported, hostile_files
from tests.helpers.real_runs import real_paths


def document(file: Path, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(exported([file], "json", **options))
    return found


def check(run: dict[str, Any]) -> None:
    """Assert that parents exist, and come before what is below them."""
    for name, key in (("spans", "id"), ("events", "row")):
        seen: set[int] = set()
        for each in run[name]:
            assert each["parent"] is None or each["parent"] in seen
            seen.add(each[key])
        assert len(seen) == len(run[name])
    if run["spans"]:
        roots = [each for each in run["spans"] if each["parent"] is None]
        assert [each["kind"] for each in roots] == ["run"]
    rows = {each["row"] for each in run["events"]}
    assert set(run["conversation"]) <= rows
    assert {each["row"] for each in run["handoffs"]} <= rows


def test_a_document_has_every_row_exactly(tmp_path: Path) -> None:
    for file in hostile_files(tmp_path):
        found = document(file)
        assert found["schema"] == "whitetail.export/1"
        (run,) = found["runs"]
        check(run)
        lines = file.read_bytes().splitlines()
        events = sorted(run["events"], key=lambda each: each["row"])
        assert len(events) == len(lines) == run["rows"]
        for event, line in zip(events[:-1], lines[:-1], strict=True):
            fields = json.loads(line)
            for key in ("seq", "event_type", "content", "metadata"):
                assert event[key] == fields[key]
        assert "bad_line" in events[-1]


def test_a_document_has_no_character_that_acts_on_a_terminal(tmp_path: Path) -> None:
    for file in hostile_files(tmp_path):
        text = exported([file], "json").decode()
        assert not set("\x00\x1b\x9b\u202e\u2066\u2028") & set(text)


def test_long_values_are_cut_and_say_how_much(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    fields = {"seq": 1, "event_type": "mystery", "metadata": {}}
    path.write_text(json.dumps({**fields, "content": {"a": ["x" * 300, 1]}}) + "\n")
    content = document(path, max_bytes=100)["runs"][0]["events"][0]["content"]
    assert content == {
        "a": ["x" * 100 + "… [200 of 300 bytes left out by --max-bytes]", 1]
    }


def test_a_run_of_the_beginning_of_the_epoch_has_a_duration(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    times = ("1970-01-01T00:00:00+00:00", "1970-01-01T00:00:09+00:00")
    kinds = ("run.start", "run.end")
    path.write_text(
        "".join(
            json.dumps({"seq": seq, "event_type": kind, "created_at": at}) + "\n"
            for seq, (kind, at) in enumerate(zip(kinds, times, strict=True), 1)
        )
    )
    (run,) = document(path)["runs"]
    assert run["duration_s"] == 9.0


def test_content_that_is_nested_too_deeply_for_python_is_left_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.jsonl"
    deep = "[" * 1_000 + "]" * 1_000
    path.write_text(f'{{"seq": 1, "event_type": "a", "content": {deep}}}\n')
    for name in ("html", "markdown", "jsonl"):
        assert exported([path], name, query="type:a")
    (event,) = document(path)["runs"][0]["events"]
    try:
        # Python 3.12 and later can write it.
        whole = json.dumps(json.loads(deep))
    except RecursionError:
        assert event["content"] is None and event["too_deep"]
    else:
        assert json.dumps(event["content"]) == whole and "too_deep" not in event


def test_a_filter_keeps_the_nearest_parents(tmp_path: Path) -> None:
    file = hostile_files(tmp_path)[0]
    (run,) = document(file, query="type:llm.ai.response,llm.tool.result")["runs"]
    check(run)
    assert 0 < len(run["events"]) < run["rows"]


def test_a_document_of_each_real_run_is_consistent() -> None:
    for path in real_paths():
        (run,) = document(path)["runs"]
        check(run)
        assert len(run["events"]) == len(path.read_bytes().splitlines())
