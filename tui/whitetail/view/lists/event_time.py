"""The time of an event in a list, in one of three formats."""

from __future__ import annotations

from enum import StrEnum
from math import isnan

from whitetail.view.units import duration, time_of_day


class TimeFormat(StrEnum):
    """How a list shows times, in the order in which a key changes them."""

    CLOCK = "clock"
    SINCE_START = "since start"
    SINCE_PREVIOUS = "since previous"

    @property
    def next(self) -> TimeFormat:
        """The format that the key changes to."""
        formats = list(TimeFormat)
        return formats[(formats.index(self) + 1) % len(formats)]


def event_time(
    time_format: TimeFormat, time: float, start: float, previous: float
) -> str:
    """Return the time of an event in at most eight characters.

    `start` is when the run started, `previous` the time of the event on the line above;
    all in seconds since the epoch, NaN if unknown. In causal order, the event above can
    be later: `earlier` then, since a negative duration would look like a fault.
    """
    if time_format is TimeFormat.CLOCK:
        return time_of_day(None if isnan(time) else time)
    if time_format is TimeFormat.SINCE_START:
        elapsed = time - start
        sign = "-" if elapsed < 0 else "+"
        return "--" if isnan(elapsed) else f"{sign}{duration(abs(elapsed))}"
    elapsed = time - previous
    if isnan(elapsed):
        return "--"
    return "earlier" if elapsed < -0.05 else f"+{duration(max(elapsed, 0))}"
