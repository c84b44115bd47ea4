"""JSON values and texts as toned lines, lazily, at any depth and length."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

from whitetail.view.brief import plural
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan
from whitetail.view.text import PIECE_CHARS, lines, sanitize

_STEP = 2
_DEEPEST = 24
_LONG = 160
_COMPACT = 100
_KEYS = 32
_OPEN_DEPTH = 3
_OPEN_LENGTH = 50
_URL = re.compile(r"https?://[^\s<>\"'`)\]}]+")
_HEADING = re.compile(r"#{1,6} ")
_MARKS = {"completed": "✓", "in_progress": "▸", "pending": "∙"}


def json_parts(value: Any, indent: int = 0) -> Iterator[Part]:
    """Yield a JSON value laid out over lines, in colours; what it holds can be folded.

    Strings of more than `PIECE` characters go on in the next line; beyond 24
    levels the indentation grows no further.
    """
    if isinstance(value, dict | list) and value:
        yield (*_margin(indent), (_brackets(value)[0], "plain"))
        yield from _inside(value, indent, 0, "")
    else:
        yield from _leaf(_margin(indent), value, "")


def _inside(value: Any, indent: int, depth: int, comma: str) -> Iterator[Part]:
    """Yield what a value holds, and the line that closes it."""
    margin = _margin(indent + min(depth + 1, _DEEPEST) * _STEP)
    for number, (key, item, after) in enumerate(_entries(value)):
        start: StyledLine = (*margin, (key, "key"), (": ", "plain")) if key else margin
        if isinstance(item, dict | list) and item:
            opening, closing = _brackets(item)
            held = f"{opening}{_held(item)}{closing}{after}"
            yield Block(
                key[1 : _KEYS + 1].removesuffix('"') or str(number),
                (*start, (opening, "plain")),
                partial(_inside, item, indent, depth + 1, after),
                depth + 1 >= _OPEN_DEPTH or len(item) > _OPEN_LENGTH,
                (*start, (held, "muted")),
            )
        else:
            yield from _leaf(start, item, after)
    margin = _margin(indent + min(depth, _DEEPEST) * _STEP)
    yield (*margin, (_brackets(value)[1] + comma, "plain"))


def _brackets(value: dict[str, Any] | list[Any]) -> tuple[str, str]:
    return ("{", "}") if isinstance(value, dict) else ("[", "]")


def _held(value: dict[str, Any] | list[Any]) -> str:
    return f"… {plural(len(value), 'field' if isinstance(value, dict) else 'item')}"


def field_parts(pairs: Iterable[tuple[str, Any]], indent: int = 0) -> Iterator[Part]:
    """Yield names with their values: short ones aligned, long ones as blocks below.

    Strings stand without quotes, with their own line breaks. Fields that hold
    nothing come last, in one line.
    """
    margin = _margin(indent)
    pairs = iter(pairs)
    first = list(islice(pairs, 64))
    width = max((len(key) for key, _ in first if len(key) <= _KEYS), default=0)
    nothing: list[StyledSpan] = []
    for key, value in chain(first, pairs):
        name = (sanitize(key), "key")
        if value in (None, "", [], {}):
            nothing.append((f"{name[0]} {_literal(value)[0]}", "muted"))
        elif (short := _short(value)) is not None:
            pad = (" " * max(width - len(name[0]), 0) + "  ", "plain")
            yield (*margin, name, pad, *short)
        else:
            yield Block(
                key[:_KEYS],
                (*margin, name),
                partial(value_parts, value, indent + _STEP),
                isinstance(value, dict | list) and len(value) > _OPEN_LENGTH,
                (*margin, name, (f"  {_amount(value)}", "muted")),
            )
    for number in range(0, len(nothing), 4):
        yield (*margin, *_joined(nothing[number : number + 4]))


def _amount(value: Any) -> str:
    if isinstance(value, str):
        return f"… {plural(len(value), 'character')}"
    return _held(value) if isinstance(value, dict | list) else "…"


def value_parts(value: Any, indent: int = 0) -> Iterator[Part]:
    """Yield a value as lines of their own: text as text, to-do lists as lists."""
    if isinstance(value, str):
        yield from text_lines(value, indent)
    elif _is_todos(value):
        for todo in value:
            mark = _MARKS[todo["status"]]
            tone = "muted" if mark == "✓" else "plain"
            for said in lines(todo["content"]) if todo["content"] else ("",):
                yield (*_margin(indent), (f"{mark} {said}", tone))
                mark = " "
    else:
        yield from json_parts(value, indent)


def text_lines(
    text: str, indent: int = 0, tone: str = "plain", *, marked: bool = False
) -> Iterator[StyledLine]:
    """Yield a text's lines; links stand out, and so do code and headings if `marked`.

    Nothing is left out: marks of Markdown stay where they are.
    """
    margin = _margin(indent)
    fenced = False
    for said in lines(text):
        if marked and said.lstrip().startswith("```"):
            fenced = not fenced
            yield (*margin, (said, "code"))
        elif fenced:
            yield (*margin, (said, "code"))
        elif marked and _HEADING.match(said):
            yield (*margin, (said, "strong"))
        else:
            yield (*margin, *_linked(said, tone))


def _linked(said: str, tone: str) -> Iterator[StyledSpan]:
    end = 0
    for found in _URL.finditer(said) if "://" in said else ():
        if found.start() > end:
            yield said[end : found.start()], tone
        yield found[0], "link"
        end = found.end()
    if end < len(said) or not said:
        yield said[end:], tone


def _entries(value: Any) -> Iterator[tuple[str, Any, str]]:
    last = len(value) - 1
    if isinstance(value, dict):
        for number, (key, item) in enumerate(value.items()):
            yield f'"{_escaped(str(key))}"', item, "," if number < last else ""
    else:
        for number, item in enumerate(value):
            yield "", item, "," if number < last else ""


def _leaf(start: StyledLine, value: Any, comma: str) -> Iterator[StyledLine]:
    if not isinstance(value, str):
        said, tone = _literal(value)
        yield (*start, (said + comma, tone))
        return
    for offset in range(0, max(len(value), 1), PIECE_CHARS):
        piece = _escaped(value[offset : offset + PIECE_CHARS])
        opening = "" if offset else '"'
        closing = '"' + comma if offset + PIECE_CHARS >= len(value) else ""
        yield (*start, (opening + piece + closing, "string"))
        start = _margin(sum(len(said) for said, _ in start[:1]))


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
        # Python writes no integer of more than 4,300 digits in tens.
        return hex(value), "number"


def _escaped(text: str) -> str:
    return sanitize(json.dumps(text, ensure_ascii=False)[1:-1])


def _short(value: Any) -> StyledLine | None:
    """Return the value as part of a line, if it is short enough for that."""
    if isinstance(value, str):
        if len(value) > _LONG or "\n" in value or "\r" in value:
            return None
        return tuple(_linked(sanitize(value.expandtabs(4)), "plain"))
    if isinstance(value, dict | list) and value:
        return _compact(value)
    said = _literal(value)
    return (said,) if len(said[0]) <= _LONG else None


def _compact(value: dict[str, Any] | list[Any]) -> StyledLine | None:
    """Return a small object or list of plain values as part of a line."""
    if len(value) > 8:
        return None
    opening, closing = _brackets(value)
    spans: list[StyledSpan] = [(opening, "plain")]
    room = _COMPACT
    for key, item, comma in _entries(value):
        if (isinstance(item, str) and len(item) > room) or (
            isinstance(item, dict | list) and item
        ):
            return None
        name: StyledLine = ((key, "key"), (": ", "plain")) if key else ()
        said, tone = _literal(item)
        spans += (*name, (said, tone), (comma + " " * bool(comma), "plain"))
        room -= len(key) + len(said) + 4
        if room < 0:
            return None
    return (*(span for span in spans if span[0]), (closing, "plain"))


def _is_todos(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 1_000
        and all(
            isinstance(todo, dict)
            and todo.keys() == {"content", "status"}
            and isinstance(todo["content"], str)
            and isinstance(todo["status"], str)
            and todo["status"] in _MARKS
            for todo in value
        )
    )


def _joined(spans: list[StyledSpan]) -> Iterator[StyledSpan]:
    for number, span in enumerate(spans):
        if number:
            yield " · ", "muted"
        yield span


def _margin(indent: int) -> StyledLine:
    return ((" " * indent, "plain"),) if indent > 0 else ()
