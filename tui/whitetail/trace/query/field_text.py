"""Parses and checks a field of a query: its name, operator and values."""

from __future__ import annotations

import re
from difflib import get_close_matches

from whitetail.trace.query.amounts import CONVERSIONS, moment, period
from whitetail.trace.query.errors import QueryError
from whitetail.trace.query.fields import FIELDS, FieldSpec, ValueType, spec_of
from whitetail.trace.query.nodes import Field, quoted

QUOTED_PATTERN = r'"(?:[^"\\]|\\[\s\S])*"'
_HEAD_PATTERN = r'([A-Za-z_][\w-]*(?:\.[^\s()"=<>:,]+)?)(>=|<=|=|>|<|:(?!//))'
_VALUE_PATTERN = rf'(?:{QUOTED_PATTERN}|[^\s()",]+)'
FIELD_PATTERN = f"{_HEAD_PATTERN}(?:{_VALUE_PATTERN}(?:,{_VALUE_PATTERN})*,?)?"
"""A field, which may have an unknown name, wrong values or no value."""
_HEAD = re.compile(_HEAD_PATTERN)
_VALUE = re.compile(_VALUE_PATTERN)
_ESCAPED = re.compile(r'\\([\\"])')
_SOME_TIME = 1e9
"""Any time: whether a value is a time does not depend on the present one."""


def parse_field(text: str, position: int = 0) -> Field:
    """Return the field of a text such as `tool:bash,ls`.

    `position` is the index of the text in the query, for the errors.

    Raises:
        QueryError: Name, operator or a value are wrong.

    """
    head = _HEAD.match(text)
    if head is None:
        raise QueryError("This is not a field.", position)
    name, operator = head[1], head[2]
    spec = spec_of(name)
    if spec is None:
        raise _unknown(name, text, position)
    if operator not in spec.operators:
        raise QueryError(
            f'"{name}" cannot be compared with "{operator}": use '
            f"{_listed(spec.operators)}.",
            position + len(name),
            spec.operators[0],
        )
    values = []
    end = head.end()
    for match in _VALUE.finditer(text, end):
        value = unquoted(match[0]) if match[0].startswith('"') else match[0]
        values.append(_checked(spec, operator, value, position + match.start()))
        end = match.end()
    if not values or text[end:].startswith(","):
        after = "comma" if values else f'"{operator}"'
        message = f"There is no value after the {after}, such as {spec.example}."
        raise QueryError(message, position + end)
    if len(values) > 1 and operator not in (":", "="):
        message = f'After "{operator}" there can only be one value.'
        raise QueryError(message, position + head.end())
    return Field(name, operator, tuple(values))


def unquoted(text: str) -> str:
    """Return the text between quotes. A backslash escapes a quote or a backslash."""
    return _ESCAPED.sub(r"\1", text[1:-1])


def split_range(value: str) -> tuple[str, str] | None:
    """Return both ends of `a..b`, one of which may be empty; None for other values."""
    first, dots, last = value.partition("..")
    return (first, last) if dots and (first or last) else None


def _checked(spec: FieldSpec, operator: str, value: str, position: int) -> str:
    """Return a value, or raise `QueryError` if the field cannot have it."""
    if spec.type is ValueType.CHOICE and value not in spec.choices:
        nearest = _nearest(value, list(spec.choices))
        hint = f'; did you mean "{nearest}"?' if nearest else "."
        if not nearest:
            hint = f": use {_listed(tuple(spec.choices))}."
        message = f"{_shown(value)} is no value of {spec.name}{hint}"
        raise QueryError(message, position, nearest)
    ends = split_range(value) if spec.is_ordered and operator in (":", "=") else None
    for end in ends or (value,):
        if end or not ends:
            _check_unit(spec.type, operator, end, position)
    return value


def _check_unit(kind: ValueType, operator: str, value: str, position: int) -> None:
    try:
        if kind in CONVERSIONS:
            CONVERSIONS[kind](value)
        elif kind is ValueType.TIME:
            period(value)
        elif kind is ValueType.MOMENT:
            moment(value, _SOME_TIME)
        elif kind is ValueType.ANY and operator not in (":", "="):
            CONVERSIONS[ValueType.NUMBER](value)
    except ValueError as error:
        raise QueryError(f"{_shown(value)} {error}.", position) from None


def _unknown(name: str, text: str, position: int) -> QueryError:
    stem, dot, _ = name.partition(".")
    spec = FIELDS.get(stem)
    if spec is not None and spec.has_path:
        message = f'"{name}" needs a path after a dot, such as {spec.example}.'
        return QueryError(message, position + len(name), f"{stem}.")
    nearest = stem if spec is not None and dot else _nearest(stem, list(FIELDS))
    hint = f' (did you mean "{nearest}"?)' if nearest else ""
    as_text = quoted(text) if len(text) <= 60 else "it in quotes"
    message = f"There is no field {_shown(name)}{hint}; to search for the text, write "
    message += f"{as_text}."
    return QueryError(message, position, nearest)


def _nearest(word: str, words: list[str]) -> str:
    lowered = word.lower()
    if lowered in words:
        return lowered
    beginnings = [
        each for each in words if len(lowered) > 1 and each.startswith(lowered)
    ]
    near = beginnings or get_close_matches(lowered[:40], words, 1, 0.6)
    return near[0] if near else ""


def _shown(value: str) -> str:
    return f'"{value}"' if len(value) <= 40 else f'"{value[:39]}…"'


def _listed(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
