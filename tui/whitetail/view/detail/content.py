"""Lays out the blocks of a message's content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whitetail.trace.json_object import is_object
from whitetail.trace.message_fields import (
    Image,
    RepeatedCall,
    Text,
    Thinking,
    split_block,
)
from whitetail.view.json_tree import field_parts, json_parts, text_lines
from whitetail.view.styled import Part, StyledLine
from whitetail.view.text import one_line, sanitize
from whitetail.view.units import size


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
        case Image() as image:
            yield ((_image_label(image), "muted"),)
            yield from field_parts(image.rest.items())
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


def _image_label(image: Image) -> str:
    """Return the type and size of an image, or its URL."""
    if image.url:
        return f"[image {sanitize(image.url)}]"
    kind = one_line(image.media_type, 60) or "image"
    return f"[{kind}, {size(image.base64_chars * 3 // 4)}]"
