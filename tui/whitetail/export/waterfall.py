"""The spans of a run as the bars of a drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import inf

from whitetail.export.document import ExportedSpan
from whitetail.trace.stats.spans import SpanKind
from whitetail.view.text import one_line
from whitetail.view.units import duration

MAX_SPANS = 300
"""More bars are not read, and slow to draw: the longest ones are drawn."""
BAND_BARS = 10
"""A browser breaks a page only between drawings: a taller one would be cut."""
WIDTH, NAME_WIDTH, ROW_HEIGHT, AXIS_HEIGHT = 1_000, 300, 18, 20
_DURATION_WIDTH = 60
_BARS_X = NAME_WIDTH + _DURATION_WIDTH
_INDENT = 12
_MIN_BAR = 2.0
_TICKS = 4
_NAME_CHARS = 44


@dataclass(frozen=True, slots=True)
class Bar:
    """A span in the drawing; lengths are in its units."""

    row: int
    name: str
    name_x: int
    y: int
    x: float
    width: float
    kind: str
    """The name of its class."""
    duration: str
    exact: bool
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the drawing that is on one page when it is printed."""

    top: int
    height: int
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The drawing of the spans of a run."""

    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    spans: int
    """The number of all spans."""

    def bands(self) -> Iterator[Band]:
        """Yield the parts of the drawing from top to bottom; the first has the axis."""
        top = 0
        for first in range(0, len(self.bars), BAND_BARS):
            bars = self.bars[first : first + BAND_BARS]
            end = bars[-1].y + ROW_HEIGHT
            yield Band(top, end - top, bars)
            top = end


def waterfall(
    spans: Sequence[ExportedSpan], window: tuple[float, float]
) -> Waterfall | None:
    """Return the bars of the spans in a window of time; None if it has no length."""
    start, end = window
    if end <= start:
        return None
    shown = [each for each in spans if each.span.start is not None]
    if len(shown) > MAX_SPANS:
        longest = nlargest(MAX_SPANS, shown, key=_length)
        ids = {each.id for each in longest}
        shown = [each for each in shown if each.id in ids]
    scale = (WIDTH - _BARS_X) / (end - start)
    bars = [
        _bar(each, AXIS_HEIGHT + ROW_HEIGHT * number, start, end, scale)
        for number, each in enumerate(shown)
    ]
    ticks = [
        Tick(
            round(_BARS_X + share * (WIDTH - _BARS_X) / _TICKS, 1),
            duration(share * (end - start) / _TICKS),
        )
        for share in range(_TICKS)
    ]
    return Waterfall(bars, ticks, len(spans))


def _length(each: ExportedSpan) -> float:
    """Return how long a span lasted; that of the run is always the longest."""
    span = each.span
    return inf if span.kind is SpanKind.RUN else span.duration or 0.0


def _bar(each: ExportedSpan, y: int, start: float, end: float, scale: float) -> Bar:
    span = each.span
    begin = min(max(span.start or start, start), end)
    until = span.end
    if until is None:
        until = begin if span.depth else end
    until = min(max(until, begin), end)
    took = span.duration
    text = "" if took is None else f"{'' if span.exact else '~'}{duration(took)}"
    name = one_line(span.name, 200)
    width = max((until - begin) * scale, _MIN_BAR)
    is_run = span.kind is SpanKind.RUN
    name_x = 4 + (0 if is_run else _INDENT * (1 + span.depth))
    return Bar(
        span.row,
        one_line(name, max(8, _NAME_CHARS - name_x // 7)),
        name_x,
        y,
        round(min(_BARS_X + (begin - start) * scale, WIDTH - _MIN_BAR), 1),
        round(width, 1),
        "failed" if span.failed else span.kind.value,
        text,
        span.exact,
        " · ".join(filter(None, (name, text, one_line(span.caller, 60)))),
    )
