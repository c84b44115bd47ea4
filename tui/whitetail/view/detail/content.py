"""The blocks that a message's content can be a list of."""

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
    item: Any, tone: str, called: Mapping[str, Any], width: int | None
) -> Iterator[Part]:
    """Yield a block; `called` holds the arguments of the message's calls, by id.

    Markdown is laid out at a width; None leaves its marks where they are.
    """
    if isinstance(item, str):
        yield from message_text_lines(item, tone, width)
        return
    if not is_object(item):
        yield from json_parts(item)
        return
    left = dict(item)
    kind = pop(left, "type", str) or "block"
    if thinking_of(item):
        # Shown further down; what else came with it is a signature as a rule.
        for key in ("thinking", "reasoning", "text"):
            if pop(left, key, str) is not None:
                break
        yield from field_parts(left.items())
    elif kind == "text" and (text := pop(left, "text", str)) is not None:
        yield from message_text_lines(text, tone, width)
        yield from field_parts(left.items())
    elif "image" in kind[:20] and (picture := _image(left)):
        yield ((picture, "muted"),)
        yield from field_parts(left.items())
    elif kind == "tool_use" and _is_called(left, called):
        name = one_line(pop(left, "name", str) or "a tool", 80)
        yield ((f"[calls {name}, see below]", "muted"),)
        yield from field_parts(
            (key, left[key]) for key in left if key not in ("id", "input")
        )
    else:
        yield from json_parts(item)


def message_text_lines(text: str, tone: str, width: int | None) -> Iterator[StyledLine]:
    """Yield what a person or a model said, as Markdown if there is a width for it."""
    if width is None:
        yield from text_lines(text, 0, tone, marked=tone == "plain")
        return
    # It brings a parser along, for which the first screen does not wait.
    from whitetail.view.markdown.render import markdown_lines

    yield from markdown_lines(text, width, tone)


def _is_called(left: Mapping[str, Any], called: Mapping[str, Any]) -> bool:
    """Tell whether a call stands among the message's calls with the same arguments."""
    name = left.get("id")
    try:
        return (
            isinstance(name, str)
            and name in called
            and called[name] == left.get("input")
        )
    except RecursionError:
        return False


def _image(left: dict[str, Any]) -> str:
    """Take an image that the block carries as data; return its type and size."""
    kind = pop(left, "media_type", str, "source") or ""
    for key, within in (
        ("url", ("image_url",)),
        ("data", ("source",)),
        ("image_url", ()),
    ):
        data = pop(left, key, str, *within)
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
