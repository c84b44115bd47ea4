"""Lays out the messages of a thread as a conversation."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from whitetail.trace.message import (
    canonical,
    is_failure,
    is_lead,
    prompt_of,
    text_of,
    tool_calls_of,
)
from whitetail.trace.message_fields import media_of
from whitetail.view import brief, tools
from whitetail.view.lists.event import PROMPT_SIGN, summarize
from whitetail.view.markdown.render import markdown_lines
from whitetail.view.styled import StyledLine
from whitetail.view.units import moment
from whitetail_store import RunEvent

_INDENT_CELLS = 2


class Role(Enum):
    """What a message is in a conversation."""

    PROMPT = "prompt"
    REPLY = "reply"
    """A reply of the lead agent, perhaps without text but with calls."""
    FAILURE = "failure"
    """A message that reports one, such as a tool's error."""


def role_of(event: RunEvent) -> Role | None:
    """Return the role of a message; None if a conversation does not show it.

    It does not show messages of subagents and middleware, or results without an error.
    """
    kind = canonical(event.event_type)
    if kind == "llm.human.input":
        return Role.PROMPT
    if kind == "llm.ai.response" and is_lead(event):
        return Role.REPLY
    return Role.FAILURE if is_failure(event) else None


def message_lines(event: RunEvent, width: int) -> Iterator[StyledLine]:
    """Yield the lines of a message of a thread, laid out in `width` cells.

    Prompts and answers are shown in full, as Markdown. Each image or other file, each
    tool call and each failed event has one line. Empty for messages that a
    conversation does not show.
    """
    role = role_of(event)
    if role is Role.PROMPT:
        text = prompt_of(event.content)
        yield from _turn_lines(PROMPT_SIGN, "prompt", text, event, width)
    elif role is Role.REPLY:
        text = text_of(event.content)
        if text.strip() or any(media_of(event.content)):
            yield from _turn_lines("✦", "plain", text, event, width)
    yield from _lines_below_text(event, role)


def message_text(event: RunEvent) -> str:
    """Return a message as it was written: as Markdown, not laid out.

    Empty for messages that a conversation does not show.
    """
    role = role_of(event)
    if role is Role.PROMPT:
        return prompt_of(event.content)
    if role is Role.REPLY and (text := text_of(event.content)).strip():
        return text
    lines = _lines_below_text(event, role)
    return "\n".join("".join(text for text, _ in line).strip() for line in lines)


def _lines_below_text(event: RunEvent, role: Role | None) -> Iterator[StyledLine]:
    """Yield a line for each image or other file, tool call and failure."""
    if role is Role.FAILURE:
        yield ((f"  ✗ {summarize(event).summary}", "error"),)
    elif role is not None:
        for file in media_of(event.content):
            yield ((f"  {brief.media(file)}", "muted"),)
        if role is Role.REPLY:
            for called in tool_calls_of(event.content):
                yield ((f"  ⇢ {tools.call(called)}", "muted"),)


def _turn_lines(
    sign: str, tone: str, text: str, event: RunEvent, width: int
) -> Iterator[StyledLine]:
    yield ()
    yield ((f"{sign} ", tone), (moment(event.time), "muted"))
    for line in markdown_lines(text, width - _INDENT_CELLS, tone):
        yield ((" " * _INDENT_CELLS, "plain"), *line)
