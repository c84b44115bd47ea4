"""The time of an event in a list."""

from __future__ import annotations

from math import nan

import pytest

from whitetail.view.lists.event_time import TimeFormat, event_time


@pytest.mark.parametrize(
    ("time_format", "time", "text"),
    [
        (TimeFormat.SINCE_START, 103.0, "+3.0s"),
        (TimeFormat.SINCE_START, 90.0, "-10s"),
        (TimeFormat.SINCE_PREVIOUS, 111.0, "+1.0s"),
        (TimeFormat.SINCE_PREVIOUS, 103.0, "earlier"),
        (TimeFormat.SINCE_PREVIOUS, 109.99, "+0.0s"),
        (TimeFormat.SINCE_PREVIOUS, nan, "--"),
        (TimeFormat.SINCE_START, nan, "--"),
        (TimeFormat.CLOCK, nan, "--:--:--"),
    ],
)
def test_a_time_is_clock_since_start_or_since_the_line_above(
    time_format: TimeFormat, time: float, text: str
) -> None:
    assert event_time(time_format, time, 100.0, 110.0) == text
