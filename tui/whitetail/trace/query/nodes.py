"""The values of a parsed query, and their text.

A query is printed so that parsing its text again returns an equal value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

KEYWORDS = frozenset({"and", "or", "not", "AND", "OR", "NOT"})
_BARE_WORD = re.compile(r"\w[\w.-]*")
_BARE_VALUE = re.compile(r'(?!//)[^\s()",]+')
_ESCAPED_OR_SLASH = re.compile(r"\\.|/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """Matches if a text contains this one. An empty text is in every event."""

    text: str

    def __str__(self) -> str:
        bare = _BARE_WORD.fullmatch(self.text) and self.text not in KEYWORDS
        return self.text if bare else quoted(self.text)


@dataclass(frozen=True, slots=True)
class Regex:
    """Matches if the regular expression is found in a text."""

    pattern: str

    def __str__(self) -> str:
        return f"/{_ESCAPED_OR_SLASH.sub(_escape_slash, self.pattern)}/"


@dataclass(frozen=True, slots=True)
class Field:
    """Matches if a field has one of the values."""

    name: str
    """A name of `FIELDS`; for `meta` and `content` with the path after the dot."""
    operator: str
    """`:`, `=`, `>`, `>=`, `<` or `<=`."""
    values: tuple[str, ...]
    """As the user wrote them, without quotes."""

    def __str__(self) -> str:
        return f"{self.name}{self.operator}{','.join(map(value_text, self.values))}"


@dataclass(frozen=True, slots=True)
class Not:
    """Matches if the query in it does not."""

    part: Query

    def __str__(self) -> str:
        return f"not {_in_parentheses(self.part, And, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """Matches if all parts do; without parts always. Made by `all_of`."""

    parts: tuple[Query, ...]

    def __str__(self) -> str:
        return " ".join(_in_parentheses(part, And, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Matches if one of the parts does. Made by `any_of`."""

    parts: tuple[Query, ...]

    def __str__(self) -> str:
        return " or ".join(_in_parentheses(part, Or) for part in self.parts)


Query: TypeAlias = Text | Regex | Field | Not | And | Or

EVERYTHING = And(())
"""The empty query."""


def all_of(*queries: Query) -> Query:
    """Return a query that matches what all of these match."""
    parts: list[Query] = []
    for query in queries:
        parts += query.parts if isinstance(query, And) else (query,)
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def any_of(*queries: Query) -> Query:
    """Return a query that matches what at least one of these matches."""
    if not queries or EVERYTHING in queries:
        return EVERYTHING
    parts: list[Query] = []
    for query in queries:
        parts += query.parts if isinstance(query, Or) else (query,)
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def leaves(query: Query) -> Iterator[Text | Regex | Field]:
    """Yield the texts, regexes and fields of a query, from left to right."""
    rest = [query]
    while rest:
        query = rest.pop()
        if isinstance(query, And | Or):
            rest += reversed(query.parts)
        elif isinstance(query, Not):
            rest.append(query.part)
        else:
            yield query


def has_field(query: Query) -> bool:
    """Return whether a query has more than words: a field or a regex."""
    return any(not isinstance(leaf, Text) for leaf in leaves(query))


def value_text(value: str) -> str:
    """Return a value of a field, in quotes if it needs them."""
    return value if _BARE_VALUE.fullmatch(value) else quoted(value)


def quoted(text: str) -> str:
    """Return a text in quotes, as a query has it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_parentheses(query: Query, *kinds: type) -> str:
    if query == EVERYTHING:
        return quoted("")
    return f"({query})" if isinstance(query, kinds) else str(query)


def _escape_slash(match: re.Match[str]) -> str:
    return r"\/" if match[0] == "/" else match[0]
