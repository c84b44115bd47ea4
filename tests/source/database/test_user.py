"""Of a user, only the rows are read that have the user's id."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.helpers.table import Table
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source.database.address import address_of
from whitetail.source.database.connection import Database, open_database
from whitetail.source.database.heads import read_head_and_tail
from whitetail.source.database.listing import DatabaseListing
from whitetail.source.database.rows import DatabaseRows
from whitetail.source.database.source import DatabaseSource
from whitetail.source.database.watcher import DatabaseWatcher
from whitetail_store import DatabaseError, RunEvent, RunKey

USER = "deer' OR '%s' = '?"
MINE, MIXED = ("t", "mine"), ("u", "mixed")


@pytest.fixture
def database(table: Table) -> Iterator[Database]:
    """Return a table with rows of two users and of none, as one user reads it."""
    table.add(1, run_id="elk", user_id="elk")
    table.add(2, run_id="none")
    for seq in (3, 4):
        table.add(seq, run_id="mine", user_id=USER)
    table.add(1, thread_id="u", run_id="mixed", user_id=USER)
    for seq, user in ((2, "elk"), (3, None), (4, "elk")):
        table.add(seq, thread_id="u", run_id="mixed", user_id=user)
    database = opened(table)
    yield database
    database.close()


def opened(table: Table) -> Database:
    address = address_of(table.url)
    assert address is not None
    return open_database(replace(address, user_id=USER))


def seqs(rows: DatabaseRows) -> list[int]:
    return [event.seq for event in rows[:] if isinstance(event, RunEvent)]


def rows_of(database: Database, key: RunKey) -> DatabaseRows:
    rows = DatabaseRows(key, database, Counter())
    rows.refresh()
    return rows


def test_lists_have_the_runs_of_the_user(database: Database) -> None:
    listing = DatabaseListing(database)
    assert set(listing.scan()) == {MINE, MIXED}
    assert listing.scan() == {}
    assert [listing.count_events(key) for key in (MINE, MIXED)] == [2, 1]
    head = read_head_and_tail(database, MIXED, Counter())
    assert head is not None
    assert (len(head.head), len(head.tail), head.rows) == (1, 1, 1)


def test_an_open_run_has_the_rows_of_the_user(database: Database) -> None:
    rows = rows_of(database, MIXED)
    assert seqs(rows) == [1]
    assert rows.row_of(1, len(rows)) == 0
    assert rows.row_of(2, len(rows)) is None
    assert [each.row for piece in rows.scan(None) for each in piece.rows] == [0]
    assert len(rows_of(database, ("t", "elk"))) == 0


def test_without_a_user_all_rows_are_read(database: Database, table: Table) -> None:
    everything = table.open()
    listing = DatabaseListing(everything)
    assert len(listing.scan()) == 4
    assert seqs(rows_of(everything, MIXED)) == [1, 2, 3, 4]


def test_what_arrives_is_that_of_the_user(database: Database, table: Table) -> None:
    watcher = DatabaseWatcher(database)
    rows = rows_of(database, MIXED)
    seen: list[set[RunKey]] = []

    async def watch() -> None:
        seen.append(set((await anext(watcher.queue)).runs))
        table.add(9, thread_id="u", run_id="mixed", user_id="elk")
        table.add(10, thread_id="u", run_id="other", user_id="elk")
        table.add(11, thread_id="u", run_id="mixed", user_id=USER)
        seen.append(set((await anext(watcher.queue)).runs))

    watcher.start()
    try:
        asyncio.run(asyncio.wait_for(watch(), WAIT_TIMEOUT_S))
    finally:
        watcher.close()
    assert seen == [{MINE, MIXED}, {MIXED}]
    rows.refresh()
    assert seqs(rows) == [1, 11]


def test_a_run_that_others_go_on_with_stays_listed(
    database: Database, table: Table
) -> None:
    listing = DatabaseListing(database)
    table.add(1, thread_id="v", run_id="both", user_id="elk")
    table.add(2, thread_id="v", run_id="both", user_id=USER)
    assert ("v", "both") in listing.scan()
    table.add(3, thread_id="v", run_id="both", user_id="elk")
    assert listing.scan() == {}


def test_a_table_without_users_is_refused(empty: Table) -> None:
    empty.create()
    empty.run("DROP INDEX ix_events_user")
    empty.run("ALTER TABLE run_events DROP COLUMN user_id")
    DatabaseSource(empty.open()).check()
    database = opened(empty)
    with pytest.raises(DatabaseError, match=r"has other columns than DeerFlow's$"):
        DatabaseSource(database).check()
    database.close()


def test_a_user_that_is_not_valid_unicode_is_a_sentence(table: Table) -> None:
    address = address_of(table.url)
    assert address is not None
    database = open_database(replace(address, user_id="\udcff"))
    with pytest.raises(DatabaseError, match=r"an id is not valid Unicode$"):
        DatabaseSource(database).check()
    database.close()
