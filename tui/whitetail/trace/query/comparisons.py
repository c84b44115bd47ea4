"""Compares numbers and times with the values of a field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from math import inf

from whitetail.trace.query.amounts import CONVERSIONS, Period, period, seconds_of_day
from whitetail.trace.query.field_text import split_range
from whitetail.trace.query.fields import FieldSpec, ValueType
from whitetail.trace.query.globs import glob_test
from whitetail.trace.query.nodes import Field

NumberTest = Callable[[float], bool]


def number_test(spec: FieldSpec, field: Field) -> NumberTest:
    """Return a test of numbers for a field with a unit."""
    convert = CONVERSIONS[spec.type]
    tests = [_ranged(convert, field.operator, value) for value in field.values]
    return lambda number: any(test(number) for test in tests)


def time_test(field: Field, zone: tzinfo | None) -> NumberTest:
    """Return a test of times, in seconds since the epoch, for `time`."""
    tests = [_time_test(field.operator, value, zone) for value in field.values]
    return lambda time: any(test(time) for test in tests)


def any_test(field: Field) -> Callable[[str | int | float], bool]:
    """Return a test of JSON scalars for `meta` and `content`."""
    if field.operator not in (":", "="):
        convert = CONVERSIONS[ValueType.NUMBER]
        compare = _ranged(convert, field.operator, field.values[0])

        def is_ordered(value: str | int | float) -> bool:
            return isinstance(value, int | float) and compare(value)

        return is_ordered
    text_test = glob_test(field.values)
    numbers = [
        number for value in field.values if (number := _exact(value)) is not None
    ]

    def is_one(value: str | int | float) -> bool:
        if isinstance(value, str):
            return text_test(value)
        return value in numbers or text_test(repr(value))

    return is_one


def _ranged(convert: Callable[[str], float], operator: str, value: str) -> NumberTest:
    ends = split_range(value) if operator in (":", "=") else None
    if ends is not None:
        low = convert(ends[0]) if ends[0] else -inf
        high = convert(ends[1]) if ends[1] else inf
        return lambda number: low <= number <= high
    limit = convert(value)
    match operator:
        case ">":
            return lambda number: number > limit
        case ">=":
            return lambda number: number >= limit
        case "<":
            return lambda number: number < limit
        case "<=":
            return lambda number: number <= limit
        case _:
            return lambda number: number == limit


def _time_test(operator: str, value: str, zone: tzinfo | None) -> NumberTest:
    """Return a test of times. A value is a whole period, such as a minute or a day."""
    ends = split_range(value) if operator in (":", "=") else None
    first, last = ends or (value, value)
    low = period(first, zone) if first else None
    high = period(last, zone) if last else None
    match operator:
        case ">":
            return _between(high, None, zone, after=True)
        case ">=":
            return _between(low, None, zone)
        case "<":
            return _between(None, low, zone, before=True)
        case "<=":
            return _between(None, high, zone)
        case _:
            return _between(low, high, zone)


def _between(
    low: Period | None,
    high: Period | None,
    zone: tzinfo | None,
    *,
    after: bool = False,
    before: bool = False,
) -> NumberTest:
    """Return a test for times from the start of `low` to the end of `high`.

    With `after` from the end of `low`, with `before` to the start of `high`.
    """

    def in_periods(time: float) -> bool:
        low_time = _comparable(time, low, zone)
        high_time = _comparable(time, high, zone)
        if low_time is None or high_time is None:
            return False
        from_low = low is None or low_time >= (low.end if after else low.start)
        to_high = high is None or high_time < (high.start if before else high.end)
        if low and high and low.of_day and high.of_day and low.start > high.start:
            # From the evening to the morning.
            return from_low or to_high
        return from_low and to_high

    return in_periods


def _comparable(
    time: float, period: Period | None, zone: tzinfo | None
) -> float | None:
    """Return a time as a period has it: since the epoch, or since midnight."""
    if period is None or not period.of_day:
        return time
    return seconds_of_day(time, zone)


def _exact(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
