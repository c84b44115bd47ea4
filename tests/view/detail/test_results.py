import json
from collections.abc import Iterator
from functools import partial
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.cost import assert_cost_is_flat
from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.styled import (
    all_blocks,
    assert_well_formed,
    plain_text,
    texts_in_tone,
)
from tests.helpers.trace_rows import all_relatives, mangled
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail.view.detail.calls import (
    answered_call_lines,
    call_result_parts,
    results_by_call_id,
)
from whitetail.view.detail.json_text import list_elements
from whitetail.view.detail.results import result_parts
from whitetail.view.detail.sections import section_parts
from whitetail.view.detail.unshown import Unshown
from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import Block
from whitetail_store import RunEvent

HITS = [
    {"title": "Deer", "url": "https://deer.example/", "snippet": "Two\nlines."},
    {"title": "Doe", "url": "https://doe.example/", "score": 0.5},
]


def event(run: RunBuilder, row: int) -> RunEvent:
    found = run.rows[row]
    assert isinstance(found, RunEvent)
    return found


def below(reply: RunEvent, around: Relatives, tool: str = "ls") -> str:
    found = results_by_call_id(around)
    return plain_text(
        unfolded_lines(call_result_parts(reply, tool, "a", found, around))
    )


def test_hits_of_a_search_read_as_a_list() -> None:
    lines = list(result_parts("web_search", json.dumps(HITS)))
    assert plain_text(lines) == (
        " 1. Deer\n    https://deer.example/\n    Two\n    lines.\n"
        " 2. Doe\n    https://doe.example/\n    score  0.5"
    )
    assert texts_in_tone(lines, "strong") == ["Deer", "Doe"]
    assert texts_in_tone(lines, "link") == [
        "https://deer.example/",
        "https://doe.example/",
    ]


def test_hits_may_stand_in_an_object() -> None:
    found = {"query": "deer", "total_results": 1, "results": HITS[:1], "hint": "x"}
    said = plain_text(result_parts("image_search", json.dumps(found)))
    assert said.startswith("query          deer\n")
    assert "hint           x\n 1. Deer\n" in said


def test_a_list_of_hits_that_was_cut_shows_what_is_whole_and_then_the_rest() -> None:
    said = plain_text(result_parts("web_search", json.dumps(HITS)[:-30]))
    assert " 1. Deer" in said
    assert "[the rest of the list is not valid JSON: it was cut off]\n" in said
    assert '{"title": "Doe"' in said


@pytest.mark.parametrize("given", ["{}", "[]", "", "no hits", '{"results": 3}', "[3]"])
def test_other_results_of_a_search_are_shown_as_they_are(given: str) -> None:
    said = plain_text(result_parts("web_search", given))
    assert said == "no results" if given == "[]" else given.strip("[]{}") in said


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers())), st.integers(0))
def test_the_items_of_a_cut_list_are_all_there(
    given: list[dict[str, int]], cut: int
) -> None:
    whole = json.dumps(given)
    assert list(list_elements(whole)) == given
    begun = list(list_elements(whole[: 1 + cut % len(whole)]))
    kept = [item for item in begun if not isinstance(item, str)]
    assert kept == given[: len(kept)]


def test_a_folder_s_paths_read_as_a_list() -> None:
    lines = list(result_parts("ls", "/mnt/a\n/mnt/b/"))
    assert plain_text(lines) == "/mnt/a\n/mnt/b/"
    assert texts_in_tone(lines, "plain") == ["a", "b/"]
    assert plain_text(result_parts("ls", "(empty)")) == "(empty)"


def test_a_to_do_list_is_read_from_python_s_words() -> None:
    todos = [{"content": "Look", "status": "in_progress"}]
    assert (
        plain_text(result_parts("write_todos", f"Updated todo list to {todos}"))
        == "▸ Look"
    )
    for strange in ("[1, 2", "open('/x')", "[" * 300, "{}", ""):
        said = plain_text(
            result_parts("write_todos", f"Updated todo list to {strange}")
        )
        assert said == f"Updated todo list to {strange}"


def test_a_failure_stands_whole_in_the_tone_of_an_error() -> None:
    given = '[{"title": "403"}]\nForbidden'
    lines = list(result_parts("web_search", given, failed=True))
    assert texts_in_tone(lines, "error") == given.split("\n")


