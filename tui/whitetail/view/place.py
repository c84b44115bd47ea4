"""Where an event stands, from the outline of its run."""

from __future__ import annotations

from math import isfinite, isnan

from whitetail.trace.order.outline import Outline
from whitetail.view.event_line import LOST, MOVED, Place


def place(outline: Outline, row: int, *, nested: bool) -> Place:
    """Return where a row stands; `nested` if lines are shown in causal order."""
    took = outline.took(row)
    mark = LOST if outline.note(row) else MOVED if outline.moved(row) else ""
    return Place(
        outline.depth(row) if nested else 0,
        outline.folded(row) if nested else 0,
        nested and outline.is_open(row),
        mark,
        None if isnan(took) else took,
        outline.slow(row),
        _extent(outline, row),
    )


def _extent(outline: Outline, row: int) -> tuple[float, float] | None:
    """Return the share of the run's time that a row was about."""
    whole = outline.end - outline.start
    ended = outline.time(row)
    if not isfinite(whole) or whole <= 0 or isnan(ended):
        return None
    took = outline.took(row)
    end = (ended - outline.start) / whole
    return max(0.0, end - (0 if isnan(took) else took) / whole), end
