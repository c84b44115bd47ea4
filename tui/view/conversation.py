"""A thread as a person reads it: what was asked, what was done, what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from whitetail.store import RunEvent

from ..trace.message import canonical, is_failure, prompt_of, text_of, tool_calls_of
from . import tools
from .row import PROMPT, row
from .tone import Line
from .tree import prose
from .units import moment

_INDENT = 2


def conversation(messages: Iterable[RunEvent]) -> Iterator[Line]:
    """Yield a thread's messages, in their order, laid out for reading.

    Prompts and answers stand whole; each tool call has a line, and so has a
    result that failed. What subagents and middleware said is left out.
    """
    for event in messages:
        kind = canonical(event.event_type)
        if kind == "llm.human.input":
            yield from _said(PROMPT, "prompt", prompt_of(event.content), event)
        elif kind == "llm.ai.response" and _is_heard(event):
            if (text := text_of(event.content)).strip():
                yield from _said("✦", "plain", text, event)
            for called in tool_calls_of(event.content):
                yield ((f"  ⇢ {tools.call(called)}", "muted"),)
        elif is_failure(event):
            yield ((f"  ✗ {row(event).summary}", "error"),)


def _said(sign: str, tone: str, text: str, event: RunEvent) -> Iterator[Line]:
    yield ()
    yield ((f"{sign} ", tone), (moment(event.time), "muted"))
    yield from prose(text, _INDENT, tone, marked=True)


def _is_heard(event: RunEvent) -> bool:
    return not event.caller.startswith(("subagent:", "middleware:"))
