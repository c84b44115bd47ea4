"""What of an event a search looks at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.helpers.detail import event_of
from whitetail.trace.searchable import searchable_texts


def texts(kind: str, content: Any, **metadata: Any) -> list[str]:
    return list(filter(None, searchable_texts(event_of(kind, content, **metadata))))


def test_of_a_message_its_texts_calls_and_names_are_searched() -> None:
    call = {"name": "bash", "args": {"command": "ls /deer"}, "id": "c1"}
    message = {
        "type": "ai",
        "content": "An answer",
        "additional_kwargs": {"reasoning_content": "A thought"},
        "response_metadata": {"model_name": "doe-3", "finish_reason": "stop"},
        "tool_calls": [call | {"type": "tool_call"}],
    }
    assert texts("llm.ai.response", message, caller="lead_agent") == [
        *("An answer", "A thought"),
        *("bash", "command: ls /deer", "c1", "stop", "doe-3"),
    ]


def test_json_in_a_result_is_searched_as_its_values() -> None:
    inner = json.dumps({"hits": [{"title": 'Über "deer"', "n": 3}], "ok": True})
    message = {"type": "tool", "name": "web_search", "content": inner}
    assert texts("llm.tool.result", message) == [
        *("hits", 'title: Über "deer"', "n: 3", "ok: true", "web_search"),
    ]


def test_a_list_that_was_truncated_is_searched_as_far_as_it_goes() -> None:
    cut = '[{"title": "caf\\u00e9"}, {"title": "half'
    message = {"type": "tool", "content": cut}
    assert "title: café" in texts("llm.tool.result", message)


def test_a_prompt_is_searched_as_it_was_sent_and_as_it_was_written() -> None:
    sent = "<uploaded_files>a.txt</uploaded_files>\nCount the deer"
    assert texts("llm.human.input", {"content": sent}) == [sent, "Count the deer"]
    assert texts("llm.human.input", {"content": " Count \n"}) == [" Count \n"]


def test_the_fields_of_every_event_are_not_searched() -> None:
    found = " ".join(texts("run.start", {"chain": "x"}, caller="lead_agent", id="i"))
    for word in ("seq", "llm", "event_type", "lead_agent", "caller", "[", "{"):
        assert word not in found
    assert found == "chain: x i"


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("run.error", "no more deer", ["no more deer"]),
        ("subagent.step", {"kind": "tool", "text": "so"}, ["so"]),
        ("run.end", {"messages": ["content='x'"], "title": "T"}, ["title: T"]),
        ("brand.new", {"deep": [{"er": "yes"}]}, ["deep", "er: yes"]),
        ("llm.ai.response", {"content": None}, []),
    ],
)
def test_of_other_events_the_content_is_searched(
    kind: str, content: Any, expected: list[str]
) -> None:
    assert texts(kind, content) == expected
