"""Lays out the arguments of a tool call, by the name of the tool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from functools import partial
from itertools import chain
from typing import Any

from whitetail.trace.json_object import is_object, pop
from whitetail.trace.json_text import parse_json
from whitetail.view.brief import approx_size, plural
from whitetail.view.json_tree import field_parts, json_parts, text_lines
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan
from whitetail.view.text import lines, sanitize

LONG_TEXT_LINES = 30
"""A text with more lines is folded at first, or its lines are numbered."""

_MAX_DIFF_LINES = 200
"""Longer replacements are shown as removed and added text, without a diff."""

_MAX_DIFF_CHARS = 200_000
"""The same limit in characters. A diff of longer texts would delay the first line."""


def argument_parts(
    tool: str, args: Any, call_fields: list[tuple[str, Any]]
) -> Iterator[Part]:
    """Yield a call's arguments in the tool's own layout, the others as fields.

    Arguments that are text because their JSON is invalid or truncated are shown as
    text. `call_fields` are the other fields of the call; they come last.
    """
    value = parse_json(args) if isinstance(args, str) else args
    if is_object(value):
        left = dict(value)
        if target_spans(tool, value):
            del left["path"]
        if layout := _LAYOUTS.get(tool):
            yield from layout(left)
        yield from field_parts(chain(left.items(), call_fields))
        return
    if value is not None:
        yield from json_parts(value)
    elif isinstance(args, str):
        yield from text_lines(args)
        if args.lstrip().startswith("{"):
            note = f"[{len(args):,} characters of invalid JSON, perhaps truncated]"
            yield ((note, "muted"),)
    yield from field_parts(call_fields)


def target_spans(tool: str, args: Any) -> tuple[StyledSpan, ...]:
    """Return the path of a call for its heading. Empty if the tool has none."""
    path = args.get("path") if is_object(args) and tool in _FILE_TOOLS else None
    if not isinstance(path, str) or len(path) > 200 or "\n" in path or not path:
        return ()
    return ((f" {sanitize(path)}", "muted"),)


def code_lines(text: str, indent: int = 0) -> Iterator[StyledLine]:
    """Yield a text as code. More than `LONG_TEXT_LINES` lines are numbered."""
    count = line_count(text)
    if count <= LONG_TEXT_LINES:
        for piece in lines(text):
            yield ((" " * indent + piece, "code"),)
        return
    width = len(str(count))
    for number, line in enumerate(_split_lines(text), 1):
        prefix = f"{number:>{width}} "
        for piece in lines(line) if line else ("",):
            yield ((" " * indent + prefix, "muted"), (piece, "code"))
            prefix = " " * (width + 1)


def line_count(text: str) -> int:
    """Return the number of lines of a text."""
    return text.count("\n") + (not text.endswith("\n") and text != "")


def _description(left: dict[str, Any]) -> Iterator[StyledLine]:
    description = pop(left, "description", str)
    if description:
        yield from text_lines(description)


def _write(left: dict[str, Any]) -> Iterator[Part]:
    yield from _description(left)
    text = pop(left, "content", str)
    if text is None:
        return
    length = f" · {plural(line_count(text), 'line')}, {approx_size(text)}"
    heading: StyledLine = (("content", "key"), (length, "muted"))
    yield Block("call content", heading, partial(code_lines, text, 2), value=text)


def _replace(left: dict[str, Any]) -> Iterator[Part]:
    yield from _description(left)
    old, new = left.get("old_str"), left.get("new_str")
    if isinstance(old, str) and isinstance(new, str):
        del left["old_str"], left["new_str"]
        yield from diff_lines(old, new)


def diff_lines(old: str, new: str) -> Iterator[StyledLine]:
    """Yield the diff of a text and its replacement: removed, added and equal lines."""
    yield from _changed_lines(old, new)
    if old and new and old.endswith("\n") != new.endswith("\n"):
        change = "removed" if old.endswith("\n") else "added"
        yield ((f"[line break at the end {change}]", "muted"),)


def _changed_lines(old: str, new: str) -> Iterator[StyledLine]:
    if (
        max(old.count("\n"), new.count("\n")) >= _MAX_DIFF_LINES
        or len(old + new) > _MAX_DIFF_CHARS
    ):
        yield from _prefixed("-", _split_lines(old), "removed")
        yield from _prefixed("+", _split_lines(new), "added")
        return
    before, after = list(_split_lines(old)), list(_split_lines(new))
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for change, old_start, old_stop, new_start, new_stop in changes:
        if change == "equal":
            yield from _prefixed(" ", before[old_start:old_stop], "plain")
            continue
        yield from _prefixed("-", before[old_start:old_stop], "removed")
        yield from _prefixed("+", after[new_start:new_stop], "added")


def _prefixed(prefix: str, texts: Iterable[str], tone: str) -> Iterator[StyledLine]:
    for text in texts:
        for piece in lines(text) if text else ("",):
            yield ((f"{prefix} {piece}", tone),)


def _split_lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start : end - (text[end - 1] == "\n")]
        start = end


def _command(prompt: str, key: str, left: dict[str, Any]) -> Iterator[Part]:
    yield from _description(left)
    prefix = prompt
    for line in lines(pop(left, key, str) or ""):
        yield ((prefix, "muted"), (line, "code"))
        prefix = " " * len(prompt)


def _query(left: dict[str, Any]) -> Iterator[Part]:
    query = pop(left, "query", str)
    if query is None:
        return
    if len(query) > 400 or "\n" in query or "\r" in query:
        yield from text_lines(query)
    else:
        yield ((f"“{sanitize(query)}”", "strong"),)


def _url(left: dict[str, Any]) -> Iterator[Part]:
    for line in lines(pop(left, "url", str) or ""):
        yield ((line, "link"),)


_SHELL = partial(_command, "$ ", "command")
_LAYOUTS: dict[str, Callable[[dict[str, Any]], Iterator[Part]]] = {
    "bash": _SHELL,
    "shell": _SHELL,
    "python": partial(_command, ">>> ", "code"),
    "web_search": _query,
    "image_search": _query,
    "web_fetch": _url,
    "write_file": _write,
    "str_replace": _replace,
}
_FILE_TOOLS = frozenset({"write_file", "str_replace", "read_file", "view_image"})
