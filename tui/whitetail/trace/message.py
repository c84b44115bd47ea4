"""What a message says, whatever shape its writer gave it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from whitetail_store import RunEvent

_OLD_NAMES = {
    "human_message": "llm.human.input",
    "ai_message": "llm.ai.response",
    "ai_tool_call": "llm.ai.response",
    "tool_result": "llm.tool.result",
    "llm_error": "llm.error",
    "run_start": "run.start",
    "run_end": "run.end",
    "run_error": "run.error",
}
_BIG = 1 << 63
_THOUGHTS = ("thinking", "reasoning")
_FAILED = frozenset(
    {"error", "failed", "failure", "timed_out", "timeout", "cancelled", "interrupted"}
)
# What DeerFlow's tools return as plain text, with the status `success`.
_ERROR_TEXTS = ("Error:", "Task failed.", "Task timed out", "Task cancelled")


class ToolCall(NamedTuple):
    """A tool that the model asked for."""

    name: str
    args: Any
    """A dict as a rule; a string where the arguments were no JSON, or cut."""
    id: str = ""
    error: str = ""
    """Why it could not be called, for a call that was invalid."""


class Usage(NamedTuple):
    """The tokens of a model's reply."""

    input: int
    """All that were read, `cached` included."""
    output: int
    """All that were written, `reasoning` included."""
    total: int
    cached: int = 0
    reasoning: int = 0


def canonical(event_type: str) -> str:
    """Return the present name of an event type that DeerFlow once called otherwise."""
    return _OLD_NAMES.get(event_type, event_type)


def texts_of(content: Any) -> Iterator[str]:
    """Yield the texts of a message, or of its bare content, block by block."""
    if isinstance(content, dict):
        content = content.get("content")
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            if isinstance(block, str):
                yield block
            elif isinstance(block, dict) and block.get("type") not in _THOUGHTS:
                text = block.get("text")
                if isinstance(text, str):
                    yield text


def text_of(content: Any) -> str:
    """Return all text of a message; blocks stand on lines of their own."""
    return "\n".join(texts_of(content))


def prompt_of(content: Any) -> str:
    """Return what the person wrote, without what DeerFlow put around it."""
    written = _get(_get(content, "additional_kwargs"), "original_user_content")
    text = written if isinstance(written, str) else text_of(content)
    if text.startswith("<uploaded_files>"):
        text = text.partition("</uploaded_files>")[2] or text
    return text.strip()


def reasoning_of(content: Any) -> str:
    """Return what the model thought before it spoke, where that was kept."""
    kept = _get(_get(content, "additional_kwargs"), "reasoning_content")
    if isinstance(kept, str) and kept:
        return kept
    blocks = _get(content, "content")
    if not isinstance(blocks, list):
        return ""
    return "\n".join(filter(None, map(thinking_of, blocks)))


def thinking_of(block: Any) -> str:
    """Return the reasoning that a block of content holds, if it is such a block."""
    if not isinstance(block, dict) or block.get("type") not in _THOUGHTS:
        return ""
    for key in ("thinking", "reasoning", "text"):
        if isinstance(text := block.get(key), str):
            return text
    return text_of(block.get("summary"))


def tool_calls_of(content: Any, limit: int | None = None) -> list[ToolCall]:
    """Return the tools that a message or a subagent's step calls, invalid ones last."""
    if not isinstance(content, dict):
        return []
    called = _calls(content)
    return list(called if limit is None else islice(called, limit))


def usage_of(event: RunEvent) -> Usage | None:
    """Return the tokens of a reply or of a whole subagent, where they were counted."""
    content = event.content
    return (
        parse_usage(event.metadata.get("usage"))
        or parse_usage(_get(content, "usage_metadata"))
        or parse_usage(_get(content, "usage"))
    )


def cached_tokens_of(event: RunEvent) -> int | None:
    """Return how many tokens came from the provider's cache; nothing if unsaid."""
    for counts in (event.metadata.get("usage"), _get(event.content, "usage_metadata")):
        said = _get(_get(counts, "input_token_details"), "cache_read")
        if type(said) is int and 0 <= said < _BIG:
            return said
    return None


