"""The parts of an event that are known by its type, laid out for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..trace.around import ALONE, Around
from ..trace.handoff import FAILED, handoffs
from ..trace.message import canonical, is_failure, thought
from .answers import asker
from .blocks import content_block
from .calls import calls
from .changes import changes
from .decision import decision
from .delivery import delivery
from .handoff import card
from .printed import one_line
from .rest import Rest, is_object
from .results import result, said
from .text import inert
from .tone import Line, Part
from .tree import block, fields, prose


def sections(rest: Rest, around: Around = ALONE) -> Iterator[Part]:
    """Yield what is known of an event, each part under its heading."""
    kind = canonical(rest.event.event_type)
    if "workspace_changes" in rest.metadata:
        yield from _content(rest)
        yield from changes(rest)
    elif kind in _SECTIONS and is_object(rest.event.content):
        yield from _SECTIONS[kind](rest, around)
    elif kind.startswith("middleware:") and isinstance(rest.content.get("action"), str):
        yield from decision(rest)
    else:
        yield from _content(rest)


def heading(name: str) -> Iterator[Line]:
    """Yield the heading of a section, with the empty line before it."""
    yield ()
    yield ((inert(name), "heading"),)


def _content(rest: Rest) -> Iterator[Line]:
    tone = "error" if is_failure(rest.event) else "plain"
    if isinstance(rest.other, str):
        name = "error" if tone == "error" else "content"
        yield from _text(name, rest.other, tone)
    elif rest.other is not None:
        yield from heading("content")
        yield from block(rest.other)
    elif rest.content:
        yield from heading("content")
        yield from fields(rest.content.items())
        rest.content = {}


def _message(rest: Rest, around: Around) -> Iterator[Part]:
    prompt = canonical(rest.event.event_type) == "llm.human.input"
    tone = "prompt" if prompt else "plain"
    thoughts = [rest.take("reasoning_content", str, "additional_kwargs")]
    text, blocks = rest.take("content", str), rest.take("content", list)
    if text or blocks:
        yield from heading("text")
    if text:
        yield from prose(text, 0, tone, marked=not prompt)
    called = _called(rest.content.get("tool_calls")) if blocks else {}
    for item in blocks or ():
        thoughts.append(thought(item))
        yield from content_block(item, tone, called)
    for each in filter(None, thoughts):
        yield from heading("reasoning")
        yield from prose(each, 0, "muted")
    yield from calls(rest, around)


def _called(made: Any) -> dict[str, Any]:
    return {
        call["id"]: call.get("args")
        for call in (made if isinstance(made, list) else ())
        if is_object(call) and isinstance(call.get("id"), str)
    }


def _result(rest: Rest, around: Around) -> Iterator[Part]:
    text = rest.take("content", str)
    if asked := list(asker(rest.event, around)):
        yield ()
        yield from asked
    if text is None:
        yield from _message(rest, around)
    else:
        name = rest.event.content.get("name")
        yield from _given(name, text, failed=is_failure(rest.event))
    yield from _cards(rest, around)


def _step(rest: Rest, around: Around) -> Iterator[Part]:
    content = rest.event.content
    text = rest.take("text", str) or ""
    if content.get("kind") == "tool":
        failed = text.startswith(FAILED)
        yield from _given(content.get("tool_name"), text, failed=failed)
    else:
        yield from _text("text", text)
    if content.get("truncated") is True:
        yield from _cut(text)
    yield from calls(rest, around)


def _given(name: Any, text: str, *, failed: bool) -> Iterator[Line]:
    """Yield what a tool gave back."""
    if text:
        yield from heading("result")
        yield from result(name if isinstance(name, str) else "", text, failed=failed)


def _cut(text: str) -> Iterator[Line]:
    yield ((f"[cut by DeerFlow after {len(text):,} characters]", "muted"),)


def _subagent_start(rest: Rest, around: Around) -> Iterator[Part]:
    yield from _cards(rest, around)
    yield from _content(rest)


def _subagent_end(rest: Rest, around: Around) -> Iterator[Part]:
    for key, tone in (("error", "error"), ("result", "plain")):
        text = rest.take(key, str) or ""
        yield from _text(key, text, tone)
        if rest.event.content.get(f"{key}_truncated") is True:
            yield from _cut(text)
    yield from _cards(rest, around)


def _cards(rest: Rest, around: Around) -> Iterator[Part]:
    for each in handoffs(rest.event, around):
        yield card(each, rest.event)


def _run_end(rest: Rest, around: Around) -> Iterator[Part]:
    if title := rest.take("title", str):
        yield from heading("title")
        yield from prose(title)
    for key in ("artifacts", "todos"):
        if items := rest.take(key, list):
            yield from heading(f"{key} ({len(items):,})")
            yield from _each(items) if key == "artifacts" else block(items)
    if messages := rest.take("messages", list):
        yield from heading(f"messages ({len(messages):,}), one line each")
        for message in messages:
            yield ((one_line(message), "plain"),)


def _delivery(rest: Rest, around: Around) -> Iterator[Part]:
    return delivery(rest)


def _each(items: list[Any]) -> Iterator[Line]:
    for item in items:
        yield from block(item)


_SECTIONS: dict[str, Callable[[Rest, Around], Iterator[Part]]] = {
    "llm.ai.response": _message,
    "llm.human.input": _message,
    "llm.tool.result": _result,
    "run.delivery": _delivery,
    "run.end": _run_end,
    "subagent.end": _subagent_end,
    "subagent.start": _subagent_start,
    "subagent.step": _step,
}


def _text(name: str, text: str, tone: str = "plain") -> Iterator[Line]:
    if not text:
        return
    yield from heading(name)
    if tone == "plain":
        yield from said(text)
    else:
        yield from prose(text, 0, tone)
