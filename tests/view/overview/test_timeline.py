"""The timeline: its axis and the bars of spans. Also covers `time_bar`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.styled import line_text
from whitetail.trace.stats.spans import Span, SpanKind
from whitetail.view.overview.timeline import Timeline, axis_line, span_line


def ticks(start: float, end: float, width: int = 144) -> list[str]:
    return line_text(axis_line(0.0, start, end, width)).split()


def span(start: float | None, end: float | None, *, exact: bool = True) -> Span:
    return Span(SpanKind.TOOL, "bash", start, end, exact, 3, 4, "lead_agent")


def bar(drawn: Span) -> str:
    """Return the bar of a span in a window of 40 s that is 40 cells wide."""
    return span_line(drawn, 0.0, 40.0, 84)[2][0]


def test_the_axis_has_round_times() -> None:
    minute = ["╷0.0s", "╷15s", "╷30s", "╷45s", "╷1m00s", "╷1m15s", "╷1m30s"]
    assert ticks(0, 100) == minute
    assert ticks(30, 31)[:3] == ["╷30.0s", "╷30.2s", "╷30.4s"]


def test_there_is_no_axis_without_time_or_without_room_for_three_ticks() -> None:
    assert ticks(0, 0) == []
    assert ticks(0, 100, 80) == []


@given(st.floats(0, 1e6), st.floats(0.001, 1e6), st.integers(0, 300))
def test_the_axis_is_never_too_wide(start: float, seconds: float, width: int) -> None:
    axis = line_text(axis_line(0.0, start, start + seconds, width))
    assert len(axis) <= width


def test_a_bar_is_at_the_time_of_its_span() -> None:
    assert bar(span(10.0, 20.0)) == " " * 10 + "━" * 10


def test_a_bar_has_at_least_one_cell() -> None:
    assert bar(span(10.0, 10.0)) == " " * 10 + "━"


def test_the_bar_of_a_span_with_estimated_times_is_dashed() -> None:
    assert bar(span(10.0, 20.0, exact=False)) == " " * 10 + "╌" * 10


def test_a_span_outside_the_window_has_no_bar() -> None:
    assert bar(span(50.0, 60.0)) == ""
    assert bar(span(None, None)) == ""


def test_a_bar_is_never_wider_than_the_window() -> None:
    assert bar(span(-100.0, 500.0)) == "━" * 40


def test_a_timeline_has_its_spans_in_the_given_order() -> None:
    first, second = span(0.0, 1.0), span(1.0, 2.0)
    timeline = Timeline([first, second], [1, 0], (0.0, 2.0))
    assert [timeline[0], timeline[1]] == [second, first]
    assert len(timeline) == 2
