"""Reads the fields of DeerFlow events and LangChain messages, in all their shapes.

No other module than this, `message_step` and `message_fields` reads the dict of a
message (`tests/test_message_keys.py`).

A message is a dict, or bare content: a string or a list of blocks. Any field can be
missing or have a wrong type: these functions return an empty value, and never raise.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from whitetail.trace.json_object import field_of, text_field
from whitetail_store import RunEvent

# Event types of earlier versions of DeerFlow, and the present ones.
_LEGACY_TYPES = {
    "human_message": "llm.human.input",
    "ai_message": "llm.ai.response",
    "ai_tool_call": "llm.ai.response",
    "tool_result": "llm.tool.result",
    "llm_error": "llm.error",
    "run_start": "run.start",
    "run_end": "run.end",
    "run_error": "run.error",
}
_TOKEN_LIMIT = 1 << 63
"""Counts from here on do not fit into 64 bits, and are ignored."""
_MAX_LATENCY_MS = 1e15
_THINKING_TYPES = ("thinking", "reasoning")
_FAILURE_STATUSES = frozenset(
    {"error", "failed", "failure", "timed_out", "timeout", "cancelled", "interrupted"}
)
# DeerFlow's tools return these failures as plain text, with the status `success`.
_FAILURE_PREFIXES = ("Error:", "Task failed.", "Task timed out", "Task cancelled")


class ToolCall(NamedTuple):
    """A tool call in a reply of a model."""

    name: str
    args: Any
    """Usually a dict; a string if the arguments were not JSON, or were truncated."""
    id: str = ""
    error: str = ""
    """Why the call is invalid; empty for a valid one."""


class Usage(NamedTuple):
    """The tokens of one reply of a model, or of a whole subagent."""

    input: int
    """Tokens of the prompt, `cached` included."""
    output: int
    """Tokens of the reply, `reasoning` included."""
    total: int
    cached: int = 0
    """Tokens of the prompt that came from the provider's cache."""
    reasoning: int = 0


def canonical(event_type: str) -> str:
    """Return the present name of an event type that DeerFlow has renamed."""
    return _LEGACY_TYPES.get(event_type, event_type)


def texts_of(content: Any) -> Iterator[str]:
    """Yield the texts of a message, block by block, without the model's thinking."""
    if isinstance(content, dict):
        content = content.get("content")
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            if isinstance(block, str):
                yield block
            elif isinstance(block, dict) and block.get("type") not in _THINKING_TYPES:
                text = block.get("text")
                if isinstance(text, str):
                    yield text


def text_of(content: Any) -> str:
    """Return the text of a message; each block begins a new line."""
    return "\n".join(texts_of(content))


def prompt_of(content: Any) -> str:
    """Return the text that the user wrote, without DeerFlow's additions.

    DeerFlow keeps the original in `additional_kwargs`, and puts a list of uploaded
    files before the text that it sends to the model.
    """
    original = field_of(field_of(content, "additional_kwargs"), "original_user_content")
    text = original if isinstance(original, str) else text_of(content)
    if text.startswith("<uploaded_files>"):
        text = text.partition("</uploaded_files>")[2] or text
    return text.strip()


def reasoning_of(content: Any) -> str:
    """Return the model's thinking before its reply; empty if it was not recorded."""
    recorded = field_of(field_of(content, "additional_kwargs"), "reasoning_content")
    if isinstance(recorded, str) and recorded:
        return recorded
    blocks = field_of(content, "content")
    if not isinstance(blocks, list):
        return ""
    return "\n".join(filter(None, map(thinking_of, blocks)))


def thinking_of(block: Any) -> str:
    """Return the thinking in a block of content; empty for other blocks."""
    if not isinstance(block, dict) or block.get("type") not in _THINKING_TYPES:
        return ""
    for key in ("thinking", "reasoning", "text"):
        if isinstance(text := block.get(key), str):
            return text
    return text_of(block.get("summary"))


def image_count_of(content: Any) -> int:
    """Return the number of images among the first 100 blocks of a message."""
    blocks = field_of(content, "content") if isinstance(content, dict) else content
    if not isinstance(blocks, list):
        return 0
    kinds = (text_field(block, "type") for block in islice(blocks, 100))
    return sum(kind.startswith(("image", "input_image")) for kind in kinds)


def role_of(message: Any) -> str:
    """Return the role of a message, such as `human`, `ai` or `tool`."""
    return text_field(message, "type")


def tool_name_of(content: Any) -> str:
    """Return the name of the tool that a result is of; empty if it has no name."""
    return text_field(content, "name")


def tool_calls_of(content: Any, limit: int | None = None) -> list[ToolCall]:
    """Return the tool calls of a reply or of a subagent's step, invalid calls last."""
    if not isinstance(content, dict):
        return []
    calls = _calls(content)
    return list(calls if limit is None else islice(calls, limit))


def usage_of(event: RunEvent) -> Usage | None:
    """Return the tokens of a reply or of a whole subagent; None if not counted."""
    content = event.content
    return (
        parse_usage(event.metadata.get("usage"))
        or parse_usage(field_of(content, "usage_metadata"))
        or parse_usage(field_of(content, "usage"))
    )


def cached_tokens_of(event: RunEvent) -> int | None:
    """Return the tokens from the provider's cache; None if the event has no such count.

    Unlike in `Usage.cached`, 0 and an unknown number differ.
    """
    for counts in (
        event.metadata.get("usage"),
        field_of(event.content, "usage_metadata"),
    ):
        cached = field_of(field_of(counts, "input_token_details"), "cache_read")
        if type(cached) is int and 0 <= cached < _TOKEN_LIMIT:
            return cached
    return None


