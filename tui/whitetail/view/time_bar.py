"""A span of time drawn as a bar."""

from __future__ import annotations


def time_bar(begin: float, end: float, width: int, stroke: str = "━") -> str:
    """Return a bar from `begin` to `end`, behind spaces, in at most `width` cells.

    `begin` and `end` are fractions of the width and can lie outside 0 to 1. At least
    one cell is drawn.
    """
    first = min(max(0, int(begin * width)), max(0, width - 1))
    last = min(max(first + 1, round(end * width)), width)
    return " " * first + stroke * (last - first)
