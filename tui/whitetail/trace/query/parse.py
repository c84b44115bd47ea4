"""Parses the text of a query."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from whitetail.trace.query.errors import QueryError
from whitetail.trace.query.field_text import (
    FIELD_PATTERN,
    QUOTED_PATTERN,
    parse_field,
    unquoted,
)
from whitetail.trace.query.nodes import (
    EVERYTHING,
    Not,
    Query,
    Regex,
    Text,
    all_of,
    any_of,
    quoted,
)
from whitetail.trace.query.regexes import compile_regex

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

MAX_CHARS = 10_000
MAX_DEPTH = 40
"""How deeply `not` and parentheses can be nested: matchers are recursive."""

_KEYWORD_END = r'(?=[\s()"]|$)'
_REGEX = r"/(?=\S)(?:[^/\\]|\\[\s\S])+/(?=[\s()]|$)"
"""It does not begin with a space, and a space, parenthesis or the end follows it."""
_TEXTS = (
    # An address, with balanced parentheses as Wikipedia's have.
    r'[A-Za-z][\w+.-]*://(?:[^\s()"]|\([^\s()"]*\))*',
    # A path, or slashes alone. One slash before a word begins a regex.
    r'/[^\s()"/]+/[^\s()"]+',
    r'//[^\s()"]*',
    r"/(?=[\s()]|$)",
    r'[^\s()"/][^\s()"]*',
)


def _terminal(pattern: str) -> str:
    return f"/{pattern.replace('/', chr(92) + '/')}/"


_GRAMMAR = rf"""
start: either?
either: both (_OR both)*
both: unary (_AND? unary)*
?unary: negated | "(" either ")" | TEXT | QUOTED | REGEX | FIELD
negated: (_NOT | _MINUS) unary

_OR.5: {_terminal("(?:or|OR)" + _KEYWORD_END)}
_AND.5: {_terminal("(?:and|AND)" + _KEYWORD_END)}
_NOT.5: {_terminal("(?:not|NOT)" + _KEYWORD_END)}
_MINUS.4: /-(?=[^\s-])/
QUOTED.4: {_terminal(QUOTED_PATTERN)}
REGEX.4: {_terminal(_REGEX)}
FIELD.3: {_terminal(FIELD_PATTERN)}
TEXT.1: {_terminal("|".join(_TEXTS))}
%ignore /\s+/
"""
_ESCAPED_SLASH = re.compile(r"\\([\s\S])")


def parse_query(text: str) -> Query:
    """Return the query of a text; an empty text gives one that matches everything.

    The first call imports the parser and builds its tables, which needs some 100 ms.

    Raises:
        QueryError: The text is no query.

    """
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    if len(text) > MAX_CHARS:
        raise QueryError(f"A query has at most {MAX_CHARS:,} characters.", MAX_CHARS)
    tokens: list[Token] = []
    try:
        tokens.extend(_parser().lex(text))
        _check_parentheses(tokens)
        tree = _parser().parse(text)
    except UnexpectedCharacters as error:
        raise _unfinished(text, error.pos_in_stream or 0) from None
    except UnexpectedToken:
        raise _misplaced_keyword(tokens) from None
    return _query(tree)


@lru_cache(1)
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="basic")


def _query(tree: Tree[Token]) -> Query:
    """Return the query of a tree whose depth was checked."""
    return _node(tree.children[0]) if tree.children else EVERYTHING


def _node(node: Any) -> Query:
    if hasattr(node, "children"):
        parts = [_node(child) for child in node.children]
        if node.data == "negated":
            return Not(parts[0])
        return any_of(*parts) if node.data == "either" else all_of(*parts)
    position = node.start_pos or 0
    text = str(node)
    if node.type == "FIELD":
        return parse_field(text, position)
    if node.type == "QUOTED":
        return Text(unquoted(text))
    if node.type == "TEXT":
        return Text(text)
    pattern = _ESCAPED_SLASH.sub(_unescape_slash, text[1:-1])
    compile_regex(pattern, position + 1)
    return Regex(pattern)


def _unescape_slash(match: re.Match[str]) -> str:
    return "/" if match[1] == "/" else match[0]


def _check_parentheses(tokens: list[Token]) -> None:
    """Raise `QueryError` for parentheses that are unbalanced, empty or too deep."""
    opened: list[tuple[int, int]] = []
    """Of each open one its position, and the negations right before it."""
    negations = 0
    previous = ""
    for token in tokens:
        position = token.start_pos or 0
        if token.type == "LPAR":
            opened.append((position, negations))
        elif token.type == "RPAR":
            if not opened:
                raise QueryError('This ")" has no "(" before it.', position)
            if previous == "LPAR":
                raise QueryError("There is nothing in the parentheses.", position)
            opened.pop()
        negations = negations + 1 if token.type in ("_NOT", "_MINUS") else 0
        if len(opened) + sum(each for _, each in opened) + negations > MAX_DEPTH:
            message = (
                f"Parentheses and negations are nested more than {MAX_DEPTH} deep."
            )
            raise QueryError(message, position)
        previous = token.type
    if opened:
        raise QueryError('This "(" has no ")" after it.', opened[-1][0])


def _unfinished(text: str, position: int) -> QueryError:
    """Return the error of a character with which no part of a query begins."""
    rest = text[position:]
    if rest.startswith('"'):
        return QueryError("This quote has no closing quote.", position)
    word = quoted(rest.split()[0])
    return QueryError(
        f'This regex has no closing "/"; to search for the text, write {word}.',
        position,
    )


def _misplaced_keyword(tokens: list[Token]) -> QueryError:
    """Return the error of the first keyword that lacks a query beside it."""
    starts = {"", "_OR", "_AND", "_NOT", "_MINUS", "LPAR"}
    previous = ""
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        ends_here = following is None or following.type in ("_OR", "_AND", "RPAR")
        joins = token.type in ("_OR", "_AND")
        if (joins and previous in starts) or (
            ends_here and token.type in ("_OR", "_AND", "_NOT", "_MINUS")
        ):
            side = "before" if joins and previous in starts else "after"
            word = quoted(str(token))
            message = f"{word} needs a text or a field {side} it; to search for the "
            return QueryError(f"{message}word, quote it.", token.start_pos or 0)
        previous = token.type
    last = tokens[-1].start_pos if tokens else 0
    return QueryError("This is not expected here.", last or 0)
