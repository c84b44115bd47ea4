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
from whitetail.view.detail.document import event_parts
from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import Block, Part, StyledLine
from whitetail_store import RunEvent


def laid_out(tool: str, args: Any) -> list[StyledLine]:
    return list(unfolded_lines(argument_parts(tool, args, [])))


def test_a_command_reads_as_one_is_typed() -> None:
    args = {"command": "ls -l\nwc -l", "description": "Look", "timeout": 5}
    lines = laid_out("bash", args)
    assert plain_text(lines) == "Look\n$ ls -l\n  wc -l\ntimeout  5"
    assert texts_in_tone(lines, "code") == ["ls -l", "wc -l"]
    assert plain_text(laid_out("python", {"code": "1 + 1"})) == ">>> 1 + 1"


def test_a_file_s_content_is_code_and_its_path_stands_in_the_heading() -> None:
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


def test_a_replacement_shows_what_goes_and_comes_and_stays() -> None:
    lines = list(diff_lines("a\nold\nz", "a\nnew\n\nz"))
    assert plain_text(lines) == "  a\n- old\n+ new\n+ \n  z"
    assert texts_in_tone(lines, "removed") == ["- old"]
    assert texts_in_tone(lines, "added") == ["+ new", "+ "]


def test_a_line_break_that_comes_or_goes_is_told() -> None:
    assert plain_text(diff_lines("a", "a\n")) == "  a\n[line break at the end added]"
    assert plain_text(diff_lines("a\n", "a")) == "  a\n[line break at the end removed]"


def test_a_huge_replacement_is_not_compared() -> None:
    lines = list(diff_lines("same\n" * 300, "same\n" * 300))
    assert texts_in_tone(lines, "removed") == ["- same"] * 300
    assert texts_in_tone(lines, "added") == ["+ same"] * 300


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_a_replacement_holds_both_texts(old: str, new: str) -> None:
    lines = [(said[:1], said[2:]) for ((said, _),) in diff_lines(old, new)]
    gone = [said for mark, said in lines if mark in " -"]
    come = [said for mark, said in lines if mark in " +"]
    assert "\n".join(gone) == old.removesuffix("\n")
    assert "\n".join(come) == new.removesuffix("\n")


def test_a_query_is_quoted_and_an_address_a_link() -> None:
    lines = laid_out("web_search", {"query": "white tail", "max_results": 5})
    assert plain_text(lines) == "“white tail”\nmax_results  5"
    lines = laid_out("web_fetch", {"url": "https://deer.example/a"})
    assert texts_in_tone(lines, "link") == ["https://deer.example/a"]


@pytest.mark.parametrize("tool", ["bash", "write_file", "str_replace", "web_search"])
def test_arguments_of_another_shape_stand_as_fields(tool: str) -> None:
    args = {"command": 7, "content": ["x"], "old_str": "deer", "query": {"a": "doe"}}
    said = plain_text(laid_out(tool, args))
    assert "7" in said
    assert "deer" in said
    assert "doe" in said


def test_arguments_that_are_no_json_say_so() -> None:
    said = plain_text(laid_out("write_file", '{"content": "deer'))
    assert said.startswith('{"content": "deer\n[17 characters')
    assert "deer" in plain_text(laid_out("write_file", '{"content": "deer"}'))
    assert plain_text(laid_out("write_file", None)) == ""
    assert plain_text(laid_out("write_file", [1, 2])) == "[\n  1,\n  2\n]"


keys = st.sampled_from(
    ["command", "content", "description", "new_str", "old_str", "path", "query", "url"]
)
values = st.integers(0, 10**9).map(lambda n: f"deer{n:09}")


@given(
    st.sampled_from(["bash", "python", "str_replace", "web_fetch", "write_file", "x"]),
    st.dictionaries(keys, values | st.lists(values, max_size=2), max_size=8),
)
def test_no_argument_is_left_out(tool: str, args: dict[str, Any]) -> None:
    said = plain_text([target_spans(tool, args), *laid_out(tool, args)])
    for value in args.values():
        for each in value if isinstance(value, list) else [value]:
            assert each in said


fields = st.sampled_from(
    ["content", "description", "id", "name", "prompt", "subagent_type", "type"]
)


@given(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["bash", "task", "task", "web_search", "deer"])},
        optional={
            "id": values | st.just(""),
            "type": values | st.just("tool_call"),
            "args": st.dictionaries(fields, values | st.just("")) | values,
            "function": values,
        },
    ),
    st.sampled_from(["llm.ai.response", "subagent.step"]),
    st.sampled_from(["tool_calls", "invalid_tool_calls"]),
)
def test_no_call_hides_anything(call: dict[str, Any], kind: str, key: str) -> None:
    said = plain_text(event_parts(RunEvent(1, kind, content={key: [call]})))
    args = call.get("args", "")
    told = [*args.values()] if isinstance(args, dict) else [args]
    for each in [*told, *(call[name] for name in call if name not in ("args", "type"))]:
        assert each in said


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
def test_the_first_lines_of_huge_arguments_come_at_once(
    tool: str, args: Callable[[int], dict[str, Any]]
) -> None:
    def first_lines(args: dict[str, Any]) -> None:
        parts: list[Part] = list(islice(argument_parts(tool, args, []), 1))
        lines = parts[0].body() if isinstance(parts[0], Block) else iter(())
        list(islice(lines, 50))

    assert_cost_is_flat(lambda size: partial(first_lines, args(size)), scans=8)
