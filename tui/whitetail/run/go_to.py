"""Finds the row that a number, a time or a share of a run means."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf, isnan
from threading import Event, Lock

from whitetail.run.protocols import RunRows
from whitetail.trace.query.amounts import Period, duration, period
from whitetail.view.units import duration as shown_duration
from whitetail.view.units import time_of_day

_PIECE_ROWS = 2_000
"""How many times are read before it is checked whether the search was cancelled."""
_DAY_S = 86_400.0
_MAX_DAYS = 400
"""How many days of a run are tried for a time of the day."""
_MAX_DIGITS = 18
_OFFSET = re.compile(r"([+-])([0-9].*)")
_SHARE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)%")


class NotFoundError(Exception):
    """The run has no such event. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class EventNumber:
    """The event that shows a number."""

    seq: int


@dataclass(frozen=True, slots=True)
class Moment:
    """The first event at or after a time."""

    period: Period
    text: str
    """The time as the user wrote it."""


@dataclass(frozen=True, slots=True)
class Offset:
    """The first event at or after a time that is relative to that of an event."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Share:
    """The line at a share of the list."""

    share: float
    """From 0 to 1."""


Target = EventNumber | Moment | Offset | Share


def parse_target(text: str) -> Target | None:
    """Return what a text such as `57`, `14:03`, `+90s` or `50%` means; None if none.

    Raises:
        NotFoundError: No run can have it.

    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        if len(text) > _MAX_DIGITS:
            raise NotFoundError("No event has a number of so many digits.")
        return EventNumber(int(text))
    if share := _SHARE.fullmatch(text):
        if float(share[1]) > 100:
            raise NotFoundError("A run ends at 100%.")
        return Share(float(share[1]) / 100)
    try:
        if offset := _OFFSET.fullmatch(text):
            seconds = duration(offset[2])
            return Offset(-seconds if offset[1] == "-" else seconds)
        return Moment(period(text), text)
    except ValueError:
        return None


class RowTimes:
    """The times of a run's rows, each read once while the run grows. 8 bytes a row."""

    def __init__(self, rows: RunRows) -> None:
        """Read nothing before `read`."""
        self.rows = rows
        """The run."""
        self._generation = rows.generation
        self._times = array("d")
        self._lock = Lock()

    def are_of(self, rows: RunRows) -> bool:
        """Return whether these are the times of a run as it is now."""
        return rows is self.rows and rows.generation == self._generation

    @property
    def count(self) -> int:
        """The number of times that were read."""
        return len(self._times)

    def __getitem__(self, row: int) -> float:
        return self._times[row]

    def read(self, stop: int, cancel: Event) -> bool:
        """Read the times of all rows before `stop`; False if `cancel` was set. Blocks.

        Raises:
            StoreError, OSError: The rows cannot be read.

        """
        with self._lock:
            for first in range(len(self._times), stop, _PIECE_ROWS):
                if cancel.is_set():
                    return False
                last = min(first + _PIECE_ROWS, stop)
                self._times.extend(self.rows.times(range(first, last)))
        return True

    def bounds(self) -> tuple[float, float] | None:
        """Return the earliest and the latest time; None if no row has one."""
        known = [time for time in self._times if not isnan(time)]
        return (min(known), max(known)) if known else None

    def first_from(self, start: float) -> int | None:
        """Return the row with the earliest time at or after `start`; None if none.

        Of rows with the same time, it is the first. Rows need not be in order: those of
        a subagent are written late.
        """
        found, earliest = None, inf
        for row, time in enumerate(self._times):
            if start <= time < earliest:
                found, earliest = row, time
        return found


def find_moment(target: Moment | Offset, times: RowTimes, cursor: int) -> int:
    """Return the row that a time means. `cursor` is the row that it is relative to.

    All times must have been read. Blocks.

    Raises:
        NotFoundError: The run has no event then.

    """
    bounds = times.bounds()
    if bounds is None:
        raise NotFoundError("The events of this run have no times.")
    if isinstance(target, Offset):
        start = _start_of_offset(target, times[cursor], bounds)
    else:
        start = _start_of_moment(target, times[cursor], bounds)
    found = times.first_from(start)
    if found is None:
        raise NotFoundError("The run has no event at or after that time.")
    return found


def _start_of_offset(
    target: Offset, origin: float, bounds: tuple[float, float]
) -> float:
    if isnan(origin):
        raise NotFoundError("The event under the cursor has no time.")
    first, last = bounds
    start = origin + target.seconds
    if start > last:
        if origin >= last:
            raise NotFoundError("This is the time of the last event.")
        after = shown_duration(last - origin)
        raise NotFoundError(f"The last event is {after} after this one.")
    if start < first:
        if origin <= first:
            raise NotFoundError("This is the time of the first event.")
        before = shown_duration(origin - first)
        raise NotFoundError(f"The first event is {before} before this one.")
    return start


def _start_of_moment(
    target: Moment, origin: float, bounds: tuple[float, float]
) -> float:
    first, last = bounds
    for start, end in _moments(target.period, origin, bounds):
        # The first event is in the minute or second that the user wrote, or later.
        if end > first and start <= last:
            return start
    earliest, latest = (_shown(time, bounds) for time in bounds)
    raise NotFoundError(
        f"{target.text} is not in this run, which goes from {earliest} to {latest}."
    )


def _moments(
    when: Period, origin: float, bounds: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    """Yield the times that a period can mean: of the cursor's day, then of others."""
    if not when.of_day:
        yield when.start, when.end
        return
    first, last = map(_date, bounds)
    if first is None or last is None:
        return
    count = (last - first).days + 1
    days = [first + timedelta(days=day) for day in range(min(count, _MAX_DAYS))]
    here = _date(origin)
    if here in days:
        at = days.index(here)
        days = days[at:] + days[:at]
    for day in days:
        # Local times, not seconds: a day with a change of the clock has 23 or 25 hours.
        start = (day + timedelta(seconds=when.start)).timestamp()
        yield start, start + when.end - when.start


def _date(time: float) -> datetime | None:
    """Return the local midnight before a time; None if it is unknown or impossible."""
    try:
        local = datetime.fromtimestamp(time)
    except (ValueError, OverflowError, OSError):
        return None
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _shown(time: float, bounds: tuple[float, float]) -> str:
    """Return a time of the day, with the date if the run has more than one day."""
    days = {_date(each) for each in bounds}
    day = _date(time) if len(days) > 1 else None
    return f"{day:%Y-%m-%d} {time_of_day(time)}" if day else time_of_day(time)


def numbers_shown(rows: RunRows, stop: int) -> str:
    """Return which numbers the first and the last event show, for a message. Blocks.

    Empty if there are no rows.
    """
    if not stop:
        return ""
    ends = [getattr(rows[row], "seq", None) for row in (0, stop - 1)]
    if None in ends:
        return ""
    return f"The first one has {ends[0]:,}, the last one {ends[1]:,}."


def find_number(target: EventNumber, rows: RunRows, stop: int) -> int:
    """Return the first of the first `stop` rows that shows a number. Blocks.

    Raises:
        NotFoundError: No event shows it.
        StoreError, OSError: The rows cannot be read.

    """
    row = rows.row_of(target.seq, stop)
    if row is None:
        text = f"No event of this run has the number {target.seq}."
        raise NotFoundError(f"{text} {numbers_shown(rows, stop)}".strip())
    return row
