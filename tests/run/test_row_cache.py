from __future__ import annotations

from math import isnan

import pytest

from tests.helpers.events import BAD, START, AnyEvent, event
from tests.helpers.list_rows import ListRows
from whitetail.run.row_cache import RowCache, cached_row


def refreshed(events: list[AnyEvent]) -> ListRows:
    rows = ListRows(events)
    rows.refresh()
    return rows


@pytest.fixture
def rows() -> ListRows:
    return refreshed([event(seq) for seq in range(1, 21)])


def test_adjacent_rows_are_read_at_once_and_the_first_row_with_them(
    rows: ListRows,
) -> None:
    found = RowCache(rows).read([7, 5, 6, 12, 14, 13])
    assert sorted(found) == [0, 5, 6, 7, 12, 13, 14]
    assert rows.reads == [0, 5, 6, 7, 12, 13, 14]


def test_the_first_row_is_read_once(rows: ListRows) -> None:
    cache = RowCache(rows)
    cache.add(cache.read([5]), [5])
    rows.reads.clear()
    cache.read([6])
    assert rows.reads == [6]


def test_rows_are_missing_until_they_are_added(rows: ListRows) -> None:
    cache = RowCache(rows)
    found = cache.read([3, 4])
    assert cache.missing([3, 4, 5]) == [3, 4, 5]
    cache.add(found, [3, 4])
    assert cache.missing([3, 4, 5]) == [5]
    cached = cache.get(3)
    assert cached is not None
    assert (cached.summary.seq, cached.time) == ("4", START + 4)
    assert cache.get(5) is None


def test_the_start_time_is_that_of_the_first_event(rows: ListRows) -> None:
    cache = RowCache(rows)
    assert isnan(cache.start_time)
    cache.add(cache.read([9]), [9])
    assert cache.start_time == START + 1


def test_a_bad_line_has_no_time() -> None:
    assert isnan(cached_row(BAD).time)


def test_the_width_is_that_of_the_largest_seq_so_far(rows: ListRows) -> None:
    cache = RowCache(rows)
    assert cache.seq_width == 0
    cache.add(cache.read([11]), [11])
    cache.add(cache.read([2]), [2])
    assert cache.seq_width == 2


@pytest.mark.parametrize(
    ("changes", "has_callers"),
    [
        ({"caller": "lead_agent"}, False),
        ({"caller": "middleware:title"}, False),
        ({"caller": "middleware:summary"}, True),
        ({"caller": "subagent:scout"}, True),
    ],
)
def test_callers_are_known_from_the_first_row_of_another_agent(
    changes: dict[str, str], has_callers: bool
) -> None:
    rows = refreshed(
        [event(1, metadata={"caller": "lead_agent"}), event(2, metadata=changes)]
    )
    cache = RowCache(rows)
    cache.add(cache.read([0]), [0])
    assert not cache.has_callers
    cache.add(cache.read([1]), [1])
    cache.add(cache.read([0]), [0])
    assert cache.has_callers == has_callers


def test_the_rows_of_a_subagent_need_the_column_of_callers() -> None:
    begun = event(1, "subagent.start", content={"task_id": "t"})
    cache = RowCache(refreshed([begun]))
    cache.add(cache.read([0]), [0])
    assert cache.has_callers


def test_a_full_cache_keeps_only_rows_near_the_screen() -> None:
    cache = RowCache(refreshed([event(seq) for seq in range(1, 5_001)]))
    cache.add(cache.read(range(4_000)), range(4_000))
    assert cache.missing(range(4_000)) == []
    near = range(3_990, 4_010)
    cache.add(cache.read(range(4_000, 4_010)), near)
    assert cache.missing(near) == []
    assert cache.missing(range(3_990)) == list(range(3_990))
