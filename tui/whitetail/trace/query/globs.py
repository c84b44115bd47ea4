"""Names with `*` and `?`, and the case of letters."""

from __future__ import annotations

import re
from collections.abc import Callable

TextTest = Callable[[str], bool]


def ignores_case(text: str) -> bool:
    """Return whether a text of a query matches capital letters too: if it has none."""
    return text == text.lower()


def glob_test(patterns: tuple[str, ...], *, prefix: bool = False) -> TextTest:
    """Return a test whether a text is one of the patterns.

    `*` is any text and `?` any character. With `prefix`, a pattern without them also
    matches texts that begin with it.
    """
    tests = [_one_test(pattern, prefix) for pattern in patterns]
    return tests[0] if len(tests) == 1 else lambda text: any(t(text) for t in tests)


def contains_test(parts: tuple[str, ...]) -> TextTest:
    """Return a test whether a text contains one of the parts.

    Any whitespace matches any other.
    """
    tests = [_one_part_test(_spaced(part), ignores_case(part)) for part in parts]
    return tests[0] if len(tests) == 1 else lambda text: any(t(text) for t in tests)


def _one_part_test(part: str, lower: bool) -> TextTest:
    if " " in part:
        if lower:
            return lambda text: part in _spaced(text).lower()
        return lambda text: part in _spaced(text)
    if lower:
        return lambda text: part in text.lower()
    return lambda text: part in text


def _one_test(pattern: str, prefix: bool) -> TextTest:
    lower = ignores_case(pattern)
    if "*" not in pattern and "?" not in pattern:
        if prefix:
            return lambda text: (text.lower() if lower else text).startswith(pattern)
        return lambda text: (text.lower() if lower else text) == pattern
    return _glob(pattern, lower)


def _glob(pattern: str, lower: bool) -> TextTest:
    """Return a test for a pattern with `*` or `?`.

    The pieces between stars are searched for from left to right, each once: unlike a
    regex with many stars, this never goes back.
    """
    pieces = pattern.split("*")
    first, *middle, last = map(_piece, [*pieces, ""] if len(pieces) == 1 else pieces)
    last_chars = len(pieces[-1])

    def test(text: str) -> bool:
        text = text.lower() if lower else text
        if len(pieces) == 1:
            return first.fullmatch(text) is not None
        found = first.match(text)
        for piece in middle:
            found = found and piece.search(text, found.end())
        if found is None:
            return False
        start = len(text) - last_chars
        return start >= found.end() and last.match(text, start) is not None

    return test


def _piece(piece: str) -> re.Pattern[str]:
    """Return the regex of a piece without stars."""
    source = ("." if char == "?" else re.escape(char) for char in piece)
    return re.compile("".join(source), re.DOTALL)


def _spaced(text: str) -> str:
    """Return a text with one space for any whitespace."""
    # Whitespace at the ends is kept by the characters around it. `re` is slower.
    return " ".join(f"x{text}x".split())[1:-1]
