"""Deletes and their undo over a database, as the app does them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from tests.helpers.table import Table
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source.database.source import DatabaseSource
from whitetail.source.database.whole_rows import WholeRows
from whitetail.source.deletion import Deletions
from whitetail_store import DatabaseError

KEY, OTHER = ("t", "r"), ("u", "r")


@pytest.fixture
def filled(table: Table) -> Table:
    content = {"type": "human", "content": "Count the deer"}
    table.add(1, content, event_type="llm.human.input")
    table.add(2, "Seven")
    table.add(1, thread_id="u")
    return table


@asynccontextmanager
async def opened(table: Table, folder: Path) -> AsyncIterator[DatabaseSource]:
    source = DatabaseSource(table.open(), trash=folder / "trash")
    try:
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            yield source
    finally:
        await asyncio.to_thread(source.close)


def deletions(source: DatabaseSource) -> Deletions:
    assert source.deletions is not None
    return source.deletions


def count(table: Table) -> int:
    return int(table.run("SELECT count(*) FROM run_events")[0][0])


async def test_the_last_delete_is_undone_and_listed_again(
    filled: Table, tmp_path: Path
) -> None:
    async with opened(filled, tmp_path) as source:
        changes = source.changes()
        await anext(changes)
        plan = deletions(source).plan([KEY, OTHER], {})
        assert plan.summary("3 events") == "2 runs, 3 events"
        result = await deletions(source).delete([KEY, OTHER, ("u", "gone")])
        assert (result.deleted, result.events) == ((KEY, OTHER), 3)
        assert result.missing == (("u", "gone"),)
        assert (count(filled), source.catalog.run_keys("t")) == (0, [])
        # Before the watcher has seen that they were gone.
        assert await deletions(source).undo() == ([KEY, OTHER], [])
        source.rescan()
        found: set[tuple[str, str]] = set()
        while not found >= {KEY, OTHER}:
            found |= (await anext(changes))[0].runs.keys()
        assert source.catalog.run_keys("t") == [KEY]
        assert count(filled) == 3


async def test_a_deleted_run_has_its_title_in_the_trash_of_the_database(
    filled: Table, tmp_path: Path
) -> None:
    async with opened(filled, tmp_path) as source:
        await deletions(source).delete([KEY])
        deletions(source).close()
    async with opened(filled, tmp_path) as source:
        (entry,) = await deletions(source).with_titles(await deletions(source).trash())
        assert (entry.run, entry.title) == (KEY, "Count the deer")
        assert await deletions(source).restore([entry]) == ([KEY], [])
        assert await deletions(source).trash() == []
        assert count(filled) == 3


async def test_old_runs_are_removed_from_the_trash_of_a_database(
    filled: Table, tmp_path: Path
) -> None:
    async with opened(filled, tmp_path) as source:
        await deletions(source).delete([KEY])
        assert await deletions(source).clean(time.time() + 7 * 86_401) == 0
        deletions(source).close()
    async with opened(filled, tmp_path) as source:
        assert await deletions(source).clean(time.time() + 7 * 86_401) == 1
        assert await deletions(source).trash() == []


async def test_a_run_that_is_written_again_is_reported(
    filled: Table, tmp_path: Path
) -> None:
    async with opened(filled, tmp_path) as source:
        await deletions(source).delete([KEY])
        assert await deletions(source).recreated([KEY]) == []
        filled.add(3)
        assert await deletions(source).recreated([KEY]) == [KEY]


async def test_a_cancelled_delete_is_undone(
    filled: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, begun, begin = asyncio.get_running_loop(), asyncio.Event(), WholeRows.begin

    def note_and_begin(table: WholeRows, threads: list[str]) -> None:
        loop.call_soon_threadsafe(begun.set)
        begin(table, threads)

    monkeypatch.setattr(WholeRows, "begin", note_and_begin)
    async with opened(filled, tmp_path) as source:
        deleting = asyncio.ensure_future(deletions(source).delete([KEY]))
        await begun.wait()
        deleting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await deleting
        assert count(filled) == 3
        assert await deletions(source).trash() == []


@pytest.mark.parametrize(
    ("is_done", "reason"),
    [
        (False, "server closed the connection unexpectedly"),
        (True, "server closed the connection unexpectedly"),
        (True, "could not receive data from server: No route to host"),
    ],
)
async def test_a_connection_that_is_lost_during_the_commit_loses_no_run(
    postgres_table: Table,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_done: bool,
    reason: str,
) -> None:
    postgres_table.add(1)
    commit = WholeRows.commit

    def commit_and_lose(table: WholeRows) -> None:
        monkeypatch.setattr(WholeRows, "commit", commit)
        if is_done:
            commit(table)
        raise psycopg.OperationalError(reason)

    monkeypatch.setattr(WholeRows, "commit", commit_and_lose)
    async with opened(postgres_table, tmp_path) as source:
        with pytest.raises(DatabaseError):
            await deletions(source).delete([KEY])
        assert count(postgres_table) == 1
        # It is not known whether the rows were deleted, so they are kept.
        assert len(await deletions(source).trash()) == (0 if is_done else 1)


async def test_a_refused_delete_leaves_the_lists_as_they_are(
    filled: Table, tmp_path: Path
) -> None:
    async with opened(filled, tmp_path) as source:
        await anext(source.changes())
        filled.run("ALTER TABLE run_events RENAME TO gone")
        with pytest.raises(DatabaseError, match="it has no table `run_events`"):
            await deletions(source).delete([KEY])
        assert source.catalog.run_keys("t") == [KEY]
        assert not deletions(source).can_undo


async def test_nothing_is_deleted_without_a_folder_for_a_trash(filled: Table) -> None:
    source = DatabaseSource(filled.open())
    assert source.deletions is None
    await asyncio.to_thread(source.close)
