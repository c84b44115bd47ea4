"""Lays out the blocks of a message's content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whitetail.trace.json_object import is_object
from whitetail.trace.message_fields import (
    Media,
    RepeatedCall,
    Text,
    Thinking,
    split_block,
)
from whitetail.view import brief
from whitetail.view.json_tree import field_parts, json_parts, text_lines
from whitetail.view.styled import Part, StyledLine
from whitetail.view.text import one_line


def content_block_parts(
    block: Any, tone: str, call_args: dict[str, Any], width: int | None
) -> Iterator[Part]:
    """Yield a block of a message's content.

    `call_args` has the arguments of the message's tool calls by call id. Text is
    rendered as Markdown for `width` cells, or shown as source if `width` is None.
    """
    if isinstance(block, str):
        yield from message_text_lines(block, tone, width)
        return
    if block is None:
        return
    if not is_object(block):
        yield from json_parts(block)
        return
    match split_block(block, call_args):
        case Thinking(rest):
            # The reasoning has its own section.
            yield from field_parts(rest.items())
        case Text(text, rest):
            yield from message_text_lines(text, tone, width)
            yield from field_parts(rest.items())
        case Media() as media:
            yield ((brief.media(media), "muted"),)
            yield from field_parts(media.rest.items())
        case RepeatedCall(tool, rest):
            name = one_line(tool or "a tool", 80)
            yield ((f"[calls {name}, see below]", "muted"),)
            yield from field_parts(rest.items())
        case None:
            yield from json_parts(block)


def message_text_lines(text: str, tone: str, width: int | None) -> Iterator[StyledLine]:
    """Yield the text of a message: rendered Markdown, or source if `width` is None."""
    if width is None:
        yield from text_lines(text, 0, tone, marked=tone == "plain")
        return
    # The import loads a Markdown parser, which would delay the first screen.
    from whitetail.view.markdown.render import markdown_lines

    yield from markdown_lines(text, width, tone)
