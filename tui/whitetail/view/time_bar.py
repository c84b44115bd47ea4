"""A stretch of time, drawn within a window."""

from __future__ import annotations


def time_bar(begin: float, end: float, width: int, stroke: str = "━") -> str:
    """Return where something lies that took from `begin` to `end`, in `room` cells.

    Both are shares of the window, and may lie beyond it; at least a cell is drawn.
    """
    first = min(max(0, int(begin * width)), max(0, width - 1))
    last = min(max(first + 1, round(end * width)), width)
    return " " * first + stroke * (last - first)
