"""What can be written at the cursor of a query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from whitetail.trace.query.fields import FIELDS, FieldSpec, Scope, spec_of
from whitetail.trace.query.nodes import value_text

_BEFORE_CURSOR = re.compile(
    r'(?:[^\s()"]|"(?:[^"\\]|\\[\s\S])*")*(?:"(?:[^"\\]|\\[\s\S])*)?\Z'
)
"""The word that the cursor is in; quoted parts of it can have spaces."""
_AFTER_CURSOR = re.compile(r'[^\s()",]*')
_FIELD_START = re.compile(r"(-?)([A-Za-z_][\w-]*(?:\.[^\s()\"=<>:,]+)?)(>=|<=|=|>|<|:)")


@dataclass(frozen=True, slots=True)
class FoundValues:
    """The values of names that a run, or the runs of a list, have."""

    tools: Sequence[str] = ()
    models: Sequence[str] = ()
    callers: Sequence[str] = ()
    types: Sequence[str] = ()


class Candidate(NamedTuple):
    """Something that can be written at the cursor."""

    text: str
    """What replaces the text; for a field with its `:`."""
    description: str
    """One line; empty for a value that was found."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The candidates at the cursor, and the part of the query that they replace."""

    start: int
    end: int
    candidates: list[Candidate]


def complete(text: str, cursor: int, found: FoundValues, scope: Scope) -> Completion:
    """Return what can be written at a position of a query, the best first.

    Without a candidate, in a regex for example, the list is empty. Candidates of fields
    are in the order of the documentation, found values in their own.
    """
    cursor = max(0, min(cursor, len(text)))
    word = _word_before(text[:cursor])
    start = cursor - len(word)
    end = cursor
    if rest := _AFTER_CURSOR.match(text, cursor):
        end = rest.end()
    head = _FIELD_START.match(word)
    if head is None:
        negation = word.startswith("-") and len(word) > 1
        typed = word[negation:]
        return Completion(start + negation, end, list(_fields(typed, scope)))
    spec = spec_of(head[2])
    typed = word[head.end() :]
    if spec is None:
        return Completion(cursor, cursor, [])
    before, comma, last = _split_at_last_comma(typed)
    value_start = start + head.end() + len(before) + len(comma)
    values = _values(spec, last.strip('"'), found, scope)
    return Completion(value_start, end, list(values))


def _word_before(text: str) -> str:
    match = _BEFORE_CURSOR.search(text)
    return match[0] if match else ""


def _split_at_last_comma(values: str) -> tuple[str, str, str]:
    in_quotes = False
    at = -1
    for position, char in enumerate(values):
        in_quotes ^= char == '"'
        if char == "," and not in_quotes:
            at = position
    return (values[:at], ",", values[at + 1 :]) if at >= 0 else ("", "", values)


def _fields(typed: str, scope: Scope) -> Iterator[Candidate]:
    specs = {spec.name: spec for spec in FIELDS.values() if scope in spec.scopes}
    for name in _matching(specs, typed):
        yield Candidate(_beginning(specs[name]), specs[name].description)


def _beginning(spec: FieldSpec) -> str:
    """Return the name of a field with the operator that is usual after it."""
    if spec.has_path:
        return f"{spec.name}."
    head = _FIELD_START.match(spec.example)
    return head[0] if head else f"{spec.name}:"


def _values(
    spec: FieldSpec, typed: str, found: FoundValues, scope: Scope
) -> Iterator[Candidate]:
    choices = {
        word: choice.description
        for word, choice in spec.choices.items()
        if scope in choice.scopes
    }
    names = {
        "tool": found.tools,
        "model": found.models,
        "caller": found.callers,
        "type": found.types,
    }.get(spec.name, ())
    values = choices or dict.fromkeys(names, "")
    for value in _matching(values, typed):
        yield Candidate(value_text(value), values[value])


def _matching(words: Iterable[str], typed: str) -> list[str]:
    """Return the words that begin with a text, then those that contain it."""
    typed = typed.lower()
    within = [word for word in words if typed in word.lower()]
    return sorted(within, key=lambda word: not word.lower().startswith(typed))
