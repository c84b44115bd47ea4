import sys
import time
from collections.abc import Iterator
from datetime import datetime
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whitetail.view.units import (
    DateStyle,
    clock,
    count,
    date_and_clock,
    duration,
    moment,
    money,
    size,
    time_of_day,
)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if sys.platform == "win32":
        pytest.skip("needs time.tzset, which Windows does not have")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (1_249, "1.2 kB"),
        (9_949, "9.9 kB"),
        (9_960, "10 kB"),
        (34_000_000, "34 MB"),
        (999_600, "1.0 MB"),
        (5 * 10**18, "5.0 EB"),
        (10**30, ">999 EB"),
        (-1, "0 B"),
    ],
)
def test_sizes_have_two_digits_and_a_unit(n: int, text: str) -> None:
    assert size(n) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.00k"),
        (9_996, "10.0k"),
        (12_400, "12.4k"),
        (99_960, "100k"),
        (123_456, "123k"),
        (999_600, "1.00M"),
        (1_200_000, "1.20M"),
        (10**40, ">999E"),
    ],
)
def test_counts_have_three_digits(n: int, text: str) -> None:
    assert count(n) == text


@given(st.integers())
def test_a_count_has_at_most_five_characters(n: int) -> None:
    assert len(count(n)) <= 5


@given(st.integers(0, 10**25))
def test_a_size_has_at_most_seven_characters(n: int) -> None:
    assert len(size(n)) <= 7


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.44, "0.4s"),
        (9.97, "10s"),
        (12.4, "12s"),
        (59.6, "1m00s"),
        (184, "3m04s"),
        (7_500, "2h05m"),
        (86_399.7, "1d00h"),
        (3 * 86_400 + 4 * 3_600, "3d04h"),
        (120 * 86_400, "120d"),
        (-5, "0.0s"),
        (nan, "0.0s"),
        (inf, ">9999d"),
    ],
)
def test_durations_have_at_most_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats())
def test_a_duration_has_at_most_six_characters(seconds: float) -> None:
    assert len(duration(seconds)) <= 6


@pytest.mark.usefixtures("berlin")
def test_a_clock_has_the_time_of_today_and_the_date_of_other_days() -> None:
    now = at("2026-08-03T23:30:00+02:00")
    assert clock(at("2026-08-03T12:03:07+00:00"), now) == "14:03"
    assert clock(at("2026-08-03T00:10:00+02:00"), now) == "00:10"
    assert clock(at("2026-08-02T23:59:00+02:00"), now) == "Aug 02"
    assert clock(at("2024-02-29T12:00:00+02:00"), now) == "Feb'24"
    assert clock(None, now) == ""


@pytest.mark.usefixtures("berlin")
def test_times_are_local() -> None:
    assert time_of_day(at("2026-08-03T12:03:07+00:00")) == "14:03:07"
    assert moment(at("2026-08-03T12:03:07.25+00:00")) == "2026-08-03 14:03:07.250 +0200"


def test_an_unknown_time_keeps_its_width() -> None:
    assert time_of_day(None) == "--:--:--"
    assert moment(None) == ""


@given(st.floats())
def test_times_out_of_range_are_formatted(moment: float) -> None:
    assert len(clock(moment, 0.0)) <= 6
    assert len(time_of_day(moment)) == 8


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0"),
        (1e-9, "<$.001"),
        (0.001, "$0.001"),
        (0.0994, "$0.099"),
        (0.0996, "$0.10"),
        (1.2, "$1.20"),
        (99.994, "$99.99"),
        (99.996, "$100"),
        (999.6, "$1.00k"),
        (12_345, "$12.3k"),
    ],
)
def test_amounts_are_as_exact_as_their_width_allows(amount: float, text: str) -> None:
    assert money(amount, "$") == text


@given(st.floats(0, 1e12))
def test_an_amount_has_five_characters_beside_its_currency(amount: float) -> None:
    assert len(money(amount, "$")) <= 6
    assert (money(amount, "$") == "$0") == (amount == 0)


@pytest.mark.parametrize(
    ("style", "age_s", "short", "long"),
    [
        (DateStyle.AGE, 30, "0m", "0m"),
        (DateStyle.AGE, 59 * 60, "59m", "59m"),
        (DateStyle.AGE, 3 * 3_600, "3h", "3h"),
        (DateStyle.AGE, 12 * 86_400, "12d", "12d"),
        (DateStyle.AGE, 3_000 * 86_400, "8y", "8y"),
        (DateStyle.AGE, -5, "0m", "0m"),
        (DateStyle.NUMBERS, 40 * 86_400, "06-24", "06-24 12:00"),
        (DateStyle.NUMBERS, 400 * 86_400, "2023", "2023-06-30"),
    ],
)
def test_dates_have_other_styles(
    style: DateStyle, age_s: float, short: str, long: str
) -> None:
    now = datetime(2024, 8, 3, 12).timestamp()
    assert clock(now - age_s, now, style) == short
    assert date_and_clock(now - age_s, now, style) == long
