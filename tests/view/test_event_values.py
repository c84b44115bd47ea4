"""The values of an event that can be copied or opened."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.any_json import any_json
from tests.helpers.detail import event_of
from tests.helpers.events import BAD, encoded, event, record
from whitetail.trace.relatives import Relatives
from whitetail.view.event_values import (
    all_arguments,
    arguments,
    calls_of,
    command_of,
    editor_text,
    editor_text_of_line,
    markdown_of,
    result_of,
    text_of_event,
    text_of_value,
)
from whitetail.view.text import escape_unsafe
from whitetail_store import RunEvent

NONE = Relatives()
JSON = any_json(st.text(max_size=5))


def reply(*calls: tuple[str, object], text: str = "") -> RunEvent:
    """Return a reply with calls, whose ids are c0, c1, …"""
    made = [
        {"name": name, "args": args, "id": f"c{number}"}
        for number, (name, args) in enumerate(calls)
    ]
    return event_of(
        "llm.ai.response", {"type": "ai", "content": text, "tool_calls": made}
    )


def result(text: str, call_id: str = "c0") -> RunEvent:
    content = {"type": "tool", "content": text, "tool_call_id": call_id}
    return event_of("llm.tool.result", content)


def test_each_argument_of_a_call_is_a_value_of_its_own() -> None:
    calls = calls_of(reply(("bash", {"command": "ls\n-l", "limit": 5})), NONE)
    found = [(each.name, each.value) for each in arguments(calls)]
    assert found == [("command", "ls\n-l"), ("limit", 5)]
    assert all_arguments(calls) == {"command": "ls\n-l", "limit": 5}


def test_arguments_of_several_calls_have_the_names_of_the_tools() -> None:
    calls = calls_of(reply(("bash", {"command": "ls"}), ("read", {"path": "/a"})), NONE)
    assert [each.name for each in arguments(calls)] == ["bash: command", "read: path"]
    assert all_arguments(calls) == [
        {"bash": {"command": "ls"}},
        {"read": {"path": "/a"}},
    ]


def test_arguments_that_are_text_are_parsed_or_one_value() -> None:
    calls = calls_of(reply(("a", '{"x": 1}'), ("b", '{"x": '), ("c", "")), NONE)
    found = [(each.name, each.value) for each in arguments(calls)]
    assert found == [("a: x", 1), ("b: arguments", '{"x": ')]


def test_a_result_has_the_arguments_of_the_call_that_it_answers() -> None:
    cause = reply(("bash", {"command": "ls"}), ("bash", {"command": "pwd"}))
    relatives = Relatives(cause=cause)
    calls = calls_of(result("/", "c1"), relatives)
    assert all_arguments(calls) == {"command": "pwd"}
    assert calls_of(result("/", "other"), relatives) == []
    assert calls_of(result("/"), NONE) == []


def test_the_result_of_a_reply_is_that_of_its_calls() -> None:
    called = reply(("bash", {}), ("bash", {}))
    under = (result("one", "c0"), result("two", "c1"), result("other", "c7"))
    assert result_of(called, Relatives(under=under)) == "one\n\ntwo"
    assert result_of(called, NONE) is None
    assert result_of(result("one"), NONE) == "one"
    assert result_of(event_of("subagent.end", {"result": "done"}), NONE) == "done"
    assert result_of(BAD, NONE) is None


def test_the_text_of_an_event_is_what_it_says() -> None:
    assert text_of_event(reply(("bash", {}), text="I look.")) == "I look."
    assert text_of_event(event_of("x.y", "plain")) == "plain"
    assert text_of_event(event_of("x.y", {"a": 1})) == ""
    assert text_of_event(BAD) == ""


def test_markdown_has_text_calls_and_results_in_fences_that_hold() -> None:
    called = reply(("bash", {"command": "cat"}), text="I look.")
    answer = result("a\n````\nb")
    text = markdown_of(called, Relatives(under=(answer,)))
    assert text.startswith("### Event 7 · tool call\n\nI look.\n\n`bash`\n\n```json\n")
    assert "\n`````\na\n````\nb\n`````\n" in text


def test_the_command_that_shows_an_event_is_quoted_for_a_shell() -> None:
    line = command_of(event(57), "thread", "run", "/a b/.deer-flow")
    expected = "whitetail show thread/run --event 57 --tree '/a b/.deer-flow'"
    assert line == expected
    assert command_of(BAD, "thread", "run", "/a") is None


@given(JSON)
def test_any_value_is_a_text_and_json_is_read_again(value: object) -> None:
    text, suffix = editor_text(value)
    if isinstance(value, str):
        assert (text if suffix == ".txt" else json.loads(text)) == value
    else:
        assert json.dumps(json.loads(text)) == json.dumps(value)
    assert isinstance(text_of_value(value), str)


@given(JSON)
def test_a_line_in_the_editor_is_the_same_json(value: object) -> None:
    raw = encoded(record(1, content=value))
    text, suffix = editor_text_of_line(raw)
    if suffix == ".json":
        assert json.dumps(json.loads(text)) == json.dumps(json.loads(raw))
    assert escape_unsafe(text) == text


@given(JSON, JSON)
def test_no_event_raises(content: object, args: object) -> None:
    for kind in ("llm.ai.response", "llm.tool.result", "subagent.step", "x.y"):
        shown = event_of(kind, {"content": content, "tool_calls": [args]})
        for each in (shown, event_of(kind, content)):
            calls = calls_of(each, NONE)
            list(arguments(calls))
            all_arguments(calls)
            result_of(each, NONE)
            markdown_of(each, NONE)


@pytest.mark.parametrize(
    ("value", "text", "suffix"),
    [
        ("plain\n\ttext", "plain\n\ttext", ".txt"),
        ("a\x1b[2Jb", '"a\\u001b[2Jb"\n', ".json"),
        ("\u202eabc", '"\\u202eabc"\n', ".json"),
        ("\ud800", '"\\ud800"\n', ".json"),
        ({"a": "\x7f界"}, '{\n  "a": "\\u007f界"\n}\n', ".json"),
    ],
)
def test_an_editor_gets_unsafe_characters_as_escapes(
    value: object, text: str, suffix: str
) -> None:
    assert editor_text(value) == (text, suffix)


@pytest.mark.parametrize(
    "line", [b"oops\x1b\xff\n", b'{"a": 1, "a": 2}\n', b"[" * 9_000]
)
def test_a_line_that_json_cannot_hold_is_shown_as_it_is(line: bytes) -> None:
    text, suffix = editor_text_of_line(line)
    assert suffix == ".txt"
    assert "\x1b" not in text


def test_a_value_that_is_nested_too_deeply_for_json_is_laid_out() -> None:
    value: list[object] = []
    for _ in range(3_000):
        value = [value]
    assert text_of_value(value).count("[") == 3_001
