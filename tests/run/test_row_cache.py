from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import overload

import pytest

from tests.helpers.events import BAD, START, AnyEvent, event
from whitetail.run.row_cache import CachedRow, RowCache


class Rows(Sequence[AnyEvent]):
    """A sequence of events that records which parts of it were read."""

    def __init__(self, events: Sequence[AnyEvent]) -> None:
        self.events = events
        self.reads: list[int | tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self.events)

    @overload
    def __getitem__(self, index: int) -> AnyEvent: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[AnyEvent]: ...
    def __getitem__(self, index: int | slice) -> AnyEvent | Sequence[AnyEvent]:
        if isinstance(index, slice):
            self.reads.append((index.start, index.stop))
        else:
            self.reads.append(index)
        return self.events[index]


@pytest.fixture
def rows() -> Rows:
    return Rows([event(seq) for seq in range(1, 21)])


def test_adjacent_rows_are_read_at_once_and_the_first_row_with_them(rows: Rows) -> None:
    found = RowCache(rows).read([7, 5, 6, 12, 14, 13])
    assert sorted(found) == [0, 5, 6, 7, 12, 13, 14]
    assert rows.reads == [0, (5, 8), (12, 15)]


def test_the_first_row_is_read_once(rows: Rows) -> None:
    cache = RowCache(rows)
    cache.add(cache.read([5]), [5])
    rows.reads.clear()
    cache.read([6])
    assert rows.reads == [(6, 7)]


def test_rows_are_missing_until_they_are_added(rows: Rows) -> None:
    cache = RowCache(rows)
    found = cache.read([3, 4])
    assert cache.missing([3, 4, 5]) == [3, 4, 5]
    cache.add(found, [3, 4])
    assert cache.missing([3, 4, 5]) == [5]
    cached = cache.get(3)
    assert cached is not None
    assert (cached.summary.seq, cached.time) == ("4", START + 4)
    assert cache.get(5) is None


def test_the_start_time_is_that_of_the_first_event(rows: Rows) -> None:
    cache = RowCache(rows)
    assert isnan(cache.start_time)
    cache.add(cache.read([9]), [9])
    assert cache.start_time == START + 1


def test_a_bad_line_has_no_time() -> None:
    assert isnan(CachedRow.of(BAD).time)


def test_the_width_is_that_of_the_largest_seq_so_far(rows: Rows) -> None:
    cache = RowCache(rows)
    assert cache.seq_width == 0
    cache.add(cache.read([11]), [11])
    cache.add(cache.read([2]), [2])
    assert cache.seq_width == 2


def test_a_full_cache_keeps_only_rows_near_the_screen() -> None:
    cache = RowCache([event(seq) for seq in range(1, 5_001)])
    cache.add(cache.read(range(4_000)), range(4_000))
    assert cache.missing(range(4_000)) == []
    near = range(3_990, 4_010)
    cache.add(cache.read(range(4_000, 4_010)), near)
    assert cache.missing(near) == []
    assert cache.missing(range(3_990)) == list(range(3_990))
