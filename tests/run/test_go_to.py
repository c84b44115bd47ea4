"""Which row a number, a time or a share of a run means."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import BAD, AnyEvent, event
from tests.helpers.list_rows import ListRows
from whitetail.run.go_to import (
    EventNumber,
    Moment,
    NotFoundError,
    Offset,
    RowTimes,
    Share,
    find_moment,
    find_number,
    parse_target,
)


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make it a position with a summer time, 9 hours before or after most machines."""
    monkeypatch.setenv("TZ", "Australia/Sydney")
    tzset = getattr(time, "tzset", lambda: None)
    tzset()
    yield
    monkeypatch.undo()
    tzset()


def local(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def rows_at(*times: str) -> ListRows:
    """Return a run with an event at each local time."""
    rows = [
        event(number, at=local(each) - number) for number, each in enumerate(times, 1)
    ]
    return run_of(*rows)


def run_of(*rows: AnyEvent) -> ListRows:
    run = ListRows(rows)
    run.refresh()
    return run


def found(run: ListRows, text: str, cursor: int = 0) -> int | str:
    """Return the row that a text means, or the sentence that there is none."""
    try:
        target = parse_target(text)
        if isinstance(target, EventNumber):
            return find_number(target, run, len(run))
        assert isinstance(target, (Moment, Offset))
        times = RowTimes(run)
        assert times.read(len(run), Event())
        return find_moment(target, times, cursor)
    except NotFoundError as error:
        return str(error)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("57", EventNumber(57)),
        (" 57 ", EventNumber(57)),
        ("+90s", Offset(90)),
        ("-5m", Offset(-300)),
        ("+1h30m", Offset(5_400)),
        ("-0.5s", Offset(-0.5)),
        ("50%", Share(0.5)),
        ("0%", Share(0)),
        ("12.5%", Share(0.125)),
    ],
)
def test_a_position_is_recognized(text: str, target: object) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text", ["", "theme", "57x", "5.5", "-", "+", "%", "25:99", "٣", "²", "1e3", "+-5s"]
)
def test_anything_else_is_words_of_a_command(text: str) -> None:
    assert parse_target(text) is None


@pytest.mark.parametrize("text", ["101%", "999999%", "9" * 40])
def test_what_no_run_has_is_a_sentence(text: str) -> None:
    with pytest.raises(NotFoundError, match=r"\.$"):
        parse_target(text)


@given(st.text(max_size=30))
def test_any_text_is_a_position_or_words_or_a_sentence(text: str) -> None:
    try:
        parse_target(text)
    except NotFoundError as error:
        assert str(error).endswith(".")


def test_the_first_event_that_shows_a_number_is_found() -> None:
    run = run_of(event(4), BAD, event(7), event(5), event(7))
    assert found(run, "7") == 2
    assert found(run, "5") == 3


def test_a_number_that_no_event_shows_is_a_sentence_with_those_there_are() -> None:
    run = run_of(event(4), event(9))
    text = "No event of this run has the number 7. "
    assert found(run, "7") == text + "The first one has 4, the last one 9."
    assert found(run_of(event(4), BAD), "7") == text.strip()


def test_the_first_event_at_or_after_a_time_is_found() -> None:
    run = rows_at("2026-03-01 14:02:59", "2026-03-01 14:03:00", "2026-03-01 14:03:30")
    assert found(run, "14:03") == 1
    assert found(run, "14:03:00") == 1
    assert found(run, "14:03:01") == 2
    assert found(run, "14:03:30") == 2
    assert found(run, "2026-03-01 14:03:10") == 2


def test_a_run_that_begins_within_the_minute_has_it() -> None:
    run = rows_at("2026-03-01 14:03:20", "2026-03-01 14:05:00")
    assert found(run, "14:03") == 0
    assert found(run, "14:03:20") == 0


def test_the_earliest_time_counts_and_not_the_first_row() -> None:
    run = rows_at("2026-03-01 14:00", "2026-03-01 14:09", "2026-03-01 14:04")
    assert found(run, "14:03") == 2


def test_a_time_outside_of_the_run_is_a_sentence_with_its_bounds() -> None:
    run = rows_at("2026-03-01 14:00:00", "2026-03-01 14:09:00")
    text = "is not in this run, which goes from 14:00:00 to 14:09:00."
    assert found(run, "13:59") == f"13:59 {text}"
    assert found(run, "14:10") == f"14:10 {text}"


def test_a_time_is_of_the_day_of_the_cursor_first() -> None:
    run = rows_at(
        "2026-03-01 23:00", "2026-03-02 10:00", "2026-03-03 10:00", "2026-03-03 11:00"
    )
    assert found(run, "10:00", cursor=0) == 1
    assert found(run, "10:00", cursor=1) == 1
    assert found(run, "10:00", cursor=3) == 2
    assert found(run, "23:00", cursor=3) == 0
    assert "from 2026-03-01 23:00:00 to 2026-03-03 11:00:00" in str(
        found(run, "2026-03-09")
    )


def test_a_time_after_a_change_of_the_clock_is_the_one_that_is_shown() -> None:
    # In Sydney, clocks went from 3:00 back to 2:00 on that day.
    run = rows_at("2026-04-05 01:00", "2026-04-05 10:00", "2026-04-05 11:00")
    assert found(run, "10:00") == 1
    assert found(run, "10:01") == 2


def test_an_offset_is_relative_to_the_event_under_the_cursor() -> None:
    run = rows_at("2026-03-01 14:00", "2026-03-01 14:01", "2026-03-01 14:06")
    assert found(run, "+90s", cursor=0) == 2
    assert found(run, "+60s", cursor=0) == 1
    assert found(run, "-5m", cursor=2) == 1
    assert found(run, "-6m", cursor=2) == 0
    assert found(run, "+7m", cursor=0) == "The last event is 6m00s after this one."
    assert found(run, "-2m", cursor=1) == "The first event is 1m00s before this one."
    assert found(run, "+1s", cursor=2) == "This is the time of the last event."
    assert found(run, "-1s", cursor=0) == "This is the time of the first event."


def test_rows_without_a_time_are_passed_over() -> None:
    run = run_of(BAD, event(1, created_at="never"), event(2))
    assert found(run, "+0s", cursor=2) == 2
    assert found(run, "+0s", cursor=0) == "The event under the cursor has no time."
    empty = run_of(BAD)
    assert found(empty, "14:03") == "The events of this run have no times."


def test_times_are_read_once_and_a_search_can_be_cancelled() -> None:
    run = run_of(*map(event, range(1, 10)))
    times, cancel = RowTimes(run), Event()
    assert times.read(4, cancel)
    assert times.count == 4
    cancel.set()
    assert not times.read(9, cancel)
    assert times.count == 4
    assert times.are_of(run)
    run.replace([event(1)])
    assert not times.are_of(run)
