"""Messages of a thread as a conversation."""

from __future__ import annotations

from typing import Any

from tests.helpers.events import event
from tests.helpers.styled import line_text
from whitetail.view.conversation import message_lines, message_text


def conversation_lines(*messages: tuple[str, Any]) -> list[str]:
    events = [
        event(seq, kind, content=content)
        for seq, (kind, content) in enumerate(messages, 1)
    ]
    return [line_text(line) for event in events for line in message_lines(event, 80)]


def test_prompts_and_answers_are_shown_in_full() -> None:
    lines = conversation_lines(
        ("llm.human.input", {"content": "one\ntwo", "type": "human"}),
        ("llm.ai.response", {"content": "three\nfour", "type": "ai"}),
    )
    assert [line for line in lines if line.startswith("  ")] == [
        "  one",
        "  two",
        "  three",
        "  four",
    ]


def test_a_tool_call_has_one_line() -> None:
    call = {"name": "web_search", "args": {"query": "deer"}, "id": "c1"}
    lines = conversation_lines(
        ("llm.ai.response", {"content": "", "tool_calls": [call], "type": "ai"}),
        ("llm.tool.result", {"content": "many", "tool_call_id": "c1"}),
    )
    assert lines == ['  ⇢ web_search("deer")']


def test_a_result_that_failed_is_shown() -> None:
    result = {"content": "403", "name": "web_fetch", "status": "error"}
    assert conversation_lines(("llm.tool.result", result)) == [
        "  ✗ web_fetch → error: 403"
    ]


def test_messages_of_subagents_and_middleware_are_left_out() -> None:
    content = {"content": "hush", "type": "ai"}
    events = [
        event(1, content=content, metadata={"caller": "subagent:scout"}),
        event(2, content=content, metadata={"caller": "middleware:title"}),
    ]
    assert [line for event in events for line in message_lines(event, 80)] == []
    assert [text for text in map(message_text, events) if text] == []


def test_an_image_of_a_prompt_has_a_line_below_its_text() -> None:
    image = {"type": "image", "base64": "A" * 4_000, "mime_type": "image/png"}
    blocks = [{"type": "text", "text": "What is this?"}, image]
    lines = conversation_lines(("llm.human.input", {"content": blocks}))
    assert lines[-2:] == ["  What is this?", "  [image/png, 3.0 kB]"]


def test_the_images_and_files_of_a_reply_have_a_line_each_below_its_text() -> None:
    image = {"type": "image", "base64": "A" * 4_000, "mime_type": "image/png"}
    blocks = [{"type": "text", "text": "Here it is"}, image]
    lines = conversation_lines(
        ("llm.ai.response", {"content": blocks, "type": "ai"}),
        ("llm.ai.response", {"content": [image], "type": "ai"}),
    )
    assert lines[2:4] == ["  Here it is", "  [image/png, 3.0 kB]"]
    assert lines[5].startswith("✦ ")
    assert lines[6:] == ["  [image/png, 3.0 kB]"]


def test_the_copy_of_a_reply_without_text_names_its_images_and_calls() -> None:
    image = {"type": "image", "base64": "A" * 4_000, "mime_type": "image/png"}
    call = {"name": "web_search", "args": {"query": "deer"}, "id": "c1"}
    content = {"content": [image], "tool_calls": [call], "type": "ai"}
    copied = message_text(event(1, content=content))
    assert copied == '[image/png, 3.0 kB]\n⇢ web_search("deer")'
