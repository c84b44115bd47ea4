from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from tests.helpers.table import Table
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source.change_queue import Changes
from whitetail.source.database import watcher
from whitetail.source.database.statements import (
    Arrived,
    RunState,
    arrived_after,
    list_runs,
)
from whitetail.source.database.watcher import DatabaseWatcher, Gaps
from whitetail_store import RunKey, Stamp

KEY = ("t", "r")


class Recorder:
    """Records what a watcher yields."""

    def __init__(self, watcher: DatabaseWatcher) -> None:
        self.watcher = watcher
        self.items: list[Changes] = []
        self.runs: dict[RunKey, Stamp | None] = {}

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            while not condition():
                changes = await anext(self.watcher.queue)
                self.items.append(changes)
                self.runs.update(changes.runs)

    async def until_changed(self, key: RunKey) -> None:
        before = len(self.items)
        await self.until(lambda: any(key in each.runs for each in self.items[before:]))


@asynccontextmanager
async def watching(table: Table) -> AsyncIterator[Recorder]:
    watcher = DatabaseWatcher(table.open())
    recorder = Recorder(watcher)
    watcher.start()
    try:
        await recorder.until(lambda: recorder.items)
        yield recorder
    finally:
        await asyncio.to_thread(watcher.close)


async def test_the_first_item_lists_every_run(table: Table) -> None:
    table.add(1)
    table.add(2, run_id="s")
    table.add(1, thread_id="u", run_id="r")
    async with watching(table) as seen:
        assert seen.items[0].first
        assert set(seen.runs) == {KEY, ("t", "s"), ("u", "r")}
        assert seen.items[0].problems == ()


async def test_growth_and_new_runs_are_seen(table: Table) -> None:
    table.add(1)
    async with watching(table) as seen:
        before = seen.runs[KEY]
        table.add(2)
        await seen.until_changed(KEY)
        after = seen.runs[KEY]
        assert before is not None
        assert after is not None
        assert after.size > before.size
        assert after.mtime_ns == 1_785_758_402 * 10**9
        table.add(3, run_id="new")
        await seen.until(lambda: ("t", "new") in seen.runs)
        assert not any(each.first for each in seen.items[1:])


async def test_a_deleted_run_is_noticed(table: Table) -> None:
    table.add(1)
    table.add(2, run_id="s")
    async with watching(table) as seen:
        table.run("DELETE FROM run_events WHERE run_id = 's'")
        seen.watcher.rescan()
        await seen.until(lambda: seen.runs["t", "s"] is None)