def parse_usage(counts: Any) -> Usage | None:
    """Return token counts in LangChain's format; None if nothing was counted."""
    if not isinstance(counts, dict):
        return None
    tokens_in = _number(counts.get("input_tokens"))
    tokens_out = _number(counts.get("output_tokens"))
    total = _number(counts.get("total_tokens")) or tokens_in + tokens_out
    if not total:
        return None
    cached = _number(field_of(counts.get("input_token_details"), "cache_read"))
    reasoning = _number(field_of(counts.get("output_token_details"), "reasoning"))
    return Usage(tokens_in, tokens_out, total, cached, reasoning)


def model_of(event: RunEvent) -> str:
    """Return the model that replied, or that the run or subagent was started with."""
    response = field_of(event.content, "response_metadata")
    return (
        text_field(response, "model_name")
        or text_field(response, "model")
        or text_field(event.content, "model_name")
        or text_field(event.metadata, "model_name")
    )


def provider_of(content: Any) -> str:
    """Return the provider of the model that replied, as LangChain names it."""
    return text_field(field_of(content, "response_metadata"), "model_provider")


def finish_reason_of(content: Any) -> str:
    """Return why the model stopped, as the provider names it, such as `length`."""
    response = field_of(content, "response_metadata")
    return text_field(response, "finish_reason") or text_field(response, "stop_reason")


def latency_of(event: RunEvent) -> float | None:
    """Return the latency of a reply in seconds; None if unknown.

    DeerFlow writes 0 if it could not measure it.
    """
    value = event.metadata.get("latency_ms")
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    return value / 1_000 if value < _MAX_LATENCY_MS else None


def status_of(content: Any) -> str:
    """Return the status of a tool result or a subagent's end, as DeerFlow writes it."""
    return text_field(_tool_meta(content), "status") or text_field(content, "status")


def task_id_of(event: RunEvent) -> str:
    """Return the id of the `task` call that started the event's subagent."""
    return text_field(event.metadata, "task_id") or task_id_in(event.content)


def task_id_in(content: Any) -> str:
    """Return the id of the `task` call that a content names."""
    return text_field(content, "task_id")


def call_id_of(event: RunEvent) -> str:
    """Return the id of the tool call that the event answers or belongs to."""
    return text_field(event.content, "tool_call_id") or text_field(
        event.metadata, "tool_call_id"
    )


def is_lead(event: RunEvent) -> bool:
    """Return whether an event is of the lead agent."""
    return is_lead_caller(event.caller)


def is_lead_caller(caller: str) -> bool:
    """Return whether a caller is the lead agent, as an unnamed one is."""
    return not caller.startswith(("middleware:", "subagent:"))


def is_error_fallback(content: Any) -> bool:
    """Return whether DeerFlow wrote the reply because the model failed."""
    extra = field_of(content, "additional_kwargs")
    return bool(extra and field_of(extra, "deerflow_error_fallback"))


def is_inherited(event: RunEvent) -> bool:
    """Return whether an event was copied from another thread.

    DeerFlow marks the turns that it copies into a branched or migrated thread.
    """
    marks = ("branch_seed", "checkpoint_history_seed")
    return any(event.metadata.get(mark) is True for mark in marks)


def is_error(event_type: str) -> bool:
    """Return whether an event reports an error, by its type alone."""
    return "error" in event_type


def is_bookkeeping(event: RunEvent) -> bool:
    """Return whether an event is bookkeeping: an allowed call, a count of tokens."""
    if not event.event_type.startswith("middleware:"):
        return False
    return "token" in event.event_type or field_of(event.content, "action") == "allow"


def is_failure(event: RunEvent) -> bool:
    """Return whether an event reports a failure.

    `run.end` has the status `success` for failed runs too. DeerFlow's tools can
    return a failure as text, and its error handling as a reply of the model.
    """
    check = _FAILURE_CHECKS.get(canonical(event.event_type))
    return is_error(event.event_type) or (check is not None and check(event))


def _calls(content: dict[str, Any]) -> Iterator[ToolCall]:
    for key in ("tool_calls", "invalid_tool_calls"):
        calls = content.get(key)
        if not calls or not isinstance(calls, list):
            continue
        for call in calls:
            if isinstance(call, dict):
                function = call.get("function")
                inner = function if isinstance(function, dict) else call
                args = inner["args"] if "args" in inner else inner.get("arguments")
                invalid = key != "tool_calls"
                error = (text_field(call, "error") or "invalid") if invalid else ""
                yield ToolCall(
                    text_field(inner, "name"), args, text_field(call, "id"), error
                )


def _is_failed_reply(event: RunEvent) -> bool:
    content = event.content
    return is_error_fallback(content) or bool(field_of(content, "invalid_tool_calls"))


def _is_failed_result(event: RunEvent) -> bool:
    content = event.content
    status = text_field(meta := _tool_meta(content), "status")
    if (status or text_field(content, "status")) in _FAILURE_STATUSES:
        return True
    # A status of the tool itself, even an empty one, is more reliable than its text.
    if meta is not None and isinstance(field_of(meta, "status"), str):
        return False
    return next(texts_of(content), "").startswith(_FAILURE_PREFIXES)


def _is_failed_end(event: RunEvent) -> bool:
    return status_of(event.content) in _FAILURE_STATUSES or (
        text_field(event.metadata, "status") in _FAILURE_STATUSES
    )


_FAILURE_CHECKS = {
    "llm.ai.response": _is_failed_reply,
    "llm.tool.result": _is_failed_result,
    "subagent.end": _is_failed_end,
    "run.end": _is_failed_end,
}


def _tool_meta(content: Any) -> Any:
    extra = field_of(content, "additional_kwargs")
    return field_of(extra, "deerflow_tool_meta") if extra else None


def _number(value: Any) -> int:
    return value if type(value) is int and 0 < value < _TOKEN_LIMIT else 0
