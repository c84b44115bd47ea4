"""Messages in all shapes are read without errors."""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.helpers.events import event
from tests.helpers.trace_rows import events_with_any_json
from whitetail.trace.message import (
    ToolCall,
    Usage,
    cached_tokens_of,
    canonical,
    finish_reason_of,
    image_count_of,
    is_bookkeeping,
    is_error,
    is_failure,
    latency_of,
    model_of,
    prompt_of,
    reasoning_of,
    role_of,
    status_of,
    text_of,
    tool_calls_of,
    tool_name_of,
    usage_of,
)
from whitetail_store import RunEvent


def test_the_prompt_is_the_text_without_the_list_of_uploaded_files() -> None:
    text = "<uploaded_files>\na.md\n</uploaded_files>\n\nRead it"
    assert prompt_of({"content": text}) == "Read it"


def test_the_prompt_is_the_original_text_if_deerflow_kept_it() -> None:
    original = {"original_user_content": "Read it"}
    message = {"content": "decorated", "additional_kwargs": original}
    assert prompt_of(message) == "Read it"


def test_text_is_read_from_a_string_and_from_blocks() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "one"},
        "two",
        {"type": "image_url", "image_url": {"url": "data:…"}},
    ]
    assert text_of("bare") == "bare"
    assert text_of({"content": blocks}) == "one\ntwo"


def test_reasoning_is_read_from_blocks_and_from_additional_fields() -> None:
    blocks = [{"type": "thinking", "thinking": "hm"}]
    assert reasoning_of({"content": blocks}) == "hm"
    extra = {"reasoning_content": "so"}
    assert reasoning_of({"content": "", "additional_kwargs": extra}) == "so"


def test_tool_calls_have_their_arguments_and_invalid_ones_an_error() -> None:
    content = {
        "tool_calls": [{"name": "ls", "args": {"path": "/"}, "id": "c1"}, 7],
        "invalid_tool_calls": [{"name": "ls", "args": "{", "error": "no JSON"}],
    }
    assert tool_calls_of(content) == [
        ToolCall("ls", {"path": "/"}, "c1"),
        ToolCall("ls", "{", "", "no JSON"),
    ]
    assert len(tool_calls_of(content, 1)) == 1


def test_tool_calls_are_read_in_the_format_of_openai() -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
    assert tool_calls_of({"tool_calls": [call]}) == [ToolCall("f", "{}", "c")]


def test_images_are_counted_by_the_type_of_their_block() -> None:
    blocks = [{"type": "image_url"}, {"type": "input_image"}, {"type": 7}, "image"]
    assert image_count_of({"content": blocks}) == image_count_of(blocks) == 2
    assert image_count_of({"content": "image"}) == image_count_of(None) == 0
    assert image_count_of([{"type": "image"}] * 101) == 100


def test_a_message_has_a_role_and_a_result_the_name_of_its_tool() -> None:
    message = {"type": "tool", "name": "ls"}
    assert (role_of(message), tool_name_of(message)) == ("tool", "ls")
    assert (role_of({"type": 7}), tool_name_of("bare")) == ("", "")


def test_token_counts_are_read_from_metadata_message_and_end_of_a_subagent() -> None:
    counts = {
        "input_tokens": 100,
        "output_tokens": 20,
        "total_tokens": 120,
        "input_token_details": {"cache_read": 60},
        "output_token_details": {"reasoning": None},
    }
    for each in (
        event(1, content={}, metadata={"usage": counts}),
        event(1, content={"usage_metadata": counts}),
        event(1, "subagent.end", content={"usage": counts}),
    ):
        assert usage_of(each) == Usage(100, 20, 120, 60)


def test_empty_token_counts_are_none() -> None:
    assert usage_of(event(1, content={}, metadata={"usage": {}})) is None


def test_no_cached_tokens_and_an_unknown_number_of_them_differ() -> None:
    counts = {"input_tokens": 9, "input_token_details": {"cache_read": 0}}
    assert cached_tokens_of(event(1, metadata={"usage": counts})) == 0
    assert cached_tokens_of(event(1, metadata={"usage": {"input_tokens": 9}})) is None


def test_a_latency_of_0_is_unknown() -> None:
    assert latency_of(event(1, metadata={"latency_ms": 1_500})) == 1.5
    assert latency_of(event(1, metadata={"latency_ms": 0})) is None


def test_an_event_type_with_error_in_it_reports_an_error() -> None:
    assert is_error("llm.error")
    assert is_error("run_error")
    assert not is_error("run.end")


def test_legacy_event_types_have_a_present_name_and_unknown_ones_stay() -> None:
    assert canonical("run_error") == "run.error"
    assert canonical("mystery") == "mystery"


@pytest.mark.parametrize(
    ("kind", "action", "bookkeeping"),
    [
        ("middleware:guardrail", "allow", True),
        ("middleware:guardrail", "deny", False),
        ("middleware:token_usage", "", True),
        ("llm.ai.response", "allow", False),
    ],
)
def test_allowed_calls_and_token_counts_of_middlewares_are_bookkeeping(
    kind: str, action: str, bookkeeping: bool
) -> None:
    assert is_bookkeeping(event(1, kind, content={"action": action})) is bookkeeping


@pytest.mark.parametrize(
    ("kind", "content", "failed"),
    [
        ("run.error", "x", True),
        ("llm.tool.result", {"content": "fine", "status": "error"}, True),
        (
            "llm.tool.result",
            {"content": "Error: no such file", "status": "success"},
            True,
        ),
        (
            "llm.tool.result",
            {"content": "An Error: in the text", "status": "success"},
            False,
        ),
        (
            "llm.tool.result",
            {
                "content": "Error: quoted from a log",
                "additional_kwargs": {"deerflow_tool_meta": {"status": "success"}},
            },
            False,
        ),
        ("llm.human.input", {"content": "Error: help"}, False),
        ("subagent.end", {"status": "timed_out"}, True),
        ("subagent.end", {"status": "completed"}, False),
        ("llm.ai.response", {"content": "Error: is what I say"}, False),
        (
            "llm.ai.response",
            {
                "content": "Sorry",
                "additional_kwargs": {"deerflow_error_fallback": True},
            },
            True,
        ),
        ("llm.ai.response", {"invalid_tool_calls": [{"name": "x"}]}, True),
    ],
)
def test_an_event_that_reports_a_failure_is_one_but_not_a_text_about_errors(
    kind: str, content: Any, failed: bool
) -> None:
    assert is_failure(event(1, kind, content=content)) is failed


@settings(max_examples=60)
@given(events_with_any_json)
def test_fields_of_any_json_have_the_right_types(event: RunEvent) -> None:
    content = event.content
    for text in (text_of(content), reasoning_of(content), prompt_of(content)):
        assert isinstance(text, str)
    for text in (finish_reason_of(content), status_of(content), model_of(event)):
        assert isinstance(text, str)
    assert all(isinstance(call, ToolCall) for call in tool_calls_of(content))
    assert isinstance(usage_of(event), Usage | None)
    assert latency_of(event) is None or latency_of(event)
    assert isinstance(is_failure(event), bool)
