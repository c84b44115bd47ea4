"""Finds a text in names although letters are left out of it."""

from __future__ import annotations

from collections.abc import Iterable

_MAX_GAPS = 1
"""How many other letters may be among those of a word, for each of its letters.

Without a limit, three letters would be in nearly every title somewhere.
"""

Span = tuple[int, int]
"""The first character of a match, and the one after it."""


class FuzzyText:
    """A text whose words are all to be in a name, in any order and any case.

    A word is in a name if the name contains it, or its letters in their order with few
    others between them.
    """

    def __init__(self, text: str) -> None:
        self._words = folded(text).split()

    def __bool__(self) -> bool:
        """Return whether there is a word."""
        return bool(self._words)

    def is_in(self, name: str) -> bool:
        """Return whether a name contains all words, without gaps."""
        name = folded(name)
        return all(word in name for word in self._words)

    def rank(self, name: str) -> int | None:
        """Return 0 if a name contains all words, 1 if some have gaps; None if not."""
        name = folded(name)
        rank = 0
        for word in self._words:
            if word in name:
                continue
            if not _spaced(word, name):
                return None
            rank = 1
        return rank

    def marks(self, name: str) -> list[Span]:
        """Return the matched characters of a name. Empty if it does not match."""
        name = folded(name)
        positions: set[int] = set()
        for word in self._words:
            start = name.find(word)
            found = range(start, start + len(word)) if start >= 0 else ()
            found_or_spaced = found or _spaced(word, name)
            if not found_or_spaced:
                return []
            positions.update(found_or_spaced)
        return _spans(sorted(positions))


def folded(text: str) -> str:
    """Return a text without differences of case, each character at its position."""
    if text.isascii():
        return text.lower()
    whole = text.casefold()
    if len(whole) == len(text):
        return whole
    single = ((each, each.casefold()) for each in text)
    return "".join(fold if len(fold) == 1 else each for each, fold in single)


def _spaced(word: str, name: str) -> list[int]:
    """Return where the letters of a word are in a name. Empty if they are not."""
    longest = (1 + _MAX_GAPS) * len(word)
    start = name.find(word[0])
    while start >= 0:
        positions = [start]
        for letter in word[1:]:
            at = name.find(letter, positions[-1] + 1, start + longest)
            if at < 0:
                break
            positions.append(at)
        else:
            return positions
        start = name.find(word[0], start + 1)
    return []


def _spans(positions: Iterable[int]) -> list[Span]:
    spans: list[Span] = []
    for at in positions:
        if spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + 1)
        else:
            spans.append((at, at + 1))
    return spans
