"""Numbers, durations, sizes and times, as a user writes them in a query.

Each function raises `ValueError` with the end of a sentence that begins with the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from math import isfinite
from typing import NamedTuple

from whitetail.trace.query.fields import ValueType

_NUMBER = re.compile(r"([+-]?[0-9]+(?:\.[0-9]*)?|[+-]?\.[0-9]+)([A-Za-z]*)")
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?(?:ms|[smhdw]))+")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ms|[smhdw])")
_SECONDS = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3_600.0,
    "d": 86_400.0,
    "w": 604_800.0,
}
_COUNTS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_SIZES = {
    "": 1.0,
    "b": 1.0,
    **{
        f"{unit}{b}": 1e3**power
        for power, unit in enumerate("kmgt", 1)
        for b in ("", "b")
    },
    **{f"{unit}ib": 1024.0**power for power, unit in enumerate("kmgt", 1)},
}
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?")
_WITH_SECONDS = re.compile(r".{10}.[0-9]{2}:[0-9]{2}:")
_DAY_S = 86_400.0
_MAX_CHARS = 30
"""A longer number is refused; it could be infinite as a float."""


class Period(NamedTuple):
    """A stretch of time: from its start to before its end."""

    start: float
    """In seconds since the epoch; of a time of the day, since midnight."""
    end: float
    of_day: bool = False
    """Whether it is a time of the day, of any day."""


def number(text: str) -> float:
    """Return a number such as `12`, `1.5k` or `2M`."""
    return _with_unit(text, _COUNTS, "is not a number such as 12, 1.5k or 2M")


def amount(text: str) -> float:
    """Return an amount of money, with or without a sign of the currency before it."""
    return _with_unit(text.lstrip("$€£¥"), _COUNTS, "is not an amount such as 0.5")


def size(text: str) -> float:
    """Return a size in bytes."""
    return _with_unit(text, _SIZES, "is not a size such as 800B, 10kB or 1.5MB")


def duration(text: str) -> float:
    """Return a duration in seconds; a number without a unit is in seconds."""
    if len(text) <= _MAX_CHARS and _DURATION.fullmatch(text):
        return sum(
            float(part[1]) * _SECONDS[part[2]] for part in _DURATION_PART.finditer(text)
        )
    problem = "is not a duration such as 300ms, 5s or 1h30m"
    return _with_unit(text, {"": 1.0}, problem)


def period(text: str, zone: tzinfo | None = None) -> Period:
    """Return the minute, second or day of a text. `zone` None is the system's."""
    if clock := _CLOCK.fullmatch(text):
        start = _seconds_of_day(clock)
        if start is not None:
            return Period(start, start + _clock_length(clock), of_day=True)
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return _days(day, zone)
        moment = datetime.fromisoformat(text.replace(" ", "T"))
        if ":" in text:
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
            start = moment.timestamp()
            has_seconds = _WITH_SECONDS.match(text) is not None
            return Period(start, start + (1.0 if has_seconds else 60.0))
    except (ValueError, OverflowError, OSError):
        pass
    raise ValueError("is not a time such as 14:03, 2026-11-20 or 2026-11-20T14:03")


def moment(text: str, now: float, zone: tzinfo | None = None) -> float:
    """Return the time that `since:` and `before:` mean, in seconds since the epoch.

    An age counts back from `now`; a time of the day is of today.
    """
    try:
        if _DURATION.fullmatch(text):
            return now - duration(text)
        today = datetime.fromtimestamp(now, zone).date()
        if text in ("today", "yesterday"):
            return _days(today - timedelta(days=text != "today"), zone).start
        when = period(text, zone)
        if not when.of_day:
            return when.start
        midnight = datetime.combine(today, time.min, zone)
        # Local times, not seconds: a day with a change of the clock has 23 or 25 hours.
        return (midnight + timedelta(seconds=when.start)).timestamp()
    except (ValueError, OverflowError, OSError):
        message = "is neither an age such as 2h or 7d nor a time such as 2026-11-20"
        raise ValueError(message) from None


def seconds_of_day(when: float, zone: tzinfo | None = None) -> float | None:
    """Return the local time of the day in seconds; None for times out of range."""
    try:
        local = datetime.fromtimestamp(when, zone)
    except (ValueError, OverflowError, OSError):
        return None
    return (
        local.hour * 3_600.0
        + local.minute * 60
        + local.second
        + local.microsecond / 1e6
    )


CONVERSIONS: Mapping[ValueType, Callable[[str], float]] = {
    ValueType.NUMBER: number,
    ValueType.AMOUNT: amount,
    ValueType.SIZE: size,
    ValueType.DURATION: duration,
}
"""The function that reads a value of each type with a unit."""


def _with_unit(text: str, units: Mapping[str, float], problem: str) -> float:
    match = _NUMBER.fullmatch(text)
    factor = units.get(match[2].lower()) if match else None
    if match is None or factor is None or len(text) > _MAX_CHARS:
        raise ValueError(problem)
    value = float(match[1]) * factor
    if not isfinite(value):
        raise ValueError(problem)
    return value


def _seconds_of_day(clock: re.Match[str]) -> float | None:
    hours, minutes, seconds = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if hours > 24 or minutes > 59 or seconds > 59:
        return None
    whole = hours * 3_600 + minutes * 60 + seconds
    total = whole + float(f"0.{clock[4] or 0}")
    return total if total <= _DAY_S else None


def _clock_length(clock: re.Match[str]) -> float:
    if clock[3] is None:
        return 60.0
    return 1.0 if clock[4] is None else 10.0 ** -len(clock[4])


def _days(day: date, zone: tzinfo | None) -> Period:
    start = datetime.combine(day, time.min, zone)
    end = datetime.combine(day + timedelta(days=1), time.min, zone)
    return Period(start.timestamp(), end.timestamp())
