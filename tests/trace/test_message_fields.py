"""What the detail pane does not lay out itself is left over, and never lost."""

from __future__ import annotations

from typing import Any

import pytest

from whitetail.trace.message import Usage
from whitetail.trace.message_fields import (
    CallFields,
    Media,
    RepeatedCall,
    Text,
    Thinking,
    args_by_call_id,
    drop_usage,
    media_of,
    pop_blocks,
    pop_calls,
    pop_head_texts,
    pop_reasoning,
    pop_step_text,
    pop_text,
    split_block,
    split_call,
)


def test_the_content_of_a_message_is_a_text_or_blocks() -> None:
    text: dict[str, Any] = {"content": "Yes", "id": "m"}
    assert (pop_blocks(text), pop_text(text), text) == ([], "Yes", {"id": "m"})
    blocks: dict[str, Any] = {"content": ["Yes"], "id": "m"}
    assert (pop_text(blocks), pop_blocks(blocks), blocks) == (
        None,
        ["Yes"],
        {"id": "m"},
    )


def test_other_fields_beside_the_reasoning_stay() -> None:
    message: dict[str, Any] = {"additional_kwargs": {"reasoning_content": "so", "x": 1}}
    assert pop_reasoning(message) == "so"
    assert pop_reasoning(message) == ""
    assert message == {"additional_kwargs": {"x": 1}}


def test_the_text_of_a_step_is_removed() -> None:
    step = {"text": "Yes", "kind": "ai"}
    assert (pop_step_text(step), step) == ("Yes", {"kind": "ai"})


def test_calls_come_with_their_validity_and_as_they_are() -> None:
    message = {"invalid_tool_calls": [{"args": "{"}], "tool_calls": [{"id": "c"}, 7]}
    calls = [(True, {"id": "c"}), (True, 7), (False, {"args": "{"})]
    assert list(pop_calls(message)) == calls
    assert message == {}


def test_a_call_is_split_into_its_fields_and_all_others() -> None:
    call = {"type": "tool_call", "name": "ls", "args": {"a": 1}, "id": "c", "index": 0}
    rest = {"id": "c", "index": 0}
    assert split_call(call) == CallFields("ls", {"a": 1}, "c", rest)
    strange = {"type": "function", "name": 7, "id": None}
    assert split_call(strange) == CallFields("", None, "", strange)


def test_the_arguments_of_calls_are_known_by_id() -> None:
    message = {"tool_calls": [{"id": "c", "args": {"a": 1}}, {"id": 7}, "x"]}
    assert args_by_call_id(message) == {"c": {"a": 1}}
    assert args_by_call_id({"tool_calls": 7}) == {}


def test_blocks_are_split_by_their_type() -> None:
    signed = {"type": "thinking", "thinking": "hm", "signature": "s"}
    assert split_block(signed, {}) == Thinking({"signature": "s"})
    text = {"type": "text", "text": "Yes", "index": 0}
    assert split_block(text, {}) == Text("Yes", {"index": 0})
    assert split_block({"type": "mystery", "data": "AAAA"}, {}) is None
    assert split_block({"type": "text", "text": None, "n": 1}, {}) == Text("", {"n": 1})
    assert split_block({"type": "text", "text": 7}, {}) is None


def test_an_image_has_a_url_or_a_size() -> None:
    linked = {"type": "image_url", "image_url": {"url": "https://a/b.png"}}
    assert split_block(linked, {}) == Media("image", "", "https://a/b.png", 0, {})
    inline = {"type": "image_url", "image_url": "data:image/png;base64,AAAA"}
    assert split_block(inline, {}) == Media("image", "image/png", "", 4, {})
    source = {"media_type": "image/gif", "data": "AAAA", "type": "base64"}
    expected = Media("image", "image/gif", "", 4, {"source": {"type": "base64"}})
    assert split_block({"type": "image", "source": source}, {}) == expected
    assert split_block({"type": "image", "file_id": "f"}, {}) is None


@pytest.mark.parametrize(
    ("block", "kind", "media_type"),
    [
        (
            {"type": "image", "source_type": "base64", "mime_type": "image/png"}
            | {"data": "AAAA"},
            "image",
            "image/png",
        ),
        ({"type": "image", "base64": "AAAA"}, "image", ""),
        ({"type": "image", "base64": "/9j/"}, "image", "image/jpeg"),
        (
            {"type": "image", "data": "AAAA", "mimeType": "image/gif"},
            "image",
            "image/gif",
        ),
        (
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
            "image",
            "image/png",
        ),
        (
            {"type": "media", "data": "AAAA", "mime_type": "video/mp4"},
            "file",
            "video/mp4",
        ),
        (
            {"type": "document", "source": {"data": "JVBE", "media_type": "a/pdf"}},
            "file",
            "a/pdf",
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            "audio",
            "wav",
        ),
        (
            {"type": "file", "file": {"file_data": "data:a/pdf;base64,AAAA"}},
            "file",
            "a/pdf",
        ),
    ],
)
def test_each_known_form_of_a_file_in_a_block_has_a_kind_a_format_and_a_size(
    block: dict[str, Any], kind: str, media_type: str
) -> None:
    assert split_block(block, {}) == Media(kind, media_type, "", 4, {})
    assert list(media_of({"content": ["so", block]})) == [
        Media(kind, media_type, "", 4, {})
    ]


def test_a_document_that_is_text_is_no_file() -> None:
    source = {"type": "text", "data": "A deer, seen.", "media_type": "text/plain"}
    assert split_block({"type": "document", "source": source}, {}) is None


def test_a_message_whose_content_is_null_has_an_empty_text() -> None:
    message: dict[str, Any] = {"content": None, "id": "m"}
    assert (pop_text(message), message) == ("", {"id": "m"})


def test_a_block_repeats_a_call_if_the_arguments_are_the_same() -> None:
    block = {"type": "tool_use", "id": "c", "name": "ls", "input": {"a": 1}, "x": 2}
    assert split_block(block, {"c": {"a": 1}}) == RepeatedCall("ls", {"x": 2})
    assert split_block(block, {"c": {"a": 2}}) is None
    assert split_block(block, {}) is None


def test_the_texts_of_the_first_line_are_removed_in_their_order() -> None:
    metadata = {"caller": "lead_agent", "seen": 1}
    content = {
        "response_metadata": {"finish_reason": "stop", "model_name": "fawn", "x": 1},
        "name": "ls",
        "status": 7,
    }
    texts = ["lead_agent", "ls", "fawn", "stop"]
    assert list(pop_head_texts(metadata, content)) == texts
    assert metadata == {"seen": 1}
    assert content == {"response_metadata": {"x": 1}, "status": 7}


def test_the_same_token_counts_are_removed_and_others_stay() -> None:
    counts = {
        "input_tokens": 9,
        "output_tokens": 1,
        "total_tokens": 10,
        "input_token_details": {"cache_read": 4, "audio": 0},
    }
    metadata: dict[str, Any] = {"usage": counts}
    content: dict[str, Any] = {"usage_metadata": {**counts, "total_tokens": 11}}
    other = dict(content)
    drop_usage(metadata, content, Usage(9, 1, 10, 4))
    assert metadata == {}
    assert content == other
