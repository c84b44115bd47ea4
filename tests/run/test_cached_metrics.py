"""The metrics that one whitetail has read are those of the next one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.run.backlog import Backlog
from whitetail.run.metrics import MetricsLimits, MetricsWorker
from whitetail.source.file_rows import FileRows
from whitetail.source.locate import TreeLocation
from whitetail.source.metrics_cache import MetricsCache, RunIdentities, user_cache
from whitetail.source.source import FileSource
from whitetail.trace.stats.metrics import run_totals
from whitetail.trace.stats.stats import RunStats
from whitetail.view.lists.entries import RunEntry
from whitetail_store import RunKey

LIMITS = MetricsLimits(
    reread_interval_s=0.0, idle_s=0.0, pause_s=0.0, background_pauses=0.0, cached_runs=3
)


class Program:
    """A source whose runs are read in the background."""

    def __init__(self, disk: Disk, *, has_cache: bool = True) -> None:
        self.opened: list[RunKey] = []
        path = disk.base.parent / "metrics.sqlite"

        def open_cache(runs: RunIdentities) -> MetricsCache:
            # The files are new; for the cache, they are a minute old.
            return user_cache(runs, path, lambda: time.time() + 60)

        location = TreeLocation(disk.base)
        self.source = FileSource(location, None, open_cache if has_cache else None)
        catalog = self.source.catalog
        self.worker = MetricsWorker(catalog, self.open, self.source.open_cache, LIMITS)
        self.backlog = Backlog(
            catalog, self.worker, lambda runs: self.source.read_some((), runs)
        )

    def open(self, key: RunKey) -> FileRows:
        self.opened.append(key)
        return self.source.open(key)

    async def read_all(self) -> list[RunEntry]:
        """Read all runs; return them as lists show them."""
        self.source.start(timeout_s=WAIT_TIMEOUT_S)
        while await self.worker.read_some([]) or await self.backlog.read_some():
            pass
        self.source.close()
        catalog = self.source.catalog
        threads = sorted(each.key for each in catalog.thread_entries())
        return [run for thread in threads for run in catalog.run_entries(thread)]


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    disk = Disk(tmp_path)
    for number in range(11):
        disk.write_run("t", f"r{number}", f"Question {number}", "Answer")
    return disk


async def test_the_next_whitetail_reads_no_run(disk: Disk) -> None:
    first = Program(disk)
    entries = await first.read_all()
    assert len(set(first.opened)) == len(entries) == 11
    second = Program(disk)
    assert await second.read_all() == entries
    assert second.opened == []


async def test_the_next_whitetail_reads_what_has_changed(disk: Disk) -> None:
    await Program(disk).read_all()
    then = time.time() - 3_600
    disk.add_reply("t", "r3", "Another answer", at=then)
    os.utime(disk.path("t", "r3"), (then, then))
    disk.write_run("t", "new", "A new question", "Answer")
    second = Program(disk)
    entries = await second.read_all()
    assert set(second.opened) == {("t", "r3"), ("t", "new")}
    assert {each.key[1]: each.events for each in entries}["r3"] == 5


async def test_the_open_run_is_kept_also_if_it_was_read_before_the_cache_was_open(
    disk: Disk,
) -> None:
    key = ("t", "r3")
    first = Program(disk)
    first.source.start(timeout_s=WAIT_TIMEOUT_S)
    rows = first.source.open(key)
    rows.refresh()
    stats = RunStats()
    stats.feed(rows[:])
    assert rows.stamp is not None
    await first.worker.remember(key, run_totals(stats), rows.stamp)
    first.worker.skipped = key
    await first.read_all()
    assert key not in first.opened
    second = Program(disk)
    await second.read_all()
    assert second.opened == []


async def test_a_source_without_a_cache_is_read(disk: Disk) -> None:
    program = Program(disk, has_cache=False)
    assert len(await program.read_all()) == 11
    assert not (disk.base.parent / "metrics.sqlite").exists()
