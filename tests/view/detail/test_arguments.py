"""Arguments of tool calls, by the name of the tool."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.cost import assert_cost_is_flat
from tests.helpers.styled import plain_text, texts_in_tone
from whitetail.view.detail.arguments import (
    argument_parts,
    code_lines,
    diff_lines,
    target_spans,
)
from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import Block, Part, StyledLine


def laid_out(tool: str, args: Any) -> list[StyledLine]:
    return list(unfolded_lines(argument_parts(tool, args, [])))


def test_a_command_is_shown_behind_a_prompt() -> None:
    args = {"command": "ls -l\nwc -l", "description": "Look", "timeout": 5}
    lines = laid_out("bash", args)
    assert plain_text(lines) == "Look\n$ ls -l\n  wc -l\ntimeout  5"
    assert texts_in_tone(lines, "code") == ["ls -l", "wc -l"]
    assert plain_text(laid_out("python", {"code": "1 + 1"})) == ">>> 1 + 1"


def test_the_content_of_a_file_is_code_and_its_path_is_in_the_heading() -> None:
    args = {"path": "/o/a.py", "content": "x = 1\n\ny = 2\n", "append": True}
    lines = laid_out("write_file", args)
    assert plain_text(lines) == (
        "content · 3 lines, 13 B\n  x = 1\n  \n  y = 2\nappend  true"
    )
    assert target_spans("write_file", args) == ((" /o/a.py", "muted"),)


def test_a_path_too_long_for_the_heading_is_a_field() -> None:
    args = {"path": "/o/" + "a" * 300, "content": "x"}
    assert target_spans("write_file", args) == ()
    assert "a" * 300 in plain_text(laid_out("write_file", args))


def test_the_lines_of_a_long_file_are_numbered() -> None:
    lines = list(code_lines("a\n\n" + "b\n" * 40))
    assert plain_text(lines[:3]) == " 1 a\n 2 \n 3 b"
    assert len(lines) == 42
    assert texts_in_tone(lines, "muted")[-1] == "42 "


def test_a_replacement_is_shown_as_a_diff() -> None:
    lines = list(diff_lines("a\nold\nz", "a\nnew\n\nz"))
    assert plain_text(lines) == "  a\n- old\n+ new\n+ \n  z"
    assert texts_in_tone(lines, "removed") == ["- old"]
    assert texts_in_tone(lines, "added") == ["+ new", "+ "]


def test_a_line_break_added_or_removed_at_the_end_has_a_note() -> None:
    assert plain_text(diff_lines("a", "a\n")) == "  a\n[line break at the end added]"
    assert plain_text(diff_lines("a\n", "a")) == "  a\n[line break at the end removed]"


def test_a_huge_replacement_is_shown_without_a_diff() -> None:
    lines = list(diff_lines("same\n" * 300, "same\n" * 300))
    assert texts_in_tone(lines, "removed") == ["- same"] * 300
    assert texts_in_tone(lines, "added") == ["+ same"] * 300


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_a_diff_contains_both_texts(old: str, new: str) -> None:
    lines = [(text[:1], text[2:]) for ((text, _),) in diff_lines(old, new)]
    old_lines = [text for mark, text in lines if mark in " -"]
    new_lines = [text for mark, text in lines if mark in " +"]
    assert "\n".join(old_lines) == old.removesuffix("\n")
    assert "\n".join(new_lines) == new.removesuffix("\n")


def test_a_query_is_quoted_and_a_url_is_a_link() -> None:
    lines = laid_out("web_search", {"query": "white tail", "max_results": 5})
    assert plain_text(lines) == "“white tail”\nmax_results  5"
    lines = laid_out("web_fetch", {"url": "https://deer.example/a"})
    assert texts_in_tone(lines, "link") == ["https://deer.example/a"]


@pytest.mark.parametrize("tool", ["bash", "write_file", "str_replace", "web_search"])
def test_arguments_of_unexpected_types_are_fields(tool: str) -> None:
    args = {"command": 7, "content": ["x"], "old_str": "deer", "query": {"a": "doe"}}
    text = plain_text(laid_out(tool, args))
    assert "7" in text
    assert "deer" in text
    assert "doe" in text


def test_arguments_of_invalid_json_are_shown_as_text_with_a_note() -> None:
    text = plain_text(laid_out("write_file", '{"content": "deer'))
    assert text.startswith('{"content": "deer\n[17 characters')
    assert "deer" in plain_text(laid_out("write_file", '{"content": "deer"}'))
    assert plain_text(laid_out("write_file", None)) == ""
    assert plain_text(laid_out("write_file", [1, 2])) == "[\n  1,\n  2\n]"


argument_names = st.sampled_from(
    ["command", "content", "description", "new_str", "old_str", "path", "query", "url"]
)

values = st.integers(0, 10**9).map(lambda n: f"deer{n:09}")


@given(
    st.sampled_from(["bash", "python", "str_replace", "web_fetch", "write_file", "x"]),
    st.dictionaries(argument_names, values | st.lists(values, max_size=2), max_size=8),
)
def test_every_argument_is_shown(tool: str, args: dict[str, Any]) -> None:
    text = plain_text([target_spans(tool, args), *laid_out(tool, args)])
    for value in args.values():
        for each in value if isinstance(value, list) else [value]:
            assert each in text


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("write_file", lambda size: {"content": "deer\n" * size}),
        ("write_file", lambda size: {"content": "x" * size * 10}),
        (
            "str_replace",
            lambda size: {"old_str": "\n" * size * 10, "new_str": "x" * size * 10},
        ),
        ("bash", lambda size: {"command": "deer\n" * size}),
    ],
)
def test_the_first_lines_of_huge_arguments_cost_no_more_than_those_of_small_ones(
    tool: str, args: Callable[[int], dict[str, Any]]
) -> None:
    def first_lines(args: dict[str, Any]) -> None:
        parts: list[Part] = list(islice(argument_parts(tool, args, []), 1))
        lines = parts[0].body() if isinstance(parts[0], Block) else iter(())
        list(islice(lines, 50))

    assert_cost_is_flat(lambda size: partial(first_lines, args(size)), scans=8)
