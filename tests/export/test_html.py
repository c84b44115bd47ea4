from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from tests.helpers.events import RunBuilder, encoded, event, handoff
from tests.helpers.exported import HOSTILE, MARK, Page, exported, hostile_files
from tests.helpers.lines import run_file
from tests.helpers.real_runs import real_paths
from whitetail.export.markup import parts_html
from whitetail.export.rich_text import markdown_html
from whitetail.view.styled import TONES
from whitetail_store import BadLine

CONTROLS = set(map(chr, range(32))) - {"\n", "\t"} | set("\x7f\x9b\u202e\u2066")


def written(folder: Path, run: RunBuilder) -> list[Path]:
    path = run_file(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("event_type", "content", "metadata", "seq", "created_at")
    lines = []
    for row in run.rows:
        assert not isinstance(row, BadLine)
        fields = {name: getattr(row, name) for name in names}
        of_message = row.event_type.startswith("llm.")
        lines.append(
            encoded({**fields, "category": "message" if of_message else "trace"})
        )
    path.write_bytes(b"".join(lines))
    return [path]


def page_of(folder: Path, run: RunBuilder, max_bytes: int | None = None) -> Page:
    return Page(exported(written(folder, run), "html", max_bytes=max_bytes))


def shown(page: Page) -> str:
    return "".join(page.text)


@pytest.mark.parametrize("max_bytes", [None, 60])
def test_no_text_of_a_run_is_markup(tmp_path: Path, max_bytes: int | None) -> None:
    files = hostile_files(tmp_path)
    assert len(files) > 5
    for file in files:
        data = exported([file], "html", max_bytes=max_bytes)
        page = Page(data)
        text = shown(page)
        assert text.count(MARK) > 20 and not CONTROLS & set(text)
        for link in page.links:
            assert link[1:] in page.ids or link.startswith(
                ("http://good.example/", "https://good.example/")
            )


def test_the_status_has_no_control_characters(tmp_path: Path) -> None:
    run = RunBuilder()
    run.prompt("Find \x1b]0;the deer\x07")
    run.reply("Here \x9b31m\u202eis it\x00")
    run.add("run.end", {}, status="success")
    text = shown(page_of(tmp_path, run))
    assert "answers: Here \ufffd31m\ufffdis it\u2400" in text
    assert not CONTROLS & set(text)


def test_a_page_has_no_script_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = Page(exported(hostile_files(tmp_path), "html"))
    assert not {"script", "img", "link", "iframe"} & page.counts.keys()
    digest = b64encode(sha256(page.style.encode()).digest()).decode()
    assert page.policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'"
    )
    assert "url(" not in page.style and "@import" not in page.style


def test_each_class_is_one_of_ours(tmp_path: Path) -> None:
    page = Page(exported(hostile_files(tmp_path), "html"))
    styled = set(re.findall(r"\.([a-z]+)", page.style))
    lists = {"reply", "call", "result", "subagent", "trace", "run", "bad"}
    ours = {"verdict", "open", "tree", "model", "tool", "failed", "reply", "prompt"}
    assert page.classes <= styled | TONES | lists | ours | {"good", "note"}


def test_each_rule_of_the_style_sheet_is_for_elements_of_a_page(tmp_path: Path) -> None:
    page = Page(exported(hostile_files(tmp_path), "html"))
    rules = re.sub(r"@[^{]*\{", "", page.style)
    selectors = " ".join(re.findall(r"([^{}]+)\{", rules))
    elements = set(re.findall(r"\w+", re.sub(r"[.:\[][\w-]+", "", selectors)))
    assert {"summary", "text"} < elements
    of_markdown = {"blockquote", "ol", "h5", "h6"}
    assert elements <= page.counts.keys() | of_markdown


def test_the_head_has_the_status_its_evidence_and_the_totals(tmp_path: Path) -> None:
    run = RunBuilder()
    run.prompt("Find the deer")
    run.reply("Here", usage=(1_200, 34, 1_000))
    run.add("run.end", {}, status="success")
    page = page_of(tmp_path, run)
    text = shown(page)
    assert "answered answers: Here" in text
    assert "Tokens1,200 in (1,000 cached), 34 out" in text.replace("\n", "")
    assert "#r1e1" in page.links


def test_events_are_a_tree_below_their_causes(tmp_path: Path) -> None:
    run = RunBuilder()
    run.prompt()
    run.reply("", ("bash", "c1"))
    run.result("c1", "done")
    run.reply("Here")
    data = exported(written(tmp_path, run), "html").decode()
    Page(data.encode())
    tree = data[data.index('class="tree"') :]
    # Each reply is open and has its body apart, if there is something below it.
    nodes = re.findall(r'<details( open)? class="node" id="(\w+)"', tree)
    assert (" open", "r1e1") in nodes and ("", "r1e2") in nodes
    start, end = tree.index('id="r1e1"'), tree.index('id="r1e2"')
    between = tree[start:end]
    assert between.count("<details") - between.count("</details>") == 1


