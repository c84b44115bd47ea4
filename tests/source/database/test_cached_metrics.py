"""What was read of whole runs of a database is not read again until they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.table import Table, watch_statements
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.run.metrics import MetricsWorker
from whitetail.source.database.address import address_of
from whitetail.source.database.connection import Database, Selected, open_database
from whitetail.source.database.listing import DatabaseListing
from whitetail.source.database.source import DatabaseSource
from whitetail.source.metrics_cache import MetricsCache, RunIdentities, user_cache
from whitetail_store import RunKey

RUNS = {("t", "r"), ("t", "s"), ("t/u", "r")}


class Program:
    """Reads a database with a cache, and counts the events that it reads."""

    def __init__(
        self, table: Table, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.table = table
        self.path = folder / "cache" / "metrics.sqlite"
        self.user_id: str | None = None
        self.rows_read = 0

        def count(statement: str, _: list[Any], found: Selected) -> None:
            if "content" in statement:
                self.rows_read += len(found.rows)

        watch_statements(monkeypatch, count)

    def open(self) -> Database:
        address = address_of(self.table.url)
        assert address is not None
        return open_database(replace(address, user_id=self.user_id))

    def cache(self, runs: RunIdentities) -> MetricsCache:
        return user_cache(runs, self.path)

    def read(self) -> list[tuple[RunKey, int]]:
        """Read all runs as a command does; return those of which rows were read."""
        listing = DatabaseListing(self.open(), open_cache=self.cache)
        listing.scan()
        keys, read = listing.newest_written(), []
        for key in keys:
            listing.read(key)
        for key in keys:
            before = self.rows_read
            rows = listing.read_whole(key).rows
            assert rows == listing.count_events(key)
            if self.rows_read > before:
                read.append((key, rows))
        assert listing.close() == []
        return sorted(read)

    async def show(self) -> int:
        """Read all runs as the screen does; return how many events were read."""
        before = self.rows_read
        source = DatabaseSource(self.open(), open_cache=self.cache)
        worker = MetricsWorker(source.catalog, source.open, source.open_cache)
        changes = source.changes()
        try:
            async with asyncio.timeout(WAIT_TIMEOUT_S):
                await anext(changes)
                before = self.rows_read
                while await worker.read_some(RUNS) or await source.read_some([], RUNS):
                    pass
                await worker.save_cache()
                for key in RUNS:
                    known = source.catalog.known(key)
                    assert known is not None
                    assert known.metrics is not None
        finally:
            await asyncio.to_thread(source.close)
        return self.rows_read - before


@pytest.fixture
def program(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return a program over a table with three runs."""
    for seq in (1, 2, 3):
        table.add(seq, "an answer")
    table.add(4, "an answer", run_id="s", user_id="deer")
    table.add(1, "an answer", thread_id="t/u")
    return Program(table, tmp_path, monkeypatch)


def test_the_next_command_reads_no_run(program: Program) -> None:
    assert [key for key, _ in program.read()] == sorted(RUNS)
    before = program.rows_read
    assert program.read() == []
    assert program.rows_read == before


def grow(table: Table) -> None:
    table.add(5, "one more")


def delete_in_the_middle(table: Table) -> None:
    table.run("DELETE FROM run_events WHERE thread_id = 't' AND seq = 2")


def exchange_in_the_middle(table: Table) -> None:
    delete_in_the_middle(table)
    table.add(2, "another")


def write_again(table: Table) -> None:
    table.run("DELETE FROM run_events WHERE thread_id = 't' AND run_id = 'r'")
    for seq in (1, 2, 3):
        table.add(seq, "another")


@pytest.mark.parametrize(
    "change", [grow, delete_in_the_middle, exchange_in_the_middle, write_again]
)
def test_a_run_that_has_changed_is_read_again(
    program: Program, change: Callable[[Table], None]
) -> None:
    program.read()
    change(program.table)
    assert [key for key, _ in program.read()] == [("t", "r")]
    assert program.read() == []


def test_a_user_has_other_numbers(program: Program) -> None:
    program.read()
    program.user_id = "deer"
    assert program.read() == [(("t", "s"), 1)]
    assert program.read() == []
    program.user_id = None
    assert program.read() == []


async def test_commands_and_the_screen_share_what_they_have_read(
    program: Program,
) -> None:
    assert await program.show() > 0
    assert await asyncio.to_thread(program.read) == []
    program.path.unlink()
    await asyncio.to_thread(program.read)
    assert await program.show() == 0
