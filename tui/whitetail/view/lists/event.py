"""An event as one line of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from whitetail.trace.message import (
    canonical,
    finish_reason_of,
    is_failure,
    prompt_of,
    reasoning_of,
    texts_of,
    tool_calls_of,
)
from whitetail.view import brief, tools
from whitetail.view.text import one_line
from whitetail.view.units import size
from whitetail_store import BadLine, RunEvent

_KIND_CHARS = 14
PROMPT_SIGN = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}"


class EventSummary(NamedTuple):
    """What a list shows of an event; every text is inert and of one line."""

    seq: str
    sign: str
    """One cell, whose width no terminal doubts."""
    kind: str
    """What happened, in at most 14 cells."""
    caller: str
    """Who spoke; nothing for the lead agent."""
    summary: str
    tone: str
    """`prompt`, `reply`, `call`, `result`, `subagent`, `trace`, `run`, `error` or
    `bad`; the pane picks the colour."""


def summarize(event: RunEvent | BadLine) -> EventSummary:
    """Return an event as a row.

    Never raises, whatever JSON the event holds, and reads only the beginning of
    what is long.
    """
    if isinstance(event, BadLine):
        return EventSummary("", "?", "bad line", "", _bad(event), "bad")
    name = canonical(event.event_type)
    describe = _ROWS.get(name)
    if describe is None:
        describe = _middleware if name.startswith("middleware:") else _anything
    sign, kind, summary, tone = describe(event)
    if is_failure(event):
        sign, tone = "✗", "error"
    return EventSummary(
        str(event.seq),
        sign,
        kind,
        _caller(event.caller),
        summary or _nothing(event),
        tone,
    )


_Said = tuple[str, str, str, str]
"""Sign, kind, summary, tone."""


def _prompt(event: RunEvent) -> _Said:
    content = event.content
    said = brief.text(prompt_of(content))
    blocks = content.get("content") if isinstance(content, dict) else content
    images = 0
    if isinstance(blocks, list):
        for block in islice(blocks, 100):
            kind = block.get("type") if isinstance(block, dict) else ""
            images += isinstance(kind, str) and kind.startswith(
                ("image", "input_image")
            )
    if images:
        said = f"{said} [{brief.plural(images, 'image')}]".strip()
    return PROMPT_SIGN, "prompt", said or "says nothing", "prompt"


def _reply(event: RunEvent) -> _Said:
    content = event.content
    said = _first(content)
    if event.caller == "middleware:title":
        return "∙", "title", said, "trace"
    if calls := tool_calls_of(content, 5):
        summary = tools.calls(calls[:4]) + " · …" * (len(calls) > 4)
        return "⇢", "tool call", f"{summary} — {said}" if said else summary, "call"
    tone = "trace" if event.caller.startswith("middleware:") else "reply"
    if not said and (thought := brief.text(reasoning_of(content))):
        said = f"thinking: {thought}"
    return "✦", "reply", said or _silence(content), tone


def _silence(content: Any) -> str:
    reason = finish_reason_of(content)
    return f"says nothing ({one_line(reason, 40)})" if reason else "says nothing"


def _result(event: RunEvent) -> _Said:
    content = event.content
    name = content.get("name") if isinstance(content, dict) else ""
    tool = name if isinstance(name, str) else ""
    said = next((text for text in islice(texts_of(content), 20) if text), "")
    return "⇠", "result", tools.result(tool, said, failed=is_failure(event)), "result"


def _run_start(event: RunEvent) -> _Said:
    chosen = event.metadata
    said = [
        one_line(chosen[key], 60)
        for key in ("agent_name", "model_name")
        if isinstance(chosen.get(key), str)
    ]
    said += [word for key, word in _MODES.items() if chosen.get(key) is True]
    return "◇", "run start", " · ".join(filter(None, said)), "run"


_MODES = {
    "thinking_enabled": "thinking",
    "is_plan_mode": "plan mode",
    "subagent_enabled": "subagents",
}


def _run_end(event: RunEvent) -> _Said:
    status = event.metadata.get("status")
    said = [one_line(status, 40)] if isinstance(status, str) and status else []
    for key in ("messages", "artifacts"):
        held = event.content.get(key) if isinstance(event.content, dict) else None
        if isinstance(held, list) and held:
            said.append(brief.plural(len(held), key[:-1]))
    return "∎", "run end", ", ".join(said), "run"


def _run_error(event: RunEvent) -> _Said:
    kind = event.metadata.get("error_type")
    said = brief.error(event.content) if isinstance(event.content, str) else ""
    named = one_line(kind, 60) if isinstance(kind, str) else ""
    kind_label = "run error" if event.event_type.startswith("run") else "model error"
    joined = ": ".join(filter(None, (named, said or brief.value(event.content))))
    return "✗", kind_label, joined, "error"


def _delivery(event: RunEvent) -> _Said:
    content = event.content
    paths = content.get("paths") if isinstance(content, dict) else None
    if not isinstance(paths, list) or not paths:
        presented = content.get("presented") if isinstance(content, dict) else None
        said = "" if presented else "nothing presented"
        return "∙", "delivery", said or brief.value(content), "run"
    said = f"{brief.plural(len(paths), 'file')} presented: {brief.names(paths)}"
    return "✓", "delivery", said, "run"


def _files(event: RunEvent) -> _Said:
    changes = event.metadata.get("workspace_changes")
    files = changes.get("files") if isinstance(changes, dict) else None
    paths = brief.names(
        file.get("path")
        for file in islice(files if isinstance(files, list) else (), 5)
        if isinstance(file, dict)
    )
    return "✎", "files", ": ".join(filter(None, (_said(event), paths))), "run"


def _memory(event: RunEvent) -> _Said:
    content = event.content
    hashed = content.get("content_sha256") if isinstance(content, dict) else None
    if isinstance(hashed, str) and hashed:
        return "∙", "memory", f"memory {one_line(hashed[:8])}…", "trace"
    return "∙", "memory", _said(event), "trace"


def _subagent_start(event: RunEvent) -> _Said:
    content = event.content
    asked = content.get("description") if isinstance(content, dict) else None
    said = (
        f"“{one_line(asked, 120)}” begins" if isinstance(asked, str) and asked else ""
    )
    return "❖", "subagent", said or _said(event), "subagent"


def _step(event: RunEvent) -> _Said:
    content = event.content if isinstance(event.content, dict) else {}
    said = content.get("text")
    text = said if isinstance(said, str) else ""
    if content.get("kind") == "tool":
        name = content.get("tool_name")
        tool = name if isinstance(name, str) else ""
        return "⇠", "step", tools.result(tool, text), "subagent"
    if calls := tool_calls_of(content, 4):
        summary = tools.calls(calls)
        tail = f" — {brief.text(text)}" if text.strip() else ""
        return "⇢", "step", summary + tail, "subagent"
    return "✦", "step", brief.text(text) or _said(event), "subagent"


def _subagent_end(event: RunEvent) -> _Said:
    content = event.content if isinstance(event.content, dict) else {}
    status = content.get("status")
    word = (
        one_line(status, 40).replace("_", " ") if isinstance(status, str) else "ended"
    )
    for key in ("error", "result"):
        if isinstance(content.get(key), str) and content[key]:
            return "❖", "subagent", f"{word}: {brief.text(content[key])}", "subagent"
    return "❖", "subagent", word if content else _said(event), "subagent"


def _middleware(event: RunEvent) -> _Said:
    tag = event.event_type.partition(":")[2].replace("_", " ")
    content = event.content
    action = content.get("action") if isinstance(content, dict) else None
    changes = content.get("changes") if isinstance(content, dict) else None
    if not isinstance(action, str) or not isinstance(changes, dict):
        return "∙", _label(tag), _said(event), "trace"
    tool = changes.get("tool")
    said = [one_line(action, 60).replace("_", " ")]
    if isinstance(tool, str):
        said.append(one_line(tool, 60))
        changes = {key: item for key, item in changes.items() if key != "tool"}
    rest = brief.pairs(changes, 4)
    summary = " ".join(said) + (f" · {rest}" if rest else "")
    return "∙", _label(tag), summary, "trace"


def _anything(event: RunEvent) -> _Said:
    return "∙", _label(event.event_type), _said(event), "trace"


_ROWS: Mapping[str, Callable[[RunEvent], _Said]] = {
    "context:memory": _memory,
    "llm.ai.response": _reply,
    "llm.error": _run_error,
    "llm.human.input": _prompt,
    "llm.tool.result": _result,
    "run.delivery": _delivery,
    "run.end": _run_end,
    "run.error": _run_error,
    "run.start": _run_start,
    "subagent.end": _subagent_end,
    "subagent.start": _subagent_start,
    "subagent.step": _step,
    "workspace_changes": _files,
}


def _bad(event: BadLine) -> str:
    return (
        f"{one_line(event.reason, 120)} ({size(event.size)} at byte {event.offset:,})"
    )


def _first(content: Any) -> str:
    for text in islice(texts_of(content), 20):
        if said := brief.text(text):
            return said
    return ""


def _said(event: RunEvent) -> str:
    return brief.value(event.content) if event.content not in ("", None) else ""


def _nothing(event: RunEvent) -> str:
    return _said(event) or brief.pairs(event.metadata) or "nothing more"


def _label(name: str) -> str:
    return one_line(name, _KIND_CHARS) or "event"


def _caller(caller: str) -> str:
    if caller == "lead_agent":
        return ""
    kind, colon, name = caller[:200].partition(":")
    return one_line(name if colon and kind in ("subagent", "middleware") else kind, 40)
