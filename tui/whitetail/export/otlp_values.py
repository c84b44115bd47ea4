"""The attributes of spans: the semantic conventions of OpenTelemetry for generative AI.

https://opentelemetry.io/docs/specs/semconv/gen-ai/ lists them. What they have no name
for begins with `whitetail.`.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from whitetail.export.cut import cut_values
from whitetail.export.document import RunDocument
from whitetail.trace.message import (
    Usage,
    call_id_of,
    finish_reason_of,
    model_of,
    provider_of,
    reasoning_of,
    task_id_of,
    text_of,
    tool_calls_of,
    usage_of,
)
from whitetail.trace.run_summary import final_answer
from whitetail.trace.stats.spans import Span, SpanKind
from whitetail.view.json_fields import json_text, status_word
from whitetail_store import RunEvent

_ANSWER_ROWS = 200
"""The answer of a run is among its last rows."""
_LEVELS_AROUND = 20
"""More than those of the message and of the span around the arguments of a call."""
OPERATIONS = {
    SpanKind.RUN: "invoke_agent",
    SpanKind.MODEL: "chat",
    SpanKind.TOOL: "execute_tool",
    SpanKind.SUBAGENT: "invoke_agent",
}
"""The values of `gen_ai.operation.name`."""


class SpanValues:
    """The attributes of the spans of one run."""

    def __init__(self, document: RunDocument) -> None:
        self._document = document
        usage = document.stats.usage
        self._sums = {task_id: sum_ for task_id, _, sum_ in usage.counted_ends()}
        """The tokens of the subagents whose replies have none, by task id."""
        self._calls = self._calls_by_span()

    def of(self, number: int, span: Span) -> dict[str, Any]:
        """Return the attributes of a span; those that are None are left out."""
        values: dict[str, Any] = {
            "gen_ai.operation.name": OPERATIONS[span.kind],
            "gen_ai.conversation.id": self._document.key[0],
            "whitetail.row": span.row,
            "whitetail.caller": span.caller or None,
            "whitetail.exact_times": span.exact,
        }
        if span.failed:
            values["error.type"] = "_OTHER"
        match span.kind:
            case SpanKind.RUN:
                return values | self._run_values()
            case SpanKind.MODEL:
                return values | self._model_values(span)
            case SpanKind.TOOL:
                return values | self._tool_values(number, span)
            case SpanKind.SUBAGENT:
                return values | self._subagent_values(span)

    def _run_values(self) -> dict[str, Any]:
        document = self._document
        rows, prompt, answer = document.whole.rows, "", None
        if len(document.rows) == len(rows):
            prompt = document.summary.prompt
            answer = final_answer(rows[max(0, len(rows) - _ANSWER_ROWS) :])
        return {
            "gen_ai.agent.name": "lead_agent",
            "gen_ai.request.model": document.summary.model or None,
            "gen_ai.input.messages": self._message("user", prompt),
            "gen_ai.output.messages": self._message("assistant", answer or ""),
            "whitetail.run_id": document.key[1],
            "whitetail.title": self._cut(document.summary.title or None),
            "whitetail.status": status_word(document.verdict.status),
            "whitetail.reason": self._cut(document.verdict.reason),
        }

    def _model_values(self, span: Span) -> dict[str, Any]:
        event = self._event(span.row)
        if event is None:
            return {}
        content, model = event.content, model_of(event) or None
        reason = finish_reason_of(content)
        return {
            "gen_ai.provider.name": provider_of(content) or "_OTHER",
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.response.finish_reasons": [reason] if reason else None,
            "gen_ai.output.messages": self._reply_message(event, reason),
            **_usage_values(usage_of(event)),
        }

    def _tool_values(self, number: int, span: Span) -> dict[str, Any]:
        event, result = self._event(span.row), self._event(span.result_row)
        index, call = self._calls.get(number), None
        if event is not None and index is not None:
            call = tool_calls_of(event.content)[index]
        return {
            "gen_ai.tool.name": span.name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call.id if call else None,
            "gen_ai.tool.call.arguments": call
            and self._json(_without_depth(call.args)),
            "gen_ai.tool.call.result": result and self._cut(text_of(result.content)),
        }

    def _subagent_values(self, span: Span) -> dict[str, Any]:
        end = self._event(span.result_row)
        usage = self._sums.get(task_id_of(end)) if end else None
        return {
            "gen_ai.agent.name": span.caller.partition(":")[2] or None,
            "gen_ai.agent.description": self._cut(span.name),
            **_usage_values(usage),
        }

    def _calls_by_span(self) -> dict[int, int]:
        """Return the index of the call of each span of a tool, if it is certain."""
        found: dict[int, int] = {}
        spans = self._document.stats.spans
        tools = [
            (span.row, number)
            for number, span in enumerate(spans)
            if span.kind is SpanKind.TOOL
        ]
        for row, group in groupby(tools, key=lambda each: each[0]):
            event, numbers = self._event(row), [number for _, number in group]
            calls = tool_calls_of(event and event.content)
            indices = {call.id: at for at, call in enumerate(calls) if call.id}
            if len(indices) == len(numbers):
                found |= zip(numbers, indices.values(), strict=True)
                continue
            for number in numbers:
                result = self._event(spans[number].result_row)
                if result is not None and call_id_of(result) in indices:
                    found[number] = indices[call_id_of(result)]
        return found

    def _message(self, role: str, text: str) -> str | None:
        """Return a message of one text, in the JSON of the semantic conventions."""
        parts = [{"type": "text", "content": text}]
        return self._json([{"role": role, "parts": parts}]) if text else None

    def _reply_message(self, event: RunEvent, finish_reason: str) -> str:
        content = event.content
        texts = (("reasoning", reasoning_of(content)), ("text", text_of(content)))
        parts: list[dict[str, Any]] = [
            {"type": kind, "content": text} for kind, text in texts if text
        ]
        for call in tool_calls_of(content):
            made = {"type": "tool_call", "id": call.id, "name": call.name}
            parts.append({**made, "arguments": _without_depth(call.args)})
        message = {"role": "assistant", "parts": parts}
        return self._json([{**message, "finish_reason": finish_reason or "stop"}])

    def _event(self, row: int | None) -> RunEvent | None:
        event = None if row is None else self._document.whole.event(row)
        return event if isinstance(event, RunEvent) else None

    def _cut(self, value: Any) -> Any:
        return cut_values(value, self._document.options.max_bytes)

    def _json(self, value: Any) -> str:
        """Return JSON of which the texts are cut, so that it stays JSON."""
        return json_text(self._cut(value))


def _without_depth(value: Any) -> Any:
    """Return a value, or a note if it is nested more deeply than can be written."""
    probe = value
    for _ in range(_LEVELS_AROUND):
        probe = [probe]
    try:
        json_text(probe)
    except RecursionError:
        return "[nested too deeply]"
    return value


def subject(values: dict[str, Any]) -> str:
    """Return what follows the operation in the name of a span."""
    for key in ("gen_ai.tool.name", "gen_ai.agent.name", "gen_ai.request.model"):
        if isinstance(name := values.get(key), str):
            return name
    return ""


def _usage_values(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    return {
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.output_tokens": usage.output,
        "gen_ai.usage.cache_read.input_tokens": usage.cached,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
    }
