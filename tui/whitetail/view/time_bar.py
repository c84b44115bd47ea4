"""A span of time drawn as a bar."""

from __future__ import annotations

_STROKE = "━"


def time_bar(begin: float, end: float, width: int, stroke: str = _STROKE) -> str:
    """Return a bar from `begin` to `end`, behind spaces, in at most `width` cells.

    `begin` and `end` are fractions of the width and can lie outside 0 to 1. At least
    one cell is drawn.
    """
    first, last = _cells(begin, end, width)
    return " " * first + stroke * (last - first)


def joined_bars(
    before: tuple[float, float], after: tuple[float, float], width: int
) -> tuple[str, str]:
    """Return two bars side by side: the first one ends where the second one begins.

    Both have at least one cell, if `width` is at least two.
    """
    first, _ = _cells(*before, width)
    middle, last = _cells(*after, width)
    if not middle:
        middle, last = 1, max(2, last)
    first = min(first, middle - 1)
    return " " * first + _STROKE * (middle - first), _STROKE * (last - middle)


def _cells(begin: float, end: float, width: int) -> tuple[int, int]:
    """Return the first cell of a bar and the one after its last."""
    first = min(max(0, int(begin * width)), max(0, width - 1))
    return first, min(max(first + 1, round(end * width)), width)
