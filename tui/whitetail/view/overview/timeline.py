"""The timeline of a run: an axis, and one line for each span of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from whitetail.trace.stats.spans import Span, SpanKind
from whitetail.view.styled import StyledLine
from whitetail.view.text import fit, one_line
from whitetail.view.time_bar import time_bar
from whitetail.view.units import duration

NAME_CELLS = 34
DURATION_CELLS = 9
_TONES = {
    SpanKind.RUN: "run",
    SpanKind.MODEL: "reply",
    SpanKind.TOOL: "call",
    SpanKind.SUBAGENT: "subagent",
}
_TICK_STEPS_S = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400),
)
_MIN_TICK_CELLS = 14
"""Smallest distance between two ticks of the axis."""


class Timeline:
    """The spans of a run in the order of their lines, and the time of the run."""

    def __init__(
        self,
        spans: Sequence[Span] = (),
        order: Sequence[int] = (),
        window: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self._spans = spans
        self._order = order
        self.window = window
        """Begin and end of the run, in seconds since the epoch."""

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Span]:
        return (self._spans[at] for at in self._order)

    def __getitem__(self, line: int) -> Span:
        return self._spans[self._order[line]]


def span_line(span: Span, start: float, end: float, width: int) -> StyledLine:
    """Return the line of a span: its name, its duration and its bar in a window.

    The window is from `start` to `end`, in seconds since the epoch. The bar of a span
    with estimated times is dashed. A span without an end reaches to the end of the
    window, or has one cell if it is nested in another.
    """
    tone = "error" if span.failed else _TONES[span.kind]
    indent = "" if span.kind is SpanKind.RUN else "  " * (1 + span.depth)
    bar_cells = max(0, width - NAME_CELLS - DURATION_CELLS - 1)
    return (
        (fit(indent + one_line(span.name, 80), NAME_CELLS), tone),
        (f"{_duration_text(span):>{DURATION_CELLS}} ", "muted"),
        (_bar(span, start, end, bar_cells), tone),
    )


def timeline_lines(timeline: Timeline, width: int) -> Iterator[StyledLine]:
    """Yield the axis and all spans with the whole time of the run; none without any."""
    start, end = timeline.window
    if len(timeline):
        yield axis_line(start, start, end, width)
    for span in timeline:
        yield span_line(span, start, end, width)


def axis_line(zero: float, start: float, end: float, width: int) -> StyledLine:
    """Return the axis above the bars: ticks with the time since `zero`.

    Empty if there is no room for three ticks.
    """
    cells = width - NAME_CELLS - DURATION_CELLS - 1
    min_tick_s = _MIN_TICK_CELLS * (end - start)
    step = next((step for step in _TICK_STEPS_S if step * cells >= min_tick_s), 0)
    if cells < 3 * _MIN_TICK_CELLS or end <= start or not step:
        return ()
    ticks = ""
    number = -int((zero - start) // step)
    while (at := round((zero + number * step - start) * cells / (end - start))) < cells:
        tick = f"╷{_tick_text(number * step, step)}"
        if at >= len(ticks) and at + len(tick) <= cells:
            ticks = ticks.ljust(at) + tick
        number += 1
    return ((" " * (NAME_CELLS + DURATION_CELLS + 1), "muted"), (ticks, "muted"))


def _tick_text(seconds: float, step: float) -> str:
    if step < 0.1:
        return f"{1_000 * seconds:.0f}ms"
    return duration(seconds) if step >= 1 and seconds >= 10 else f"{seconds:.1f}s"


def _duration_text(span: Span) -> str:
    seconds = span.duration
    # Of a reply without latency only the end is known: 0 s would be wrong.
    if seconds is None or (not seconds and not span.exact):
        return ""
    return f"{'' if span.exact else '~'}{duration(seconds)}"


def _bar(span: Span, start: float, end: float, width: int) -> str:
    if span.start is None or end <= start:
        return ""
    reaches_end = span.end is None and not span.depth
    until = end if reaches_end else span.start if span.end is None else span.end
    if span.start > end or until < start:
        return ""
    window_s = end - start
    stroke = "━" if span.exact else "╌"
    return time_bar(
        (span.start - start) / window_s, (until - start) / window_s, width, stroke
    )
