"""Lays out the result of a tool, by the name of the tool."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from whitetail.trace.json_object import is_object, pop
from whitetail.trace.json_text import list_elements, parse_json
from whitetail.view.detail.arguments import code_lines
from whitetail.view.detail.content import message_text_lines
from whitetail.view.json_tree import field_parts, json_parts, text_lines, value_parts
from whitetail.view.styled import Part, StyledSpan
from whitetail.view.text import lines, sanitize

_INDENT_CELLS = 4
_MAX_TODO_CHARS = 40_000
_TODO_PREFIX = "Updated todo list to "
_TRUNCATED = "[the rest of the list is not valid JSON: it was truncated]"


def result_parts(
    tool: str, text: str, width: int | None = None, *, failed: bool = False
) -> Iterator[Part]:
    """Yield a tool's result in full: in the tool's own layout, as JSON or as text.

    The text of a failure has the tone "error". The answer of a subagent is rendered as
    Markdown for `width` cells, or shown as source if `width` is None.
    """
    if failed:
        yield from text_lines(text, 0, "error")
    elif tool == "task":
        yield from message_text_lines(text, "plain", width)
    elif (layout := _LAYOUTS.get(tool)) and (parts := layout(text)) is not None:
        yield from parts
    else:
        yield from json_or_text_parts(text)


def json_or_text_parts(text: str, width: int | None = None) -> Iterator[Part]:
    """Yield a text as JSON if it is JSON, else as the text of a message."""
    value = parse_json(text)
    if value is None:
        yield from message_text_lines(text, "plain", width)
    else:
        yield from json_parts(value)


def _hits(text: str) -> Iterator[Part] | None:
    """Return the hits of a search, also if their list was truncated."""
    if text[:200].lstrip().startswith("["):
        return _numbered_hits(list_elements(text))
    value = parse_json(text)
    hits = value.get("results") if is_object(value) else None
    if not isinstance(hits, list) or not hits:
        return None
    return _fields_and_hits(value, hits)


def _fields_and_hits(value: dict[str, Any], hits: list[Any]) -> Iterator[Part]:
    yield from field_parts((key, value[key]) for key in value if key != "results")
    yield from _numbered_hits(hits)


def _numbered_hits(hits: Iterable[Any]) -> Iterator[Part]:
    number = 0
    for number, hit in enumerate(hits, 1):
        if isinstance(hit, str):
            yield ((_TRUNCATED, "muted"),)
            yield from text_lines(hit)
        elif is_object(hit):
            yield from _hit(number, hit)
        else:
            yield from json_parts(hit)
    if not number:
        yield (("no results", "muted"),)


def _hit(number: int, hit: dict[str, Any]) -> Iterator[Part]:
    left = dict(hit)
    title = pop(left, "title", str) or ""
    mark: StyledSpan = (f"{number:>2}. ", "muted")
    if len(title) > 1_000 or "\n" in title:
        left["title"], title = title, ""
    yield (mark, (sanitize(title) or "untitled", "strong" if title else "muted"))
    for key in ("url", "link", "image_url", "thumbnail_url"):
        for address in lines(pop(left, key, str) or ""):
            yield ((" " * _INDENT_CELLS, "plain"), (address, "link"))
    for key in ("snippet", "content", "description"):
        if text := pop(left, key, str):
            yield from text_lines(text, _INDENT_CELLS)
    yield from field_parts(left.items(), _INDENT_CELLS)


def _listing(text: str) -> Iterator[Part] | None:
    return _paths(text) if text.lstrip().startswith("/") else None


def _paths(text: str) -> Iterator[Part]:
    for path in lines(text):
        folder, slash, name = path.rstrip("/").rpartition("/")
        end = "/" * (len(path) - len(path.rstrip("/")))
        yield ((folder + slash, "muted"), (name + end, "plain"))


def _todo_list(text: str) -> Iterator[Part] | None:
    """Return a to-do list, which DeerFlow writes as a Python literal after a prefix."""
    if not text.startswith(_TODO_PREFIX) or len(text) > _MAX_TODO_CHARS:
        return None
    try:
        todos = ast.literal_eval(text[len(_TODO_PREFIX) :].strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value_parts(todos) if isinstance(todos, list) else None


def _output(text: str) -> Iterator[Part] | None:
    return text_lines(text) if parse_json(text) is None else None


def _file(text: str) -> Iterator[Part] | None:
    # Skills and web pages are Markdown with a heading or front matter.
    if text[:400].lstrip().startswith(("#", "---\n")):
        return text_lines(text, marked=True)
    return code_lines(text) if parse_json(text) is None else None


_LAYOUTS: dict[str, Callable[[str], Iterator[Part] | None]] = {
    "bash": _output,
    "image_search": _hits,
    "ls": _listing,
    "read_file": _file,
    "shell": _output,
    "web_search": _hits,
    "write_todos": _todo_list,
}
