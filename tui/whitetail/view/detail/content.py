"""The blocks that a message's content can be a list of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from whitetail.trace.message import thought
from whitetail.view.detail.unshown import is_object, take
from whitetail.view.json_tree import fields, prose, tree
from whitetail.view.styled import Part, StyledLine
from whitetail.view.text import one_line, sanitize
from whitetail.view.units import size


def content_block(
    item: Any, tone: str, called: Mapping[str, Any], width: int | None
) -> Iterator[Part]:
    """Yield a block; `called` holds the arguments of the message's calls, by id.

    Markdown is laid out at a width; None leaves its marks where they are.
    """
    if isinstance(item, str):
        yield from said(item, tone, width)
        return
    if not is_object(item):
        yield from tree(item)
        return
    left = dict(item)
    kind = take(left, "type", str) or "block"
    if thought(item):
        # Shown further down; what else came with it is a signature as a rule.
        for key in ("thinking", "reasoning", "text"):
            if take(left, key, str) is not None:
                break
        yield from fields(left.items())
    elif kind == "text" and (text := take(left, "text", str)) is not None:
        yield from said(text, tone, width)
        yield from fields(left.items())
    elif "image" in kind[:20] and (picture := _image(left)):
        yield ((picture, "muted"),)
        yield from fields(left.items())
    elif kind == "tool_use" and _is_called(left, called):
        name = one_line(take(left, "name", str) or "a tool", 80)
        yield ((f"[calls {name}, see below]", "muted"),)
        yield from fields(
            (key, left[key]) for key in left if key not in ("id", "input")
        )
    else:
        yield from tree(item)


def said(text: str, tone: str, width: int | None) -> Iterator[StyledLine]:
    """Yield what a person or a model said, as Markdown if there is a width for it."""
    if width is None:
        yield from prose(text, 0, tone, marked=tone == "plain")
        return
    # It brings a parser along, for which the first screen does not wait.
    from whitetail.view.markdown.render import markdown

    yield from markdown(text, width, tone)


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
    kind = take(left, "media_type", str, "source") or ""
    for key, within in (
        ("url", ("image_url",)),
        ("data", ("source",)),
        ("image_url", ()),
    ):
        data = take(left, key, str, *within)
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