def test_files_read_as_code_unless_they_are_pages() -> None:
    assert texts_in_tone(result_parts("read_file", "import deer\n"), "code") == [
        "import deer"
    ]
    assert texts_in_tone(result_parts("read_file", "# Deer\n"), "strong") == ["# Deer"]
    assert texts_in_tone(result_parts("read_file", '{"a": 1}'), "key") == ['"a"']
    assert texts_in_tone(result_parts("bash", "# no heading"), "strong") == []


def test_a_call_s_result_stands_below_it() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.result("a", "/x\n/y", name="ls")
    around = Relatives(None, run.rows[1:])
    said = below(event(run, reply), around)
    assert said == "→ result · seq 2 · 1.0s · 5 B\n  /x\n  /y"


def test_a_long_result_is_folded_and_says_how_long_it_is() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.result("a", "/x\n" * 31)
    around = Relatives(None, run.rows[1:])
    parts = list(
        call_result_parts(
            event(run, reply), "ls", "a", results_by_call_id(around), around
        )
    )
    assert isinstance(parts[0], Block)
    assert parts[0].folded
    assert "31 lines" in plain_text([parts[0].heading])
    assert len(list(parts[0].body())) == 31


def test_a_failed_result_stands_out() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.result("a", "Error: no such deer")
    around = Relatives(None, run.rows[1:])
    found = results_by_call_id(around)
    lines = list(
        unfolded_lines(call_result_parts(event(run, reply), "ls", "a", found, around))
    )
    assert texts_in_tone(lines, "error") == ["→ failed", "Error: no such deer"]


def test_that_there_is_no_result_is_said_only_where_it_is_known() -> None:
    run = RunBuilder()
    reply = event(run, run.reply("", ("ls", "a")))
    assert below(reply, Relatives()) == "→ no result was written"
    assert below(reply, UNKNOWN_RELATIVES) == ""
    assert below(reply, Relatives(omitted=1)) == ""
    scout = event(run, run.reply("", ("ls", "a"), caller="subagent:scout"))
    assert below(scout, Relatives()) == ""


def test_a_result_says_which_call_asked_for_it() -> None:
    run = RunBuilder()
    args = {"query": "deer"}
    calls = [{"name": "web_search", "id": "a", "args": args}]
    cause = event(run, run.reply(tool_calls=calls))
    answered = event(run, run.result("a"))
    assert (
        plain_text(answered_call_lines(answered, Relatives(cause)))
        == 'called by seq 1: web_search("deer")'
    )
    assert plain_text(answered_call_lines(answered, UNKNOWN_RELATIVES)) == ""
    stray = event(run, run.result("b"))
    assert plain_text(answered_call_lines(stray, Relatives(cause))) == ""


def read(rows: list[AnyEvent], most: int | None = None) -> Iterator[None]:
    for row, around in zip(rows, all_relatives(rows), strict=True):
        if isinstance(row, RunEvent):
            assert_well_formed(islice(section_parts(Unshown(row), around), most))
            yield


@given(mangled)
def test_no_rows_around_are_too_strange(rows: list[AnyEvent]) -> None:
    list(read(rows))


def test_real_events_read_well_among_their_rows() -> None:
    for events in real_runs().values():
        rows: list[AnyEvent] = list(events)
        for row, around in zip(events, all_relatives(rows), strict=True):
            if row.event_type != "run.end":
                assert_well_formed(section_parts(Unshown(row), around))


def test_real_calls_stand_above_their_results() -> None:
    answered = 0
    for events in real_runs().values():
        rows: list[AnyEvent] = list(events)
        for row, around in zip(events, all_relatives(rows), strict=True):
            named = [
                each.name for each in all_blocks(section_parts(Unshown(row), around))
            ]
            answered += named.count("call result")
    assert answered > 100


@pytest.mark.parametrize(
    "given",
    ["/deer\n", '[{"title": "x"}, ', "xxxxxxxxxx"],
)
@pytest.mark.parametrize("tool", ["ls", "web_search", "read_file", "bash", "x"])
def test_the_first_lines_of_a_huge_result_come_at_once(tool: str, given: str) -> None:
    def first_lines(given: str) -> None:
        list(islice(result_parts(tool, given), 50))

    assert_cost_is_flat(lambda size: partial(first_lines, given * size), scans=8)


def test_while_the_run_goes_on_a_result_may_still_come() -> None:
    run = RunBuilder()
    asked = run.reply("", ("ls", "a"))
    around = next(all_relatives(run.rows))
    reply = event(run, asked)
    assert below(reply, around) == "→ no result was written"
    assert below(reply, around._replace(run_ended=False)) == "→ no result so far"
