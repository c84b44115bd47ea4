"""One-line summaries of texts, values and errors."""

from __future__ import annotations

from typing import Any

import pytest

from whitetail.view import brief


@pytest.mark.parametrize(
    ("content", "summary"),
    [
        ("---\n\n# Deer\nand more", "Deer"),
        ("- **Seven** deer", "Seven deer"),
        ("```py\nx = 1\n```", "x = 1"),
        ("Found:\n[{", "Found:"),
        ("Found: [\n  {", "Found …"),
        ('{"deer": 7}', "deer: 7"),
        ("{}", "empty"),
        ("", ""),
    ],
)
def test_a_text_is_its_first_line_with_words(content: str, summary: str) -> None:
    assert brief.text(content) == summary


def test_a_traceback_is_its_exception() -> None:
    traceback = "Traceback (most recent call last):\n  File x\nKeyError: 'doe'\n"
    assert brief.text(traceback) == "KeyError: 'doe'"


def test_long_json_is_its_first_keys() -> None:
    content = '{"deer": 1, "body": "' + "x" * 5_000 + '"}'
    assert brief.text(content) == "JSON with deer, body …"


@pytest.mark.parametrize(
    ("content", "summary"),
    [
        ("deer", "deer"),
        ({"a": 1, "b": None, "c": [], "d": True}, "a: 1 · d: yes"),
        ([1, "doe", None], "1, doe, none"),
        (list(range(5)), "5 items"),
    ],
)
def test_a_value_is_its_fields_or_its_length(content: Any, summary: str) -> None:
    assert brief.value(content) == summary


def test_a_number_that_python_refuses_to_print_has_a_summary() -> None:
    assert brief.value(10**5_000) == "a huge number"


def test_fields_beyond_the_limit_are_an_ellipsis() -> None:
    assert brief.pairs({"a": 1, "b": 2, "c": 3}, 2) == "a: 1 · b: 2 · …"


def test_names_are_the_last_parts_of_paths() -> None:
    assert brief.names(["/o/a.md", "/o/b/", 7]) == "a.md, b"
    assert brief.names(["/a", "/b", "/c"], 2) == "a, b, …"


def test_a_plural_has_its_number() -> None:
    assert brief.plural(1, "file") == "1 file"
    assert brief.plural(1_200, "file") == "1,200 files"
    assert brief.plural(2, "reply", "replies") == "2 replies"


def test_a_list_of_many_texts_has_the_first_ones_and_a_number() -> None:
    assert brief.first_of(["a", "b"], ", ", most=2) == "a, b"
    assert brief.first_of("abc", most=2) == "a b and 1 more"
    assert brief.first_of(map(str, range(2_000)), most=1) == "0 and 1,999 more"
    assert brief.first_of([]) == ""


def test_the_approximate_size_of_a_text_is_close_to_its_size_in_utf_8() -> None:
    assert brief.approx_size("x" * 1_500) == "1.5 kB"
    assert brief.approx_size("鹿" * 500) == "1.5 kB"


def test_an_error_of_a_provider_is_reduced_to_its_status_and_its_message() -> None:
    printed = "Error code: 429 - {'error': {'message': \"Don't hurry\", 'type': 'x'}}"
    assert brief.error(printed) == "429: Don't hurry"
    assert brief.error("Connection lost\nTraceback") == "Connection lost"
