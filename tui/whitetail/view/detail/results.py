"""What a tool gave back, laid out for reading by the tool's name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from whitetail.view.detail.arguments import code_lines
from whitetail.view.detail.content import message_text_lines
from whitetail.view.detail.json_text import list_items, parse_json
from whitetail.view.detail.unshown import is_object, pop
from whitetail.view.json_tree import field_parts, json_parts, text_lines, value_parts
from whitetail.view.styled import Part, StyledSpan
from whitetail.view.text import lines, sanitize

_INDENT = 4
_BIGGEST_LIST = 40_000
_TODOS = "Updated todo list to "


def result_parts(
    tool: str, text: str, width: int | None = None, *, failed: bool = False
) -> Iterator[Part]:
    """Yield a result: by its tool's form, or as JSON, or as prose; nothing is cut.

    What says that something failed stands whole, in the tone of an error. What a
    subagent answers is laid out as Markdown at a width, if one is given.
    """
    if failed:
        yield from text_lines(text, 0, "error")
    elif tool == "task":
        yield from message_text_lines(text, "plain", width)
    elif (form := _FORMS.get(tool)) and (laid_out := form(text)) is not None:
        yield from laid_out
    else:
        yield from json_or_text_parts(text)


def json_or_text_parts(text: str, width: int | None = None) -> Iterator[Part]:
    """Yield a text: as JSON if it is that, else as prose, or Markdown at a width."""
    value = parse_json(text)
    if value is None:
        yield from message_text_lines(text, "plain", width)
    else:
        yield from json_parts(value)


def _hits(text: str) -> Iterator[Part] | None:
    """Return the lines of a search's results, which may be a list that was cut."""
    if text[:200].lstrip().startswith("["):
        return _numbered(list_items(text))
    value = parse_json(text)
    found = value.get("results") if is_object(value) else None
    if not isinstance(found, list) or not found:
        return None
    return _search(value, found)


def _search(value: dict[str, Any], found: list[Any]) -> Iterator[Part]:
    yield from field_parts((key, value[key]) for key in value if key != "results")
    yield from _numbered(found)


def _numbered(found: Iterable[Any]) -> Iterator[Part]:
    number = 0
    for number, hit in enumerate(found, 1):
        if isinstance(hit, str):
            yield ((_CUT, "muted"),)
            yield from text_lines(hit)
        elif is_object(hit):
            yield from _hit(number, hit)
        else:
            yield from json_parts(hit)
    if not number:
        yield (("no results", "muted"),)


_CUT = "[the list goes on, and is no JSON any more: it was cut]"


def _hit(number: int, hit: dict[str, Any]) -> Iterator[Part]:
    left = dict(hit)
    title = pop(left, "title", str) or ""
    mark: StyledSpan = (f"{number:>2}. ", "muted")
    if len(title) > 1_000 or "\n" in title:
        left["title"], title = title, ""
    yield (mark, (sanitize(title) or "untitled", "strong" if title else "muted"))
    for key in ("url", "link", "image_url", "thumbnail_url"):
        for address in lines(pop(left, key, str) or ""):
            yield ((" " * _INDENT, "plain"), (address, "link"))
    for key in ("snippet", "content", "description"):
        if text := pop(left, key, str):
            yield from text_lines(text, _INDENT)
    yield from field_parts(left.items(), _INDENT)


def _listing(text: str) -> Iterator[Part] | None:
    return _paths(text) if text.lstrip().startswith("/") else None


def _paths(text: str) -> Iterator[Part]:
    for path in lines(text):
        folder, slash, name = path.rstrip("/").rpartition("/")
        end = "/" * (len(path) - len(path.rstrip("/")))
        yield ((folder + slash, "muted"), (name + end, "plain"))


def _todo_list(text: str) -> Iterator[Part] | None:
    """Return the lines of a list as Python prints it, behind DeerFlow's words."""
    if not text.startswith(_TODOS) or len(text) > _BIGGEST_LIST:
        return None
    try:
        todos = ast.literal_eval(text[len(_TODOS) :].strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value_parts(todos) if isinstance(todos, list) else None


def _output(text: str) -> Iterator[Part] | None:
    return text_lines(text) if parse_json(text) is None else None


def _file(text: str) -> Iterator[Part] | None:
    # A skill or a page reads as the Markdown that it is.
    if text[:400].lstrip().startswith(("#", "---\n")):
        return text_lines(text, marked=True)
    return code_lines(text) if parse_json(text) is None else None


_FORMS: dict[str, Callable[[str], Iterator[Part] | None]] = {
    "bash": _output,
    "image_search": _hits,
    "ls": _listing,
    "read_file": _file,
    "shell": _output,
    "web_search": _hits,
    "write_todos": _todo_list,
}
