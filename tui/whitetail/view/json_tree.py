"""Lays out JSON values and texts as styled parts, lazily, at any depth and length."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

from whitetail.view.brief import plural
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan, ValueLine
from whitetail.view.text import PIECE_CHARS, lines, sanitize

_INDENT_CELLS = 2
_MAX_INDENT_LEVELS = 24
_MAX_INLINE_CHARS = 160
"""Longest value that is shown beside its name."""
_MAX_COMPACT_CHARS = 100
"""Longest object or list that is shown in one line."""
_MAX_KEY_CHARS = 32
_OPEN_LEVELS = 3
"""Levels of nesting that are open at first."""
_OPEN_ENTRIES = 50
"""Objects and lists with more entries are folded at first."""
_URL = re.compile(r"https?://[^\s<>\"'`)\]}]+")
_HEADING = re.compile(r"#{1,6} ")
_TODO_MARKS = {"completed": "✓", "in_progress": "▸", "pending": "∙"}


def json_parts(value: Any, indent: int = 0) -> Iterator[Part]:
    """Yield a JSON value as indented parts; inner objects and lists can be folded.

    Strings of more than `PIECE_CHARS` characters continue on the next line. The
    indentation does not grow beyond 24 levels.
    """
    if isinstance(value, dict | list) and value:
        yield (*_margin(indent), (_brackets(value)[0], "plain"))
        yield from _entry_parts(value, indent, 0, "")
    else:
        yield from _scalar_lines(_margin(indent), value, "")


def _entry_parts(value: Any, indent: int, depth: int, comma: str) -> Iterator[Part]:
    """Yield the entries of an object or a list, then the closing bracket."""
    margin = _margin(indent + min(depth + 1, _MAX_INDENT_LEVELS) * _INDENT_CELLS)
    for number, (key, entry, after) in enumerate(_entries(value)):
        start: StyledLine = (*margin, (key, "key"), (": ", "plain")) if key else margin
        if isinstance(entry, dict | list) and entry:
            opening, closing = _brackets(entry)
            folded = f"{opening}{_entry_count(entry)}{closing}{after}"
            yield Block(
                key[1 : _MAX_KEY_CHARS + 1].removesuffix('"') or str(number),
                (*start, (opening, "plain")),
                partial(_entry_parts, entry, indent, depth + 1, after),
                depth + 1 >= _OPEN_LEVELS or len(entry) > _OPEN_ENTRIES,
                (*start, (folded, "muted")),
                entry,
            )
        else:
            yield from _scalar_lines(start, entry, after)
    margin = _margin(indent + min(depth, _MAX_INDENT_LEVELS) * _INDENT_CELLS)
    yield (*margin, (_brackets(value)[1] + comma, "plain"))


def _brackets(value: dict[str, Any] | list[Any]) -> tuple[str, str]:
    return ("{", "}") if isinstance(value, dict) else ("[", "]")


def _entry_count(value: dict[str, Any] | list[Any]) -> str:
    return f"… {plural(len(value), 'field' if isinstance(value, dict) else 'item')}"


def field_parts(pairs: Iterable[tuple[str, Any]], indent: int = 0) -> Iterator[Part]:
    """Yield names with their values: short values aligned, long ones as blocks.

    Strings have no quotes and keep their line breaks. Empty fields come last, four in
    a line.
    """
    margin = _margin(indent)
    pairs = iter(pairs)
    first = list(islice(pairs, 64))
    width = max((len(key) for key, _ in first if len(key) <= _MAX_KEY_CHARS), default=0)
    empty: list[StyledSpan] = []
    for key, value in chain(first, pairs):
        name = (sanitize(key), "key")
        if value in (None, "", [], {}):
            empty.append((f"{name[0]} {_literal(value)[0]}", "muted"))
        elif (inline := _inline_value(value)) is not None:
            pad = (" " * max(width - len(name[0]), 0) + "  ", "plain")
            yield ValueLine.of((*margin, name, pad, *inline), value)
        else:
            yield Block(
                key[:_MAX_KEY_CHARS],
                (*margin, name),
                partial(value_parts, value, indent + _INDENT_CELLS),
                isinstance(value, dict | list) and len(value) > _OPEN_ENTRIES,
                (*margin, name, (f"  {_length(value)}", "muted")),
                value,
            )
    for number in range(0, len(empty), 4):
        yield (*margin, *_joined(empty[number : number + 4]))


def _length(value: Any) -> str:
    if isinstance(value, str):
        return f"… {plural(len(value), 'character')}"
    return _entry_count(value) if isinstance(value, dict | list) else "…"


def value_parts(value: Any, indent: int = 0) -> Iterator[Part]:
    """Yield a value below its name: text as lines, to-do lists as lists, else JSON."""
    if isinstance(value, str):
        yield from text_lines(value, indent)
    elif _is_todo_list(value):
        for todo in value:
            mark = _TODO_MARKS[todo["status"]]
            tone = "muted" if mark == "✓" else "plain"
            for line in lines(todo["content"]) if todo["content"] else ("",):
                yield (*_margin(indent), (f"{mark} {line}", tone))
                mark = " "
    else:
        yield from json_parts(value, indent)


def text_lines(
    text: str, indent: int = 0, tone: str = "plain", *, marked: bool = False
) -> Iterator[StyledLine]:
    """Yield the lines of a text, with URLs as links.

    `marked`: the text is Markdown source; code and headings get their tones, and the
    Markdown marks are kept.
    """
    margin = _margin(indent)
    in_fence = False
    for line in lines(text):
        if marked and line.lstrip().startswith("```"):
            in_fence = not in_fence
            yield (*margin, (line, "code"))
        elif in_fence:
            yield (*margin, (line, "code"))
        elif marked and _HEADING.match(line):
            yield (*margin, (line, "strong"))
        else:
            yield (*margin, *_linked_spans(line, tone))


def _linked_spans(line: str, tone: str) -> Iterator[StyledSpan]:
    end = 0
    for url in _URL.finditer(line) if "://" in line else ():
        if url.start() > end:
            yield line[end : url.start()], tone
        yield url[0], "link"
        end = url.end()
    if end < len(line) or not line:
        yield line[end:], tone


def _entries(value: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield the quoted key (empty in a list), the value and the comma of each entry."""
    last = len(value) - 1
    if isinstance(value, dict):
        for number, (key, entry) in enumerate(value.items()):
            yield f'"{_escaped(str(key))}"', entry, "," if number < last else ""
    else:
        for number, entry in enumerate(value):
            yield "", entry, "," if number < last else ""


