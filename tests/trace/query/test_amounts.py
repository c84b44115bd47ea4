"""Numbers, durations, sizes and times, as a user writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from whitetail.trace.query.amounts import (
    amount,
    duration,
    moment,
    number,
    period,
    seconds_of_day,
    size,
)

DAY = 86_400
NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC).timestamp()
EAST = timezone(timedelta(hours=8))


def at(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("1.5k", 1_500),
        ("2M", 2_000_000),
        (".5", 0.5),
        ("-3", -3),
        ("1G", 1e9),
    ],
)
def test_a_number(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("5", 5), ("5s", 5), ("300ms", 0.3), ("1h30m", 5_400), ("1.5m", 90)),
        *(("2d", 2 * DAY), ("1w", 7 * DAY)),
    ],
)
def test_a_duration(text: str, value: float) -> None:
    assert duration(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("800", 800), ("800B", 800), ("10kB", 10_000), ("10k", 10_000)),
        *(("1.5MB", 1_500_000), ("1MiB", 1_048_576), ("2kib", 2_048), ("1GB", 1e9)),
    ],
)
def test_a_size(text: str, value: float) -> None:
    assert size(text) == value


def test_an_amount_can_have_the_sign_of_a_currency() -> None:
    assert amount("0.5") == amount("$0.5") == amount("€.5") == 0.5


@pytest.mark.parametrize(
    "text",
    ["", "x", "5 s", "5x", "1e5", "s", "--1", "9" * 400, "٣", "1,5", "0x1", "NaN"],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    for convert in (number, amount, size, duration):
        with pytest.raises(ValueError, match=r"^is not an? (number|amount|size|dur)"):
            convert(text)


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("2026-11-20", at(2026, 11, 20), DAY),
        ("2026-11-20T14:03", at(2026, 11, 20, 14, 3), 60),
        ("2026-11-20 14:03:05", at(2026, 11, 20, 14, 3, 5), 1),
        ("2026-11-20T14:03Z", at(2026, 11, 20, 14, 3), 60),
        ("2026-11-20T14:03-05:00", at(2026, 11, 20, 19, 3), 60),
        ("2026-11-20T14:03:05+01:00", at(2026, 11, 20, 13, 3, 5), 1),
        ("14:03", 14 * 3_600 + 180, 60),
        ("14:03:05", 14 * 3_600 + 185, 1),
        ("9:00", 9 * 3_600, 60),
    ],
)
def test_a_time_is_a_period(text: str, start: float, length: float) -> None:
    found = period(text, UTC)
    assert (found.start, found.end - found.start) == (start, length)
    assert found.of_day == (len(text) < 10)


def test_a_day_is_one_of_the_time_zone() -> None:
    assert period("2026-11-20", EAST).start == at(2026, 11, 19, 16)
    assert seconds_of_day(at(2026, 11, 19, 16, 1), EAST) == 60
    assert seconds_of_day(1e300) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2h", NOW - 7_200),
        ("7d", NOW - 7 * DAY),
        ("today", at(2026, 11, 26)),
        ("yesterday", at(2026, 11, 25)),
        ("2026-11-20", at(2026, 11, 20)),
        ("14:03", at(2026, 11, 26, 14, 3)),
    ],
)
def test_a_moment(text: str, value: float) -> None:
    assert moment(text, NOW, UTC) == value


@pytest.mark.parametrize(
    "text",
    ["", "5", "24:01", "12:60", "noon", "2026-13-01", "2026-11-20T", "0000-01-01"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a time"):
        period(text, UTC)
    with pytest.raises(ValueError, match=r"^is neither an age"):
        moment(text, NOW, UTC)