def parse_usage(counts: Any) -> Usage | None:
    """Return tokens as LangChain counts them; nothing when none were counted."""
    if not isinstance(counts, dict):
        return None
    read = _number(counts.get("input_tokens"))
    written = _number(counts.get("output_tokens"))
    total = _number(counts.get("total_tokens")) or read + written
    if not total:
        return None
    cached = _number(_get(counts.get("input_token_details"), "cache_read"))
    thought = _number(_get(counts.get("output_token_details"), "reasoning"))
    return Usage(read, written, total, cached, thought)


def model_of(event: RunEvent) -> str:
    """Return the model that replied, or that the run or the subagent was given."""
    said = _get(event.content, "response_metadata")
    return (
        _text(said, "model_name")
        or _text(said, "model")
        or _text(event.content, "model_name")
        or _text(event.metadata, "model_name")
    )


def finish_reason_of(content: Any) -> str:
    """Return why the model stopped, in its provider's word."""
    said = _get(content, "response_metadata")
    return _text(said, "finish_reason") or _text(said, "stop_reason")


def latency_of(event: RunEvent) -> float | None:
    """Return how long the model took, in seconds; 0 is written where nobody knew."""
    value = event.metadata.get("latency_ms")
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    return value / 1_000 if value < 1e15 else None


def status_of(content: Any) -> str:
    """Return how a tool or a subagent ended, in DeerFlow's word."""
    return _text(_tool_meta(content), "status") or _text(content, "status")


def task_id_of(event: RunEvent) -> str:
    """Return the id of the `task` call that the row's subagent works on."""
    return _text(event.metadata, "task_id") or _text(event.content, "task_id")


def call_id_of(event: RunEvent) -> str:
    """Return the id of the tool call that the row answers or tells of."""
    return _text(event.content, "tool_call_id") or _text(event.metadata, "tool_call_id")


def is_lead(event: RunEvent) -> bool:
    """Tell whether the row is of the lead agent, as are those that name nobody."""
    return is_lead_caller(event.caller)


def is_lead_caller(caller: str) -> bool:
    """Tell whether who spoke is the lead agent, as is nobody by name."""
    return not caller.startswith(("middleware:", "subagent:"))


def is_error_fallback(content: Any) -> bool:
    """Tell whether a reply is not the model's: DeerFlow wrote it when that failed."""
    more = _get(content, "additional_kwargs")
    return bool(more and _get(more, "deerflow_error_fallback"))


def is_error(event_type: str) -> bool:
    """Tell by its type alone whether an event reports an error."""
    return "error" in event_type


def is_bookkeeping(event: RunEvent) -> bool:
    """Tell whether an event is bookkeeping: a guardrail's yes, a count of tokens."""
    if not event.event_type.startswith("middleware:"):
        return False
    return "token" in event.event_type or _get(event.content, "action") == "allow"


def is_failure(event: RunEvent) -> bool:
    """Tell whether an event says that something went wrong."""
    return failed(canonical(event.event_type), event)


def failed(kind: str, event: RunEvent) -> bool:
    """Tell the same of an event whose type's present name is known."""
    check = _FAILURES.get(kind)
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
                why = (_text(call, "error") or "invalid") if invalid else ""
                yield ToolCall(_text(inner, "name"), args, _text(call, "id"), why)


def _is_failed_reply(event: RunEvent) -> bool:
    content = event.content
    # DeerFlow turns a provider's failure into a reply that apologises.
    return is_error_fallback(content) or bool(_get(content, "invalid_tool_calls"))


def _is_failed_result(event: RunEvent) -> bool:
    content = event.content
    said = _text(meta := _tool_meta(content), "status")
    if (said or _text(content, "status")) in _FAILED:
        return True
    # Where the tool's own word is there, even if empty, its text needs no guess.
    if meta is not None and isinstance(_get(meta, "status"), str):
        return False
    return next(texts_of(content), "").startswith(_ERROR_TEXTS)


def _is_failed_end(event: RunEvent) -> bool:
    return status_of(event.content) in _FAILED or (
        _text(event.metadata, "status") in _FAILED
    )


_FAILURES = {
    "llm.ai.response": _is_failed_reply,
    "llm.tool.result": _is_failed_result,
    "subagent.end": _is_failed_end,
    "run.end": _is_failed_end,
}


def _tool_meta(content: Any) -> Any:
    more = _get(content, "additional_kwargs")
    return _get(more, "deerflow_tool_meta") if more else None


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _number(value: Any) -> int:
    return value if type(value) is int and 0 < value < _BIG else 0
