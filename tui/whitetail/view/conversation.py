"""A thread as a person reads it: what was asked, what was done, what was answered."""

from __future__ import annotations

from collections.abc import Iterator

from whitetail.trace.message import (
    canonical,
    is_failure,
    prompt_of,
    text_of,
    tool_calls_of,
)
from whitetail.view import tools
from whitetail.view.lists.event import PROMPT_SIGN, summarize
from whitetail.view.markdown.render import markdown_lines
from whitetail.view.styled import StyledLine
from whitetail.view.units import moment
from whitetail_store import RunEvent

_INDENT = 2


def message_lines(event: RunEvent, width: int) -> Iterator[StyledLine]:
    """Yield a message of a thread, laid out for reading in `width` cells.

    Prompts and answers stand whole, as Markdown; each tool call has a line, and so
    has a result that failed. What subagents and middleware said is left out.
    """
    kind = canonical(event.event_type)
    if kind == "llm.human.input":
        yield from _said(PROMPT_SIGN, "prompt", prompt_of(event.content), event, width)
    elif kind == "llm.ai.response" and _is_heard(event):
        if (text := text_of(event.content)).strip():
            yield from _said("✦", "plain", text, event, width)
        for called in tool_calls_of(event.content):
            yield ((f"  ⇢ {tools.call(called)}", "muted"),)
    elif is_failure(event):
        yield ((f"  ✗ {summarize(event).summary}", "error"),)


def _said(
    sign: str, tone: str, text: str, event: RunEvent, width: int
) -> Iterator[StyledLine]:
    yield ()
    yield ((f"{sign} ", tone), (moment(event.time), "muted"))
    for said in markdown_lines(text, width - _INDENT, tone):
        yield ((" " * _INDENT, "plain"), *said)


def _is_heard(event: RunEvent) -> bool:
    return not event.caller.startswith(("subagent:", "middleware:"))
