"""When each row of a run was written, and how long its calls lasted."""

from __future__ import annotations

from array import array
from math import inf, isnan, nan

from whitetail.trace.order.placement import Placement

_SLOW_S = 10.0
_SLOW_SHARE = 0.1
"""A row is marked as slow from both of these on: seconds, and share of the run."""
_MAX_S = 1e12
"""Times and durations beyond this do not fit into a float of four bytes."""


class RowTimes:
    """The times of the rows of one run. A row costs 13 bytes.

    A reply that calls tools has two durations: that of the model, which wrote the
    reply, and that of the tools, which began when it was written.
    """

    def __init__(self) -> None:
        self._origin = nan
        self._time = array("f")
        """Seconds since the first time; exact enough for a time column and a bar."""
        self._duration = array("f")
        """Of the call that ended with the row; NaN if there is none."""
        self._tool_wait = array("f")
        """From a reply to the last result of its calls so far; else NaN."""
        self._of_tool = bytearray()
        """Whether `_duration` is that of a tool call, not of a model call."""
        self.start = inf
        """The earliest time of the run, in seconds since the epoch."""
        self.end = -inf
        """The latest time; before `start` if no row has a time."""

    def add(self, placement: Placement) -> None:
        """Add the next row."""
        time, duration = placement.time, _four_bytes(placement.duration)
        if isnan(self._origin):
            self._origin = time
        self._time.append(_four_bytes(time - self._origin))
        self._duration.append(duration)
        self._tool_wait.append(nan)
        self._of_tool.append(placement.of_tool)
        parent = placement.parent if placement.of_tool else -1
        # Comparisons with NaN are false: also true if there is no result yet.
        if parent >= 0 and not self._tool_wait[parent] >= duration:
            self._tool_wait[parent] = duration
        # In this order of arguments, NaN changes neither.
        self.start = min(self.start, time)
        self.end = max(self.end, time)

    def time(self, row: int) -> float:
        """Return when a row was written, in seconds since the epoch; NaN if unknown.

        Some hundredths of a second are lost in a run of days.
        """
        return self._origin + self._time[row]

    def duration(self, row: int) -> float:
        """Return how long the call that ended with a row lasted, in seconds, or NaN."""
        return self._duration[row]

    def model_time(self, row: int) -> tuple[float, float] | None:
        """Return begin and duration of the model call that ended with a row.

        None if they are unknown, or there is no such call.
        """
        if self._of_tool[row]:
            return None
        return _stretch(self.time(row) - self._duration[row], self._duration[row])

    def tool_time(self, row: int) -> tuple[float, float] | None:
        """Return begin and duration of the tool calls that a row made or answered.

        None if they are unknown, or there are none. The calls of a reply end with the
        last of their results so far.
        """
        if self._of_tool[row]:
            return _stretch(self.time(row) - self._duration[row], self._duration[row])
        return _stretch(self.time(row), self._tool_wait[row])

    def is_slow(self, seconds: float) -> bool:
        """Return whether a call lasted a tenth of the run or more, and 10 s or more."""
        return seconds >= max(_SLOW_S, _SLOW_SHARE * (self.end - self.start))


def _four_bytes(seconds: float) -> float:
    """Return seconds that fit into four bytes; NaN for others."""
    return seconds if -_MAX_S < seconds < _MAX_S else nan


def _stretch(begin: float, seconds: float) -> tuple[float, float] | None:
    return None if isnan(begin) or isnan(seconds) else (begin, seconds)
