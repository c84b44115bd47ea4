"""Summarizes an event in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from whitetail.trace.message import (
    ToolCall,
    canonical,
    finish_reason_of,
    image_count_of,
    is_failure,
    prompt_of,
    reasoning_of,
    texts_of,
    tool_calls_of,
    tool_name_of,
)
from whitetail.trace.message_step import parse_step
from whitetail.view import brief, tools
from whitetail.view.text import one_line
from whitetail.view.units import size
from whitetail_store import BadLine, RunEvent

_KIND_CHARS = 14
PROMPT_SIGN = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}"


class EventSummary(NamedTuple):
    """The texts of an event's line in a list, sanitized and without line breaks."""

    seq: str
    sign: str
    """A character that is one cell wide in every terminal."""
    kind: str
    """A short name of the event's type, at most 14 characters."""
    caller: str
    """The subagent or the middleware. Empty for the lead agent."""
    summary: str
    tone: str
    """`prompt`, `reply`, `call`, `result`, `subagent`, `trace`, `run`, `error` or
    `bad`."""

    @property
    def names_caller(self) -> bool:
        """Whether the event is of another agent, which its kind does not name."""
        return self.caller not in ("", self.kind) or self.tone == "subagent"


def summarize(event: RunEvent | BadLine, summary: str | None = None) -> EventSummary:
    """Return the summary of an event.

    It is robust against any JSON in the event. Of long texts and lists only the
    beginning is read. With a `summary`, the event is not read for one.
    """
    if isinstance(event, BadLine):
        text = _bad_line_summary(event) if summary is None else summary
        return EventSummary("", "?", "bad line", "", text, "bad")
    name = canonical(event.event_type)
    describe = _DESCRIPTIONS.get(name)
    if describe is None:
        describe = _middleware if name.startswith("middleware:") else _unknown_type
    sign, kind, summary_of, tone = describe(event)
    if is_failure(event):
        sign, tone = "✗", "error"
    if summary is None:
        summary = summary_of(event) or _fallback_summary(event)
    return EventSummary(
        str(event.seq), sign, kind, _caller(event.caller), summary, tone
    )


_Summary = Callable[[RunEvent], str]
_Description = tuple[str, str, _Summary, str]
"""Sign, kind, what makes the summary, tone."""


def _always(
    sign: str, kind: str, summary: _Summary, tone: str
) -> Callable[[RunEvent], _Description]:
    """Return the description of a type of events that differ in their summary only."""
    return lambda event: (sign, kind, summary, tone)


def _prompt(event: RunEvent) -> str:
    content = event.content
    summary = brief.text(prompt_of(content))
    images = image_count_of(content)
    if images:
        summary = f"{summary} [{brief.plural(images, 'image')}]".strip()
    return summary or "no text"


def _reply(event: RunEvent) -> _Description:
    content = event.content
    if event.caller == "middleware:title":
        return "∙", "title", lambda event: _first_text(event.content), "trace"
    if calls := tool_calls_of(content, 5):
        tone = "subagent" if event.caller.startswith("subagent:") else "call"
        return "⇢", "tool call", lambda event: _calls(calls, content), tone
    caller = event.caller.partition(":")[0]
    tone = {"middleware": "trace", "subagent": "subagent"}.get(caller, "reply")
    return "✦", "reply", _text_of_reply, tone


def _calls(calls: Sequence[ToolCall], content: Any) -> str:
    summary = tools.calls(calls[:4]) + " · …" * (len(calls) > 4)
    text = _first_text(content)
    return f"{summary} — {text}" if text else summary


def _text_of_reply(event: RunEvent) -> str:
    content = event.content
    text = _first_text(content)
    if not text and (reasoning := brief.text(reasoning_of(content))):
        text = f"thinking: {reasoning}"
    return text or brief.all_media(content) or _no_text(content)


def _no_text(content: Any) -> str:
    reason = finish_reason_of(content)
    return f"no text ({one_line(reason, 40)})" if reason else "no text"


def _result(event: RunEvent) -> str:
    content = event.content
    text = next(filter(None, islice(texts_of(content), 20)), "")
    text = text or brief.all_media(content)
    return tools.result(tool_name_of(content), text, failed=is_failure(event))


def _run_start(event: RunEvent) -> str:
    settings = event.metadata
    words = [
        one_line(settings[key], 60)
        for key in ("agent_name", "model_name")
        if isinstance(settings.get(key), str)
    ]
    words += [mode for key, mode in _MODES.items() if settings.get(key) is True]
    return " · ".join(filter(None, words))


_MODES = {
    "thinking_enabled": "thinking",
    "is_plan_mode": "plan mode",
    "subagent_enabled": "subagents",
}


def _run_end(event: RunEvent) -> str:
    status = event.metadata.get("status")
    words = [one_line(status, 40)] if isinstance(status, str) and status else []
    for key in ("messages", "artifacts"):
        values = event.content.get(key) if isinstance(event.content, dict) else None
        if isinstance(values, list) and values:
            words.append(brief.plural(len(values), key[:-1]))
    return ", ".join(words)


def _run_error(event: RunEvent) -> _Description:
    kind = "run error" if event.event_type.startswith("run") else "model error"
    return "✗", kind, _error_summary, "error"


