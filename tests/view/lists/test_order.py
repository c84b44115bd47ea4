"""The order of threads and runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import RunEntry, ThreadEntry
from whitetail.view.lists.numbers import Numbers
from whitetail.view.lists.order import SORT_KEYS, SortColumn, SortOrder, in_order


def thread(
    key: str,
    tokens: float | None = None,
    *,
    time: float | None = 0,
    status: RunStatus = RunStatus.ANSWERED,
) -> ThreadEntry:
    total = None if tokens is None else Total(tokens)
    numbers = Numbers(1, tokens=total)
    return ThreadEntry(key, key, True, 1, time, status, numbers=numbers)


def keys(entries: list[ThreadEntry], order: SortOrder) -> str:
    return "".join(entry.key for entry in in_order(entries, order))


ENTRIES = [thread("a", 5), thread("b"), thread("c", 70), thread("d", 5), thread("e", 6)]


@pytest.mark.parametrize(("reverse", "expected"), [(False, "ceadb"), (True, "adecb")])
def test_unknown_numbers_are_last_in_both_directions(
    reverse: bool, expected: str
) -> None:
    order = SortOrder(SortColumn.TOKENS, reverse)
    assert keys(ENTRIES, order) == expected


def test_what_needs_attention_comes_first_and_unknown_is_last() -> None:
    statuses = [RunStatus.UNKNOWN, RunStatus.ANSWERED, RunStatus.FAILED]
    entries = [thread(each.name[0], status=each) for each in statuses]
    assert keys(entries, SortOrder(SortColumn.STATUS)) == "FAU"
    assert keys(entries, SortOrder(SortColumn.STATUS, True)) == "AFU"


def test_names_begin_with_a_and_times_with_the_newest() -> None:
    entries = [thread("b", time=2), thread("A", time=3), thread("c", time=1)]
    assert keys(entries, SortOrder(SortColumn.NAME)) == "Abc"
    assert keys(entries, SortOrder(SortColumn.TIME)) == "Abc"
    assert keys(entries, SortOrder(SortColumn.TIME, True)) == "cbA"


def test_runs_are_sorted_by_their_start() -> None:
    runs = [
        RunEntry(("t", name), name, True, RunStatus.ANSWERED, start, None, None, size)
        for name, start, size in (("a", 1.0, 30), ("b", 3.0, 10), ("c", None, 20))
    ]
    by_time = in_order(runs, SortOrder())
    assert [run.prompt for run in by_time] == ["b", "a", "c"]
    by_size = in_order(runs, SortOrder(SortColumn.SIZE))
    assert [run.prompt for run in by_size] == ["a", "c", "b"]


def test_the_arrow_shows_the_direction() -> None:
    assert SortOrder(SortColumn.TOKENS).arrow == "▼"
    assert SortOrder(SortColumn.TOKENS).reversed.arrow == "▲"
    assert SortOrder(SortColumn.NAME).arrow == "▲"


def test_every_column_has_a_key() -> None:
    assert list(SORT_KEYS.values()) == list(SortColumn)


values = st.none() | st.floats() | st.integers(-5, 5)


@given(
    st.lists(values), st.sampled_from(SortColumn), st.booleans(), st.sampled_from("ts")
)
def test_any_values_are_sorted_and_none_is_lost(
    tokens: list[float | None], column: SortColumn, reverse: bool, field: str
) -> None:
    entries = [
        thread(str(at), each) if field == "t" else thread(str(at), time=each)
        for at, each in enumerate(tokens)
    ]
    found = in_order(entries, SortOrder(column, reverse))
    assert sorted(each.key for each in found) == sorted(each.key for each in entries)
