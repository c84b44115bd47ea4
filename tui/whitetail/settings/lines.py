"""Finds the lines of a TOML file on which keys are set; its parser drops them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""+'
    r"|'''.*?'''+"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[A-Za-z0-9_-]+"
    r"|[^\S\n]+"
    r"|.",
    re.DOTALL,
)


class _Token(NamedTuple):
    text: str
    line: int


def lines_of_keys(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each key and of each table's head, by its path, from 1 on.

    The text must be TOML. Keys inside inline tables and arrays are left out.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for statement in _statements(text):
        first = statement[0]
        if first.text == "[":
            table = path = _keys(statement, "]")
        else:
            path = (*table, *_keys(statement, "="))
        found.setdefault(path, first.line)
    return found


def _statements(text: str) -> Iterator[list[_Token]]:
    """Yield the tokens of each head of a table, and of each key with its value."""
    statement: list[_Token] = []
    depth, line = 0, 1
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == "\n" and depth == 0:
            if statement:
                yield statement
            statement = []
        elif not token.isspace() and not token.startswith("#"):
            statement.append(_Token(token, line))
            depth += (token in "[{") - (token in "]}")
        line += token.count("\n")
    if statement:
        yield statement


def _keys(statement: list[_Token], end: str) -> tuple[str, ...]:
    """Return the parts of a key up to the token that ends it."""
    keys = []
    for token in statement:
        if token.text == end:
            break
        if token.text not in ("[", "."):
            keys.append(_key(token.text))
    return tuple(keys)


def _key(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1]
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            # Escapes that TOML has and JSON has not.
            return text[1:-1]
    return text
