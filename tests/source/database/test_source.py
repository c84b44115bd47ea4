from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

import pytest

from tests.helpers.any_store import close_store, open_store
from tests.helpers.events import RunBuilder
from tests.helpers.table import Table
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source.database.address import address_of
from whitetail.source.database.connection import Database, open_database
from whitetail.source.database.source import DatabaseSource
from whitetail.source.database.statements import count_events
from whitetail_store import DatabaseError, RunEvent

KEY = ("t", "r")


async def by_statements(table: Table, records: list[dict[str, object]]) -> None:
    table.create()
    table.fill(records)


async def by_the_store(table: Table, records: list[dict[str, object]]) -> None:
    store = open_store(table.url)
    await store.put_batch(records)  # type: ignore[arg-type]
    await close_store(store)


@pytest.fixture(params=[by_statements, by_the_store])
async def filled(request: pytest.FixtureRequest, empty: Table) -> Table:
    """Return a table with a run that has ended, and one that has not."""
    write: Callable[[Table, list[dict[str, object]]], Awaitable[None]] = request.param
    run = RunBuilder()
    run.prompt("Count the deer")
    run.reply("", ("ls", "a"))
    run.result("a")
    run.reply("Seven")
    run.add("run.end", {}, status="success")
    await write(empty, [of_run(each, "r") for each in run.rows])
    return empty


def of_run(event: object, run_id: str) -> dict[str, object]:
    assert isinstance(event, RunEvent)
    names = ("event_type", "category", "content", "metadata", "seq", "created_at")
    values = {name: getattr(event, name) for name in names}
    return {"thread_id": "t", "run_id": run_id, **values}


@asynccontextmanager
async def opened(table: Table) -> AsyncIterator[DatabaseSource]:
    """Open a source, and read what the list of its runs needs."""
    source = DatabaseSource(table.open())
    changes = source.changes()
    try:
        found, _ = await anext(changes)
        assert found.first
        while await source.read_some([KEY[0]], source.catalog.run_keys(KEY[0])):
            pass
        yield source
    finally:
        await asyncio.to_thread(source.close)


async def test_lists_have_titles_times_and_counts_but_no_sizes(filled: Table) -> None:
    async with opened(filled) as source:
        (entry,) = source.catalog.run_entries("t")
        assert entry.prompt == "Count the deer"
        assert (entry.events, entry.size) == (5, None)
        assert entry.took == 4.0
        (thread,) = source.catalog.thread_entries()
        assert (thread.title, thread.numbers.size) == ("Count the deer", None)
        assert source.count_events(KEY) == 5
        assert source.deletions is None


async def test_rows_are_scanned_as_they_are_numbered_when_open(filled: Table) -> None:
    async with opened(filled) as source:
        rows = source.open(KEY)
        assert source.open(KEY) is rows
        assert source.open_apart(KEY) is not rows
        for again in (False, True):
            found = [
                (scanned.row, scanned.event)
                for piece in source.scan(KEY, None)
                for scanned in piece.rows
            ]
            rows.refresh()
            assert [row for row, _ in found] == [0, 1, 2, 3, 4]
            assert [event for _, event in found] == rows[:], again
        stamp = rows.stamp
        known = source.catalog.known(KEY)
        assert known is not None
        assert known.stamp == stamp


async def test_runs_are_read_again_once_the_database_is_back(table: Table) -> None:
    table.add(1)
    table.add(2, run_id="open")
    table.add(3, run_id="unreadable")
    source = DatabaseSource(table.open())
    try:
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            changes = aiter(source.changes())
            await anext(changes)
            rows = source.open(("t", "open"))
            table.run("ALTER TABLE run_events RENAME TO gone")
            while not (await anext(changes))[0].problems:
                pass
            source.catalog.set_metrics(("t", "unreadable"), None, None)
            table.run("ALTER TABLE gone RENAME TO run_events")
            while (found := (await anext(changes))[0]).problems:
                pass
            assert set(found.runs) == {rows.key, ("t", "unreadable")}
            assert source.catalog.runs_to_read([], found.runs) == [("t", "unreadable")]
    finally:
        await asyncio.to_thread(source.close)


async def test_a_database_without_the_table_is_refused_in_one_sentence(
    empty: Table,
) -> None:
    empty.run("CREATE TABLE other (id INTEGER)")
    with pytest.raises(DatabaseError, match=r"it has no table `run_events`$"):
        DatabaseSource(empty.open()).check()
    empty.run("CREATE TABLE run_events (id INTEGER)")
    with pytest.raises(DatabaseError, match=r"has other columns than DeerFlow's$"):
        DatabaseSource(empty.open()).check()


def test_a_server_that_cannot_be_reached_is_a_sentence_without_the_password() -> None:
    refused = "postgresql://deer:secret@127.0.0.1:1/runs?connect_timeout=2"
    unparsed = "postgresql://deer:se%zzcret@127.0.0.1:1/runs"
    port = "postgresql://deer:secret@127.0.0.1:port/runs"
    for url, reason in (
        (refused, "no server answers at this address"),
        (unparsed, "no URL of Postgres"),
        (port, "no URL of Postgres"),
    ):
        address = address_of(url)
        assert address is not None
        with pytest.raises(DatabaseError, match=reason) as caught:
            open_database(address).select("SELECT 1")
        shown = "".join(traceback.format_exception(caught.value))
        assert "cret" not in shown.replace(url, "")


def test_a_file_that_another_program_has_locked_is_a_sentence(
    sqlite_table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whitetail.source.database.sqlite.LOCKED_S", 0.01)
    source = DatabaseSource(sqlite_table.open())
    locked = r"has locked the database$"
    with sqlite_table.locked(), pytest.raises(DatabaseError, match=locked):
        source.check()
    DatabaseSource(sqlite_table.open()).check()


def test_a_damaged_file_is_a_sentence(sqlite_table: Table) -> None:
    data = sqlite_table.path.read_bytes()
    sqlite_table.path.write_bytes(data[:100] + bytes(len(data) - 100))
    with pytest.raises(DatabaseError, match=r"damaged$|not a SQLite database$"):
        DatabaseSource(sqlite_table.open()).check()


class Replacing:
    """A value of a statement; the file of a table is replaced while it is bound."""

    def __init__(self, table: Table, database: Database) -> None:
        self._table, self._database = table, database

    def __conform__(self, _: object) -> int:
        path = self._table.path
        other = path.with_name("other.db")
        shutil.copy(path, other)
        with closing(sqlite3.connect(other)) as connection, connection:
            connection.execute("DELETE FROM run_events")
        other.replace(path)
        # Another thread opens the file that is there now.
        assert count_events(self._database, ("t", "r")) == 0
        return 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows replaces no open file")
def test_no_connection_stays_at_a_file_that_was_replaced(sqlite_table: Table) -> None:
    sqlite_table.add(1)
    database = sqlite_table.open()
    assert count_events(database, ("t", "r")) == 1
    database.select("SELECT %s", (Replacing(sqlite_table, database),))
    assert count_events(database, ("t", "r")) == 0


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_nothing_can_be_written(sqlite_table: Table, mode: str) -> None:
    sqlite_table.run(f"PRAGMA journal_mode = {mode}")
    sqlite_table.add(1)
    with pytest.raises(DatabaseError, match=r"can only be read$"):
        sqlite_table.open().select("DELETE FROM run_events")
    assert sqlite_table.open().select("SELECT seq FROM run_events") == [(1,)]


def test_nothing_can_be_written_to_a_server(postgres_table: Table) -> None:
    with pytest.raises(DatabaseError, match=r"can only be read$"):
        postgres_table.open().select("DELETE FROM run_events")