def _scalar_lines(start: StyledLine, value: Any, comma: str) -> Iterator[StyledLine]:
    if not isinstance(value, str):
        literal, tone = _literal(value)
        yield ValueLine.of((*start, (literal + comma, tone)), value)
        return
    for offset in range(0, max(len(value), 1), PIECE_CHARS):
        piece = _escaped(value[offset : offset + PIECE_CHARS])
        opening = "" if offset else '"'
        closing = '"' + comma if offset + PIECE_CHARS >= len(value) else ""
        yield ValueLine.of((*start, (opening + piece + closing, "string")), value)
        start = _margin(sum(len(text) for text, _ in start[:1]))


def _literal(value: Any) -> StyledSpan:
    if isinstance(value, str):
        return f'"{_escaped(value)}"', "string"
    if value is None or isinstance(value, bool):
        return json.dumps(value), "keyword"
    if isinstance(value, dict | list):
        return "".join(_brackets(value)), "plain"
    try:
        return sanitize(str(value)), "number"
    except ValueError:
        # Python refuses to write integers of more than 4,300 digits in decimal.
        return hex(value), "number"


def _escaped(text: str) -> str:
    return sanitize(json.dumps(text, ensure_ascii=False)[1:-1])


def _inline_value(value: Any) -> StyledLine | None:
    """Return the value as part of a line; None if it is too long for that."""
    if isinstance(value, str):
        if len(value) > _MAX_INLINE_CHARS or "\n" in value or "\r" in value:
            return None
        return tuple(_linked_spans(sanitize(value.expandtabs(4)), "plain"))
    if isinstance(value, dict | list) and value:
        return _compact(value)
    literal = _literal(value)
    return (literal,) if len(literal[0]) <= _MAX_INLINE_CHARS else None


def _compact(value: dict[str, Any] | list[Any]) -> StyledLine | None:
    """Return a small flat object or list as part of a line; None if it is too large."""
    if len(value) > 8:
        return None
    opening, closing = _brackets(value)
    spans: list[StyledSpan] = [(opening, "plain")]
    chars_left = _MAX_COMPACT_CHARS
    for key, entry, comma in _entries(value):
        if (isinstance(entry, str) and len(entry) > chars_left) or (
            isinstance(entry, dict | list) and entry
        ):
            return None
        name: StyledLine = ((key, "key"), (": ", "plain")) if key else ()
        literal, tone = _literal(entry)
        spans += (*name, (literal, tone), (comma + " " * bool(comma), "plain"))
        chars_left -= len(key) + len(literal) + 4
        if chars_left < 0:
            return None
    return (*(span for span in spans if span[0]), (closing, "plain"))


def _is_todo_list(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 1_000
        and all(
            isinstance(todo, dict)
            and todo.keys() == {"content", "status"}
            and isinstance(todo["content"], str)
            and isinstance(todo["status"], str)
            and todo["status"] in _TODO_MARKS
            for todo in value
        )
    )


def _joined(spans: list[StyledSpan]) -> Iterator[StyledSpan]:
    """Yield the spans with a separator between them."""
    for number, span in enumerate(spans):
        if number:
            yield " · ", "muted"
        yield span


def _margin(indent: int) -> StyledLine:
    return ((" " * indent, "plain"),) if indent > 0 else ()
