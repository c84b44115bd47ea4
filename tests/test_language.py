"""The code uses plain words: no name, docstring or comment is in the old dialect.

docs/glossary.md says which words to use instead.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("store", "tui", "tests", "screenshots")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if path != Path(__file__)
)

DIALECT = frozenset(
    {
        *("tell", "tells", "told", "said", "whoever", "nobody", "somebody"),
        *("place", "places", "take", "takes"),
    }
)
"""Words that stood for many different things, and so for none."""

ALLOWED_PHRASES = ("in place", "take.py", "screenshots.take")
"""Plain English, or the name of a file."""

ALLOWED_NAMES: dict[str, frozenset[str]] = {}
"""Names that keep such a word, by file: each because another API gives the name."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def words(text: str) -> set[str]:
    """Return the lower-case words of a text; names are split at `_` and capitals."""
    return {word.lower() for word in _WORD.findall(text)}


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each name that a module defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each string that documents something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if isinstance(value, str):
                yield node.lineno, value


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each comment."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def prose_words(text: str) -> set[str]:
    """Return the words of a text, without those of the allowed phrases."""
    for phrase in ALLOWED_PHRASES:
        text = text.replace(phrase, "")
    return words(text)


def dialect(source: str, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Return a line for each name, docstring and comment with a word of the dialect."""
    tree = ast.parse(source)
    found = [
        (line, name, words(name) & DIALECT)
        for line, name in names(tree)
        if name not in allowed
    ]
    for line, text in [*docstrings(tree), *comments(source)]:
        found.append((line, " ".join(text.split())[:60], prose_words(text) & DIALECT))
    return [
        f"{line}: {', '.join(sorted(hits))} in {text!r}"
        for line, text, hits in sorted(found, key=lambda each: each[0])
        if hits
    ]


def test_all_modules_use_plain_words() -> None:
    found = {}
    for path in FILES:
        relative = path.relative_to(ROOT).as_posix()
        allowed = ALLOWED_NAMES.get(relative, frozenset())
        found[relative] = dialect(path.read_text(encoding="utf-8"), allowed)
    assert {path: words for path, words in found.items() if words} == {}
    assert found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def tell(x): ...", "1: tell in 'tell'"),
        ("class TakePlace: ...", "1: place, take in 'TakePlace'"),
        ("def f(told): ...", "1: told in 'told'"),
        ("self._said = 1", "1: said in '_said'"),
        ('"""What nobody knows."""', "1: nobody in 'What nobody knows.'"),
        ("x = 1  # Whoever reads", "1: whoever in '# Whoever reads'"),
    ],
)
def test_the_check_finds_the_dialect(source: str, found: str) -> None:
    assert dialect(source) == [found]


@pytest.mark.parametrize(
    "source", ["text.replace('a', 'b')", '"""Sorts in place."""', "x = 'he told me'"]
)
def test_the_check_leaves_plain_code_alone(source: str) -> None:
    assert dialect(source) == []
