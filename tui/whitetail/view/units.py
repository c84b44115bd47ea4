"""Sizes, counts, amounts, durations and times as short texts of a limited width."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from math import isfinite

_BYTES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


def size(n: int) -> str:
    """Return a number of bytes as `812 B`, `1.2 kB` or `34 MB`, in powers of 1,000."""
    if n < 1_000:
        return f"{max(n, 0)} B"
    for power, unit in enumerate(_BYTES[1:], 1):
        # The limit is half a unit of the last digit below the next power, so that
        # rounding never adds a digit.
        if 2 * n < 1_999 * 1_000**power:
            whole = n / 1_000**power
            return f"{whole:.1f} {unit}" if whole < 9.95 else f"{whole:.0f} {unit}"
    return ">999 EB"


def count(n: int) -> str:
    """Return a number as `999`, `12.4k` or `1.20M`: at most five characters."""
    if n < 1_000:
        return str(n) if n > -1_000 else "<-999"
    for power, unit in enumerate("kMGTPE", 1):
        if 2 * n < 1_999 * 1_000**power:
            whole = n / 1_000**power
            digits = 2 if whole < 9.995 else 1 if whole < 99.95 else 0
            return f"{whole:.{digits}f}{unit}"
    return ">999E"


def money(amount: float, currency: str) -> str:
    """Return an amount as `$0.042`, `$1.20`, `$123` or `$12.4k`.

    At most five characters without the currency. An amount above zero is never shown
    as zero.
    """
    if 0 < amount < 0.001:
        return f"<{currency}.001"
    if amount < 0.0995:
        return f"{currency}{amount:.3f}" if amount else f"{currency}0"
    if amount < 99.995:
        return f"{currency}{amount:.2f}"
    return f"{currency}{count(round(amount))}"


def duration(seconds: float) -> str:
    """Return a duration as `0.4s`, `12s`, `3m04s`, `2h05m`, `3d04h` or `120d`.

    At most six characters. Negative values and NaN are shown as `0.0s`.
    """
    if not seconds >= 0:
        return "0.0s"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    if not isfinite(seconds) or seconds >= 9_999 * 86_400:
        return ">9999d"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3_600}h{whole // 60 % 60:02}m"
    if whole < 100 * 86_400:
        return f"{whole // 86_400}d{whole // 3_600 % 24:02}h"
    return f"{whole // 86_400}d"


class DateStyle(StrEnum):
    """How lists show when something was written."""

    NAMES = "names"
    NUMBERS = "numbers"
    AGE = "age"


def clock(time: float | None, now: float, style: DateStyle = DateStyle.NAMES) -> str:
    """Return a time as `14:03` if today, `Aug 03` if this year, else as `Aug'24`.

    With numbers it is `08-03` or `2024`; as an age, `5m`, `3h`, `12d` or `2y`.

    `time` and `now` are seconds since the epoch. The result is in the system's time
    zone and has at most six characters. Empty if the time is unknown.
    """
    then, today = _local(time), _local(now)
    if then is None or today is None or time is None:
        return ""
    if style is DateStyle.AGE:
        return _age(now - time)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if style is DateStyle.NUMBERS:
        return f"{then:%m-%d}" if then.year == today.year else f"{then.year:04}"
    month = _MONTHS[then.month - 1]
    if then.year == today.year:
        return f"{month} {then.day:02}"
    return f"{month}'{then.year % 100:02}"


def date_and_clock(
    time: float | None, now: float, style: DateStyle = DateStyle.NAMES
) -> str:
    """Return a time as `14:03` if today, else as `Aug 03 14:03` or `Aug 03'24 14:03`.

    With numbers it is `08-03 14:03` or `2024-08-03`. At most fifteen characters;
    otherwise as `clock`.
    """
    then, today = _local(time), _local(now)
    if then is None or today is None:
        return ""
    if style is DateStyle.AGE or then.date() == today.date():
        return clock(time, now, style)
    if style is DateStyle.NUMBERS:
        same = then.year == today.year
        return f"{then:%m-%d %H:%M}" if same else f"{then.year:04}-{then:%m-%d}"
    year = "" if then.year == today.year else f"'{then.year % 100:02}"
    return f"{_MONTHS[then.month - 1]} {then.day:02}{year} {then:%H:%M}"


def time_of_day(time: float | None) -> str:
    """Return the local time of day as `14:03:07`; `--:--:--` if it is unknown."""
    then = _local(time)
    return "--:--:--" if then is None else f"{then:%H:%M:%S}"


def moment(time: float | None) -> str:
    """Return the local date and time as `2026-08-03 14:03:07.250 +0200`.

    Empty if the time is unknown.
    """
    then = _local(time)
    if then is None:
        return ""
    return f"{then:%Y-%m-%d %H:%M:%S}.{then.microsecond // 1_000:03} {then:%z}"


def _age(seconds: float) -> str:
    """Return how long ago something was, in one unit; a future time is `0m`."""
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 24 * 60:
        return f"{minutes // 60}h"
    days = minutes // (24 * 60)
    return f"{days}d" if days < 1_000 else f"{days // 365}y"


def _local(time: float | None) -> datetime | None:
    """Return a local time; None if it is unknown or out of the platform's range."""
    if time is None:
        return None
    try:
        return datetime.fromtimestamp(time).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
