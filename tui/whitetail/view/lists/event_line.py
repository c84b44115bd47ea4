"""An event in one line: its number, when, how long, where in the tree, and what."""

from __future__ import annotations

from math import isfinite, isnan
from typing import NamedTuple

from whitetail.trace.order.outline import Outline
from whitetail.view.folding import FOLDED_SIGN, OPEN_SIGN
from whitetail.view.lists.event import EventSummary
from whitetail.view.styled import StyledSpan
from whitetail.view.text import fit
from whitetail.view.time_bar import time_bar
from whitetail.view.units import count, duration

_CALLER = 15
_KIND = 11
_DEEP = 2
_TIME, _TOOK, _BAR = 9, 7, 14
_TAKING, _WIDE, _WIDEST = 76, 96, 112


MOVED_SIGN, NO_CAUSE_SIGN = "⇡", "?"
EVENT_SIGNS = {
    MOVED_SIGN: "an event that the file has elsewhere",
    NO_CAUSE_SIGN: "an event of which the cause is not known",
    OPEN_SIGN: "events stand under it",
    FOLDED_SIGN: "they are folded, and counted at the end of the line",
}
"""What the signs before an event say."""


class LineContext(NamedTuple):
    """Where an event stands, in the run and in its time."""

    depth: int = 0
    """How many rows stand above it."""
    folded: int = 0
    """How many rows are folded into it."""
    open: bool = False
    """Whether rows stand under it, not folded."""
    mark: str = ""
    """One cell that says that its place is not as it was written, or not known."""
    duration_s: float | None = None
    """Seconds."""
    slow: bool = False
    time_share: tuple[float, float] | None = None
    """Its beginning and end as shares of the run's time."""


NO_CONTEXT = LineContext()
"""Where an event stands of which nothing is known."""


def event_line(
    event: EventSummary, context: LineContext, digits: int, time_text: str, width: int
) -> list[StyledSpan]:
    """Return the cells of an event's line, as many as there is room for.

    `digits` is the width of the numbers, `when` the time as it is to be told.
    """
    seq, sign, kind, caller, summary, tone = event
    wide = width >= _WIDE
    step = 2 if wide else 1
    inner = min(context.depth, _DEEP) * step
    fold = FOLDED_SIGN if context.folded else OPEN_SIGN if context.open else " "
    head = [
        (
            f"{seq:>{digits}}{context.mark or ' '}",
            "warning" if context.mark == "?" else "muted",
        ),
        (f"{time_text:>{_TIME}} ", "muted"),
    ]
    if width >= _TAKING:
        took = "" if context.duration_s is None else duration(context.duration_s)
        head.append((f"{took:>{_TOOK}} ", "warning" if context.slow else "muted"))
    head += [
        (" " * inner + fold + " ", "muted"),
        (f"{sign} {fit(kind, _KIND + step * _DEEP - inner)} ", tone),
    ]
    if wide:
        head.append((fit(caller, _CALLER) + " ", "muted"))
    elif caller:
        summary = f"{caller}: {summary}"
    tail: list[StyledSpan] = []
    if context.folded:
        tail.append((f" +{count(context.folded)}", "accent"))
    if width >= _WIDEST:
        bad = tone in ("error", "bad")
        loud = "error" if bad else "warning" if context.slow else "trace"
        bar = "" if context.time_share is None else time_bar(*context.time_share, _BAR)
        tail += [("  ", "muted"), (bar.ljust(_BAR), loud)]
    taken = sum(len(text) for text, _ in (*head, *tail))
    said = "muted" if tone in ("trace", "result") else tone
    return [*head, (fit(summary, max(0, width - taken)), said), *tail]


def line_context(outline: Outline, row: int, *, nested: bool) -> LineContext:
    """Return where a row stands; `nested` if lines are shown in causal order."""
    took = outline.duration(row)
    mark = (
        NO_CAUSE_SIGN
        if outline.join_note(row)
        else MOVED_SIGN
        if outline.is_moved(row)
        else ""
    )
    return LineContext(
        outline.depth(row) if nested else 0,
        outline.folded_count(row) if nested else 0,
        nested and outline.is_open(row),
        mark,
        None if isnan(took) else took,
        outline.is_slow(row),
        _extent(outline, row),
    )


def _extent(outline: Outline, row: int) -> tuple[float, float] | None:
    """Return the share of the run's time that a row was about."""
    whole = outline.end - outline.start
    ended = outline.time(row)
    if not isfinite(whole) or whole <= 0 or isnan(ended):
        return None
    took = outline.duration(row)
    end = (ended - outline.start) / whole
    return max(0.0, end - (0 if isnan(took) else took) / whole), end
