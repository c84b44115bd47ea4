"""How what was received compares with what was sent."""

from __future__ import annotations

from enum import Enum


class Match(Enum):
    """How what was received compares with what the subagent ended with."""

    UNKNOWN = "unknown"
    """One of them was not looked at, or left out."""
    NOTHING = "nothing"
    """No result was written."""
    UNENDED = "unended"
    """There is a result, and no last row of the subagent."""
    SAME = "same"
    CUT = "cut"
    """Only the beginning was received."""
    WHOLE = "whole"
    """More was received than the subagent's last row, which is cut, holds."""
    OTHER = "other"


def compare(ended: str, received: str, *, cut: bool) -> tuple[Match, int]:
    """Return how two texts match, and how many characters they begin with alike.

    `cut` says that `ended` is only the beginning of what it was.
    """
    if ended == received:
        return (Match.CUT if cut else Match.SAME), len(ended)
    alike = _alike(ended, received)
    if alike and alike == len(received):
        return Match.CUT, alike
    if cut and alike == len(ended):
        return Match.WHOLE, alike
    return Match.OTHER, alike


def _alike(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        # What is the same up to `low` need not be compared again.
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
