"""Lays out an event as one line: seq, time, duration, depth, type and summary."""

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

_CALLER_CELLS = 15
_KIND_CELLS = 11
_TIME_CELLS = 9
_DURATION_CELLS = 7
_BAR_CELLS = 14
_MAX_INDENT_LEVELS = 2
_MIN_WIDTH_FOR_DURATION = 76
_MIN_WIDTH_FOR_CALLER = 96
_MIN_WIDTH_FOR_BAR = 112

MOVED_SIGN, NO_CAUSE_SIGN = "⇡", "?"
EVENT_SIGNS = {
    MOVED_SIGN: "an event that is at another position in the file",
    NO_CAUSE_SIGN: "an event whose cause is unknown",
    OPEN_SIGN: "an event with events below it",
    FOLDED_SIGN: "the events below it are folded; the line ends with their number",
}
"""The signs before an event and their meanings, for the help screen."""


class LineContext(NamedTuple):
    """The position of an event in the run's tree and in its time."""

    depth: int = 0
    """Number of ancestors."""
    folded: int = 0
    """Number of descendants that are folded into the line."""
    open: bool = False
    """Whether its children are shown below it."""
    mark: str = ""
    """`MOVED_SIGN`, `NO_CAUSE_SIGN` or empty."""
    duration_s: float | None = None
    """None if the duration is unknown."""
    slow: bool = False
    """Whether the duration is to be highlighted."""
    time_share: tuple[float, float] | None = None
    """Begin and end as fractions of the run's time. None if they are unknown."""


NO_CONTEXT = LineContext()
"""The context of an event whose position is unknown."""


def event_line(
    event: EventSummary, context: LineContext, digits: int, time_text: str, width: int
) -> list[StyledSpan]:
    """Return the spans of an event's line, with the columns that fit into `width`.

    `digits` is the width of the column of seqs, `time_text` the formatted time.
    """
    seq, sign, kind, caller, summary, tone = event
    wide = width >= _MIN_WIDTH_FOR_CALLER
    indent_step = 2 if wide else 1
    indent = min(context.depth, _MAX_INDENT_LEVELS) * indent_step
    kind_cells = _KIND_CELLS + indent_step * _MAX_INDENT_LEVELS - indent
    fold = FOLDED_SIGN if context.folded else OPEN_SIGN if context.open else " "
    head = [
        (
            f"{seq:>{digits}}{context.mark or ' '}",
            "warning" if context.mark == NO_CAUSE_SIGN else "muted",
        ),
        (f"{time_text:>{_TIME_CELLS}} ", "muted"),
    ]
    if width >= _MIN_WIDTH_FOR_DURATION:
        text = "" if context.duration_s is None else duration(context.duration_s)
        duration_tone = "warning" if context.slow else "muted"
        head.append((f"{text:>{_DURATION_CELLS}} ", duration_tone))
    head += [
        (" " * indent + fold + " ", "muted"),
        (f"{sign} {fit(kind, kind_cells)} ", tone),
    ]
    if wide:
        head.append((fit(caller, _CALLER_CELLS) + " ", "muted"))
    elif caller:
        summary = f"{caller}: {summary}"
    tail: list[StyledSpan] = []
    if context.folded:
        tail.append((f" +{count(context.folded)}", "accent"))
    if width >= _MIN_WIDTH_FOR_BAR:
        failed = tone in ("error", "bad")
        bar_tone = "error" if failed else "warning" if context.slow else "trace"
        share = context.time_share
        bar = "" if share is None else time_bar(*share, _BAR_CELLS)
        tail += [("  ", "muted"), (bar.ljust(_BAR_CELLS), bar_tone)]
    used_cells = sum(len(text) for text, _ in (*head, *tail))
    summary_tone = "muted" if tone in ("trace", "result") else tone
    return [*head, (fit(summary, max(0, width - used_cells)), summary_tone), *tail]


def line_context(outline: Outline, row: int, *, nested: bool) -> LineContext:
    """Return the context of a row; `nested` if the lines are in causal order."""
    seconds = outline.duration(row)
    mark = MOVED_SIGN if nested and outline.is_moved(row) else ""
    if outline.join_note(row):
        mark = NO_CAUSE_SIGN
    return LineContext(
        outline.depth(row) if nested else 0,
        outline.folded_count(row) if nested else 0,
        nested and outline.is_open(row),
        mark,
        None if isnan(seconds) else seconds,
        outline.is_slow(row),
        _time_share(outline, row),
    )


def _time_share(outline: Outline, row: int) -> tuple[float, float] | None:
    """Return the begin and end of a row as fractions of the run's time."""
    run_s = outline.end - outline.start
    ended = outline.time(row)
    if not isfinite(run_s) or run_s <= 0 or isnan(ended):
        return None
    seconds = outline.duration(row)
    end = (ended - outline.start) / run_s
    return max(0.0, end - (0 if isnan(seconds) else seconds) / run_s), end
