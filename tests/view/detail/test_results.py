"""Results of tools, by the name of the tool. Also covers `json_text`."""

from __future__ import annotations

import json
from functools import partial
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.cost import assert_cost_is_flat
from tests.helpers.styled import (
    plain_text,
    texts_in_tone,
)
from whitetail.trace.json_text import list_elements
from whitetail.view.detail.results import result_parts

HITS = [
    {"title": "Deer", "url": "https://deer.example/", "snippet": "Two\nlines."},
    {"title": "Doe", "url": "https://doe.example/", "score": 0.5},
]


def test_hits_of_a_search_are_a_numbered_list() -> None:
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


def test_hits_can_be_in_an_object() -> None:
    found = {"query": "deer", "total_results": 1, "results": HITS[:1], "hint": "x"}
    text = plain_text(result_parts("image_search", json.dumps(found)))
    assert text.startswith("query          deer\n")
    assert "hint           x\n 1. Deer\n" in text


def test_a_list_of_hits_that_was_truncated_shows_whole_hits_and_then_the_rest() -> None:
    text = plain_text(result_parts("web_search", json.dumps(HITS)[:-30]))
    assert " 1. Deer" in text
    assert "[the rest of the list is not valid JSON: it was truncated]\n" in text
    assert '{"title": "Doe"' in text


@pytest.mark.parametrize("given", ["{}", "[]", "", "no hits", '{"results": 3}', "[3]"])
def test_other_results_of_a_search_are_shown_as_text(given: str) -> None:
    text = plain_text(result_parts("web_search", given))
    assert text == "no results" if given == "[]" else given.strip("[]{}") in text


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers())), st.integers(0))
def test_a_json_list_that_was_truncated_keeps_its_first_elements(
    given: list[dict[str, int]], cut: int
) -> None:
    whole = json.dumps(given)
    assert list(list_elements(whole)) == given
    begun = list(list_elements(whole[: 1 + cut % len(whole)]))
    kept = [item for item in begun if not isinstance(item, str)]
    assert kept == given[: len(kept)]


def test_the_paths_of_a_folder_are_a_list() -> None:
    lines = list(result_parts("ls", "/mnt/a\n/mnt/b/"))
    assert plain_text(lines) == "/mnt/a\n/mnt/b/"
    assert texts_in_tone(lines, "plain") == ["a", "b/"]
    assert plain_text(result_parts("ls", "(empty)")) == "(empty)"


def test_a_to_do_list_is_parsed_from_a_python_literal() -> None:
    todos = [{"content": "Look", "status": "in_progress"}]
    assert (
        plain_text(result_parts("write_todos", f"Updated todo list to {todos}"))
        == "▸ Look"
    )
    for strange in ("[1, 2", "open('/x')", "[" * 300, "{}", ""):
        text = plain_text(
            result_parts("write_todos", f"Updated todo list to {strange}")
        )
        assert text == f"Updated todo list to {strange}"


def test_a_failure_is_shown_in_full_in_the_tone_of_an_error() -> None:
    given = '[{"title": "403"}]\nForbidden'
    lines = list(result_parts("web_search", given, failed=True))
    assert texts_in_tone(lines, "error") == given.split("\n")


def test_files_are_code_unless_they_are_markdown() -> None:
    assert texts_in_tone(result_parts("read_file", "import deer\n"), "code") == [
        "import deer"
    ]
    assert texts_in_tone(result_parts("read_file", "# Deer\n"), "strong") == ["# Deer"]
    assert texts_in_tone(result_parts("read_file", '{"a": 1}'), "key") == ['"a"']
    assert texts_in_tone(result_parts("bash", "# no heading"), "strong") == []


@pytest.mark.parametrize(
    "given",
    ["/deer\n", '[{"title": "x"}, ', "xxxxxxxxxx"],
)
@pytest.mark.parametrize("tool", ["ls", "web_search", "read_file", "bash", "x"])
def test_the_first_lines_of_a_huge_result_cost_no_more_than_those_of_a_small_one(
    tool: str, given: str
) -> None:
    def first_lines(given: str) -> None:
        list(islice(result_parts(tool, given), 50))

    assert_cost_is_flat(lambda size: partial(first_lines, given * size), scans=8)
