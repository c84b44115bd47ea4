"""Lays out the blocks of a message's content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from whitetail.trace.message import thinking_of
from whitetail.view.detail.unshown import is_object, pop
from whitetail.view.json_tree import field_parts, json_parts, text_lines
from whitetail.view.styled import Part, StyledLine
from whitetail.view.text import one_line, sanitize
from whitetail.view.units import size


def content_block_parts(
    block: Any, tone: str, call_args: Mapping[str, Any], width: int | None
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
    left = dict(block)
    kind = pop(left, "type", str) or "block"
    if thinking_of(block):
        # The reasoning has its own section. What is left is usually a signature.
        for key in ("thinking", "reasoning", "text"):
            if pop(left, key, str) is not None:
                break
        yield from field_parts(left.items())
    elif kind == "text" and (text := pop(left, "text", str)) is not None:
        yield from message_text_lines(text, tone, width)
        yield from field_parts(left.items())
    elif "image" in kind[:20] and (image := _pop_image(left)):
        yield ((image, "muted"),)
        yield from field_parts(left.items())
    elif kind == "tool_use" and _repeats_call(left, call_args):
        name = one_line(pop(left, "name", str) or "a tool", 80)
        yield ((f"[calls {name}, see below]", "muted"),)
        yield from field_parts(
            (key, left[key]) for key in left if key not in ("id", "input")
        )
    else:
        yield from json_parts(block)


def message_text_lines(text: str, tone: str, width: int | None) -> Iterator[StyledLine]:
    """Yield the text of a message: rendered Markdown, or source if `width` is None."""
    if width is None:
        yield from text_lines(text, 0, tone, marked=tone == "plain")
        return
    # The import loads a Markdown parser, which would delay the first screen.
    from whitetail.view.markdown.render import markdown_lines

    yield from markdown_lines(text, width, tone)


def _repeats_call(block: Mapping[str, Any], call_args: Mapping[str, Any]) -> bool:
    """Return whether the message's tool calls have the same id and arguments."""
    call_id = block.get("id")
    try:
        return (
            isinstance(call_id, str)
            and call_id in call_args
            and call_args[call_id] == block.get("input")
        )
    except RecursionError:
        return False


def _pop_image(block: dict[str, Any]) -> str:
    """Remove an image and return its type and size, or its URL. Empty if none."""
    kind = pop(block, "media_type", str, "source") or ""
    for key, parents in (
        ("url", ("image_url",)),
        ("data", ("source",)),
        ("image_url", ()),
    ):
        data = pop(block, key, str, *parents)
        if data is None:
            continue
        if data.startswith(("http://", "https://")):
            return f"[image {sanitize(data)}]"
        head, comma, _ = data[:200].partition(",")
        if head.startswith("data:"):
            kind = head[5:].partition(";")[0]
        encoded = len(data) - (len(head) + 1 if comma else 0)
        return f"[{one_line(kind, 60) or 'image'}, {size(encoded * 3 // 4)}]"
    return ""