def _error_summary(event: RunEvent) -> str:
    error_type = event.metadata.get("error_type")
    message = brief.error(event.content) if isinstance(event.content, str) else ""
    name = one_line(error_type, 60) if isinstance(error_type, str) else ""
    return ": ".join(filter(None, (name, message or _content_summary(event))))


def _delivery(event: RunEvent) -> _Description:
    content = event.content
    paths = content.get("paths") if isinstance(content, dict) else None
    if not isinstance(paths, list) or not paths:
        presented = content.get("presented") if isinstance(content, dict) else None
        summary = brief.value(content) if presented else "nothing presented"
        return "∙", "delivery", lambda event: summary, "run"
    summary = f"{brief.plural(len(paths), 'file')} presented: {brief.names(paths)}"
    return "✓", "delivery", lambda event: summary, "run"


def _files(event: RunEvent) -> str:
    changes = event.metadata.get("workspace_changes")
    files = changes.get("files") if isinstance(changes, dict) else None
    paths = brief.names(
        file.get("path")
        for file in islice(files if isinstance(files, list) else (), 5)
        if isinstance(file, dict)
    )
    return ": ".join(filter(None, (_content_summary(event), paths)))


def _memory(event: RunEvent) -> str:
    content = event.content
    hashed = content.get("content_sha256") if isinstance(content, dict) else None
    if isinstance(hashed, str) and hashed:
        return f"memory {one_line(hashed[:8])}…"
    return _content_summary(event)


def _subagent_start(event: RunEvent) -> str:
    content = event.content
    description = content.get("description") if isinstance(content, dict) else None
    if isinstance(description, str) and description:
        return f"“{one_line(description, 120)}” started"
    return _content_summary(event)


def _step(event: RunEvent) -> _Description:
    step = parse_step(event.content)
    text = step.text
    if step.from_tool:
        return "⇠", "step", lambda event: tools.result(step.tool, text), "subagent"
    if calls := tool_calls_of(event.content, 4):
        tail = f" — {brief.text(text)}" if text.strip() else ""
        return "⇢", "step", lambda event: tools.calls(calls) + tail, "subagent"
    return (
        "✦",
        "step",
        lambda event: brief.text(text) or _content_summary(event),
        "subagent",
    )


def _subagent_end(event: RunEvent) -> str:
    content = event.content if isinstance(event.content, dict) else {}
    status = content.get("status")
    word = (
        one_line(status, 40).replace("_", " ") if isinstance(status, str) else "ended"
    )
    for key in ("error", "result"):
        if isinstance(content.get(key), str) and content[key]:
            return f"{word}: {brief.text(content[key])}"
    return word if content else _content_summary(event)


def _middleware(event: RunEvent) -> _Description:
    tag = event.event_type.partition(":")[2].replace("_", " ")
    return "∙", _label(tag), _change, "trace"


def _change(event: RunEvent) -> str:
    content = event.content
    action = content.get("action") if isinstance(content, dict) else None
    changes = content.get("changes") if isinstance(content, dict) else None
    if not isinstance(action, str) or not isinstance(changes, dict):
        return _content_summary(event)
    tool = changes.get("tool")
    words = [one_line(action, 60).replace("_", " ")]
    if isinstance(tool, str):
        words.append(one_line(tool, 60))
        changes = {key: value for key, value in changes.items() if key != "tool"}
    others = brief.pairs(changes, 4)
    return " ".join(words) + (f" · {others}" if others else "")


def _unknown_type(event: RunEvent) -> _Description:
    return "∙", _label(event.event_type), _content_summary, "trace"


def _bad_line_summary(event: BadLine) -> str:
    return (
        f"{one_line(event.reason, 120)} ({size(event.size)} at byte {event.offset:,})"
    )


def _first_text(content: Any) -> str:
    for text in islice(texts_of(content), 20):
        if summary := brief.text(text):
            return summary
    return ""


def _content_summary(event: RunEvent) -> str:
    return brief.value(event.content) if event.content not in ("", None) else ""


def _fallback_summary(event: RunEvent) -> str:
    return _content_summary(event) or brief.pairs(event.metadata) or "no content"


def _label(name: str) -> str:
    return one_line(name, _KIND_CHARS) or "event"


def _caller(caller: str) -> str:
    if caller == "lead_agent":
        return ""
    kind, colon, name = caller[:200].partition(":")
    return one_line(name if colon and kind in ("subagent", "middleware") else kind, 40)


_DESCRIPTIONS: Mapping[str, Callable[[RunEvent], _Description]] = {
    "context:memory": _always("∙", "memory", _memory, "trace"),
    "llm.ai.response": _reply,
    "llm.error": _run_error,
    "llm.human.input": _always(PROMPT_SIGN, "prompt", _prompt, "prompt"),
    "llm.tool.result": _always("⇠", "result", _result, "result"),
    "run.delivery": _delivery,
    "run.end": _always("∎", "run end", _run_end, "run"),
    "run.error": _run_error,
    "run.start": _always("◇", "run start", _run_start, "run"),
    "subagent.end": _always("❖", "subagent", _subagent_end, "subagent"),
    "subagent.start": _always("❖", "subagent", _subagent_start, "subagent"),
    "subagent.step": _step,
    "workspace_changes": _always("✎", "files", _files, "run"),
}
