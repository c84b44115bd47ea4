"""The timeline: a line for each span, and the axis above them."""

from __future__ import annotations

from collections.abc import Sequence

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
_STEPS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400),
)
_TICK = 14
"""Cells that a tick has at least to itself."""


class Timeline:
    """A run's spans as they are drawn, and the time that they take in all."""

    def __init__(
        self,
        spans: Sequence[Span] = (),
        order: Sequence[int] = (),
        window: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self._spans = spans
        self._order = order
        self.window = window

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, line: int) -> Span:
        return self._spans[self._order[line]]


def span_line(each: Span, start: float, end: float, width: int) -> StyledLine:
    """Return a span's line: its name, its length, and where it lies in a window.

    The window is from `start` to `end`, in seconds since the epoch. What is not
    sure is drawn lighter; what has no end that is known, to the window's end.
    """
    tone = "error" if each.failed else _TONES[each.kind]
    inner = "" if each.kind is SpanKind.RUN else "  " * (1 + each.depth)
    room = max(0, width - NAME_CELLS - DURATION_CELLS - 1)
    return (
        (fit(inner + one_line(each.name, 80), NAME_CELLS), tone),
        (f"{_told(each):>{DURATION_CELLS}} ", "muted"),
        (_drawn(each, start, end, room), tone),
    )


def axis_line(zero: float, start: float, end: float, width: int) -> StyledLine:
    """Return the line above the bars: times since `zero`, at round steps.

    Empty where there is no room for three of them.
    """
    room = width - NAME_CELLS - DURATION_CELLS - 1
    step = next((s for s in _STEPS if s * room >= _TICK * (end - start)), 0)
    if room < 3 * _TICK or end <= start or not step:
        return ()
    drawn = ""
    number = -int((zero - start) // step)
    while (at := round((zero + number * step - start) * room / (end - start))) < room:
        tick = f"╷{_since(number * step, step)}"
        if at >= len(drawn) and at + len(tick) <= room:
            drawn = drawn.ljust(at) + tick
        number += 1
    return ((" " * (NAME_CELLS + DURATION_CELLS + 1), "muted"), (drawn, "muted"))


def _since(seconds: float, step: float) -> str:
    if step < 0.1:
        return f"{1_000 * seconds:.0f}ms"
    return duration(seconds) if step >= 1 and seconds >= 10 else f"{seconds:.1f}s"


def _told(each: Span) -> str:
    took = each.duration
    # A reply without latency tells only its end: it did take its time.
    if took is None or (not took and not each.exact):
        return ""
    return f"{'' if each.exact else '~'}{duration(took)}"


def _drawn(each: Span, start: float, end: float, room: int) -> str:
    if each.start is None or end <= start:
        return ""
    endless = each.end is None and not each.depth
    until = end if endless else each.start if each.end is None else each.end
    if each.start > end or until < start:
        return ""
    whole = end - start
    stroke = "━" if each.exact else "╌"
    return time_bar((each.start - start) / whole, (until - start) / whole, room, stroke)