async def test_new_rows_with_the_ids_of_deleted_ones_are_seen_at_once(
    sqlite_table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that it is never time to list all runs again.
    monkeypatch.setattr(watcher, "monotonic", lambda: 0.0)
    sqlite_table.add(1)
    sqlite_table.add(2, run_id="s")
    async with watching(sqlite_table) as seen:
        sqlite_table.run("DELETE FROM run_events WHERE run_id = 's'")
        await seen.until(lambda: seen.runs["t", "s"] is None)
        sqlite_table.add(2, run_id="new")
        await seen.until(lambda: ("t", "new") in seen.runs)
    assert sqlite_table.run("SELECT max(id) FROM run_events") == [(2,)]


async def test_a_delete_while_all_runs_are_listed_is_noticed_at_once(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.add(1)
    table.add(2, run_id="s")
    asked: list[str] = []
    async with watching(table) as seen:

        def list_and_delete(*arguments: Any) -> dict[RunKey, RunState]:
            states = list_runs(*arguments)
            if "list" not in asked:
                table.run("DELETE FROM run_events WHERE run_id = 's'")
                seen.watcher.rescan()
            asked.append("list")
            return states

        def ask(*arguments: Any) -> list[Arrived]:
            asked.append("arrived")
            return arrived_after(*arguments)

        monkeypatch.setattr(watcher, "list_runs", list_and_delete)
        monkeypatch.setattr(watcher, "arrived_after", ask)
        seen.watcher.rescan()
        await seen.until(lambda: seen.runs["t", "s"] is None)
    first = asked.index("list")
    assert asked[first : first + 3] == ["list", "arrived", "list"]


async def test_rows_that_one_answer_does_not_have_are_asked_for_at_once(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def ask(*arguments: Any) -> list[Arrived]:
        found = arrived_after(*arguments)
        asked.append(len(found))
        return found

    table.add(1)
    async with watching(table) as seen:
        monkeypatch.setattr(watcher, "INTERVAL_S", 3_600.0)
        monkeypatch.setattr(watcher, "MAX_ROWS", 2)
        monkeypatch.setattr(watcher, "arrived_after", ask)
        for seq in range(2, 7):
            table.add(seq)
        # It looks once more after the short pause, and once for this.
        seen.watcher.rescan()
        await seen.until(lambda: sum(asked) == 5)


async def test_a_row_deleted_in_the_middle_of_the_run_in_sight_is_noticed(
    table: Table,
) -> None:
    for seq in range(1, 6):
        table.add(seq)
    async with watching(table) as seen:
        seen.watcher.follow(KEY)
        seen.watcher.rescan()
        table.add(6)
        await seen.until_changed(KEY)
        seen.watcher.rescan()
        table.add(7)
        await seen.until_changed(KEY)
        before = seen.runs[KEY]
        table.run("DELETE FROM run_events WHERE seq = 3")
        seen.watcher.rescan()
        await seen.until(lambda: seen.runs[KEY] != before)


async def test_a_database_that_goes_away_is_a_problem_until_it_is_back(
    table: Table,
) -> None:
    table.add(1)
    async with watching(table) as seen:
        table.run("ALTER TABLE run_events RENAME TO gone")
        await seen.until(lambda: seen.items[-1].problems)
        assert seen.items[-1].problems == ("it has no table `run_events`",)
        assert seen.items[-1].status == "not connected; trying again"
        table.run("ALTER TABLE gone RENAME TO run_events")
        table.add(2)
        await seen.until(lambda: not seen.items[-1].problems)
        await seen.until(lambda: getattr(seen.runs[KEY], "size", 0) >= 2)


async def test_a_file_that_is_replaced_is_listed_again(table: Table) -> None:
    table.add(1)
    if not table.is_sqlite:
        # A server ends the connections instead.
        async with watching(table) as seen:
            table.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND application_name = "
                "current_setting('application_name')"
            )
            table.add(2)
            await seen.until(lambda: getattr(seen.runs[KEY], "size", 0) == 2)
        return
    async with watching(table) as seen:
        aside = table.path.with_suffix(".aside")
        table.path.rename(aside)
        await seen.until(lambda: seen.items[-1].problems)
        assert "cannot be opened" in seen.items[-1].problems[0]
        table.create()
        table.add(1, run_id="other")
        await seen.until(lambda: ("t", "other") in seen.runs and not seen.runs[KEY])
        assert seen.items[-1].problems == ()


async def test_rows_of_transactions_that_end_in_another_order_are_all_seen(
    postgres_table: Table,
) -> None:
    table = postgres_table
    table.add(1)
    slow = psycopg.connect(table.url)
    async with watching(table) as seen:
        with slow:
            statement, values = table.insert(2, run_id="slow")
            slow.execute(statement.encode(), values)
            table.add(3, run_id="fast")
            await seen.until(lambda: ("t", "fast") in seen.runs)
            assert ("t", "slow") not in seen.runs
        await seen.until(lambda: ("t", "slow") in seen.runs)


async def test_a_transaction_that_began_before_the_watch_is_seen(
    postgres_table: Table,
) -> None:
    table = postgres_table
    slow = psycopg.connect(table.url)
    with slow:
        statement, values = table.insert(1, run_id="slow")
        slow.execute(statement.encode(), values)
        table.add(2)
        async with watching(table) as seen:
            assert set(seen.runs) == {KEY}
            slow.commit()
            await seen.until(lambda: ("t", "slow") in seen.runs)


def test_ids_that_were_skipped_are_asked_for_until_they_come_or_for_30_seconds() -> (
    None
):
    now = 0.0
    gaps = Gaps(lambda: now)
    gaps.arrived(10, [11, 15, 16, 20])
    assert gaps.ranges() == [(12, 14), (17, 19)]
    gaps.filled([13, 17, 99])
    assert gaps.ranges() == [(12, 12), (14, 14), (18, 19)]
    now = 29.0
    gaps.arrived(20, [22])
    now = 31.0
    assert gaps.ranges() == [(21, 21)]