def test_many_neighbours_are_groups_that_a_browser_lays_out_one_by_one(
    tmp_path: Path,
) -> None:
    run = RunBuilder()
    run.reply("", *(("bash", f"c{number}") for number in range(250)))
    for number in range(250):
        run.result(f"c{number}", "done")
    for _ in range(150):
        run.prompt()
    data = exported(written(tmp_path, run), "html").decode()
    assert Page(data.encode()).counts["details"] == 401 + 1
    tree = data[data.index('class="tree"') :]
    groups = [each.start() for each in re.finditer('<div class="group">', tree)]
    ids = [re.search(r'id="r1e(\d+)"', tree[start:]) for start in groups]
    # Of the results below the first event, then of the prompts.
    assert [each and each[1] for each in ids] == ["101", "201", "251", "351"]
    # An event in a group is not a child of what is around it, and aligned all the same.
    assert not re.search(r"> \.node", data)


def test_only_long_parts_of_an_event_fold(tmp_path: Path) -> None:
    run = RunBuilder()
    run.add("mystery", {"short": 1})
    run.add("mystery", "text", caller={f"f{n}": "x" * 60 for n in range(40)})
    data = exported(written(tmp_path, run), "html").decode()
    assert Page(data.encode()).counts["details"] == 3
    assert data.count("<details><summary>") == 1
    assert data.count('<span class="heading">fields</span>') == 2


def test_lines_of_one_tone_have_one_tag() -> None:
    lines = [(("a ", "plain"), ("b", "code")), (), (("  ", "plain"), ("c", "code"))]
    assert parts_html(lines, None) == (
        '<pre>a <span class="code">b\n\n  c\n</span></pre>'
    )


def test_a_hand_off_has_a_card(tmp_path: Path) -> None:
    text = shown(page_of(tmp_path, handoff()))
    assert "Hand-offs" in text
    assert "hand-off to scout “Look”" in text


def test_markdown_is_shown_with_links_to_the_web_only(tmp_path: Path) -> None:
    run = RunBuilder()
    run.reply("**Bold** [a](https://good.example) [b](javascript:x) ![c](https://d/e)")
    page = page_of(tmp_path, run)
    assert {link for link in page.links if link[0] != "#"} == {"https://good.example"}
    assert page.counts["strong"] > 1
    assert "[b](javascript:x)" in shown(page)
    assert "[image: c https://d/e]" in shown(page)


def test_long_values_are_cut_and_say_how_much(tmp_path: Path) -> None:
    run = RunBuilder()
    run.reply("x" * 5_000)
    run.add("mystery", "y\n" * 2_500)
    text = shown(page_of(tmp_path, run, max_bytes=1_000))
    assert "x" * 1_000 in text and "x" * 1_001 not in text
    assert 500 <= text.count("y") < 600
    assert text.count("[4,000 of 5,000 bytes left out by --max-bytes]") == 3
    assert "Values of more than 1,000 bytes are cut" in text
    assert "left out" not in shown(page_of(tmp_path, run))


def test_a_filter_leaves_the_events_that_match(tmp_path: Path) -> None:
    run = RunBuilder()
    run.prompt()
    run.reply("", ("bash", "c1"))
    run.result("c1", "done", name="bash")
    page = Page(exported(written(tmp_path, run), "html", query="done"))
    assert {each for each in page.ids if "e" in each} == {"r1e2"}
    assert "Only events that match this filter are listed: done" in shown(page)


def test_the_runs_of_a_thread_are_one_page(tmp_path: Path) -> None:
    first, second = RunBuilder(), RunBuilder()
    first.prompt("One")
    second.prompt("Two")
    files = [*written(tmp_path / "a", first), *written(tmp_path / "b", second)]
    page = Page(exported(files, "html"))
    assert {"r1", "r2", "r1e0", "r2e0"} <= page.ids


def test_a_run_without_rows_is_a_page(tmp_path: Path) -> None:
    assert "There are no messages." in shown(page_of(tmp_path, RunBuilder()))


def test_no_word_is_lost_in_markdown(tmp_path: Path) -> None:
    run = RunBuilder()
    run.reply("> " * 2_000 + "deep")
    run.reply("| a |\n| - |\n| in | outside |")
    run.reply("[label]: https://good.example\n\n&#27; &euro;")
    run.reply("[" * 20_000)
    run.reply("x" * 300_000)
    text = shown(page_of(tmp_path, run))
    for words in ("deep", "outside", "[label]:", "&euro;", "[" * 20_000, "x" * 300_000):
        assert words in text


def test_a_page_has_every_event_of_the_real_runs() -> None:
    for path in real_paths():
        page = Page(exported([path], "html"))
        assert len(page.ids) - 1 == len(path.read_bytes().splitlines())


def test_the_hostile_text_is_hostile() -> None:
    with pytest.raises(AssertionError):
        Page(f"<html><body><p>{HOSTILE}</p></body></html>".encode("utf-8", "replace"))
    assert event(1, content=HOSTILE)


def test_the_hostile_text_is_rendered_as_markdown() -> None:
    counts = Counter(re.findall(r"<(\w+)", "".join(markdown_html(HOSTILE))))
    assert {"table", "h4", "li", "a", "code"} <= counts.keys()
