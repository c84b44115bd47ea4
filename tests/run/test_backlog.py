"""The runs that no list shows are read in the background."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from whitetail.run.backlog import Backlog
from whitetail.run.metrics import MetricsLimits, MetricsWorker
from whitetail.source.catalog import Catalog
from whitetail.source.file_rows import FileRows
from whitetail.source.prompt_and_end import read_prompt_and_end
from whitetail.source.run_files import TreeFiles
from whitetail_store import RunKey, Stamp


class Desk:
    """Runs on disk, their catalog, and the backlog over them, without pauses."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder)
        self.now = 0.0
        self.catalog = Catalog(TreeFiles(self.disk.threads), lambda: self.now)
        limits = MetricsLimits(
            reread_interval_s=0.0,
            idle_s=0.0,
            pause_s=0.0,
            long_pause_s=0.0,
            slow_s=inf,
            background_pauses=0.0,
            huge_bytes=5_000,
        )
        self.worker = MetricsWorker(
            self.catalog,
            lambda key: FileRows(key, self.catalog.path(key)),
            limits=limits,
        )
        self.backlog = Backlog(self.catalog, self.worker, self.read_heads)
        self.heads: list[RunKey] = []

    async def read_heads(self, keys: Iterable[RunKey]) -> None:
        for key in keys:
            self.heads.append(key)
            found = read_prompt_and_end(self.catalog.path(key))
            self.catalog.set_head_and_tail(key, found)

    def scan(self) -> None:
        paths = self.disk.threads.glob("*/runs/*.jsonl")
        stamps = {
            (path.parent.parent.name, path.stem): Stamp.of(path.stat())
            for path in paths
        }
        self.catalog.apply(stamps)

    async def read_all(self) -> list[RunKey]:
        """Read until nothing is left; return the runs in the order of their ends."""
        done: list[RunKey] = []
        for _ in range(1_000):
            if not await self.backlog.read_some():
                return done
            done += [key for key in self.read if key not in done]
        raise AssertionError("there is always more to read")

    @property
    def read(self) -> list[RunKey]:
        """The runs of which all rows were read."""
        threads = [entry.key for entry in self.catalog.thread_entries()]
        runs = [run for key in threads for run in self.catalog.run_entries(key)]
        return [run.key for run in runs if run.metrics is not None]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def numbers_of(desk: Desk) -> dict[str, int]:
    """Return how many runs of each thread were not read."""
    return {each.key: each.numbers.unread for each in desk.catalog.thread_entries()}


async def test_all_runs_are_read_the_newest_first(desk: Desk) -> None:
    for age, thread in enumerate("abc"):
        desk.disk.write_run(thread, "r", "a question", age=1_000 * (3 - age))
    desk.scan()
    assert numbers_of(desk) == {"a": 1, "b": 1, "c": 1}
    done = await desk.read_all()
    assert done == [("c", "r"), ("b", "r"), ("a", "r")]
    assert numbers_of(desk) == {"a": 0, "b": 0, "c": 0}


async def test_titles_are_read_before_whole_runs(desk: Desk) -> None:
    for number in range(20):
        desk.disk.write_run(f"t{number}", "r", "a question", age=number)
    desk.scan()
    while len(desk.heads) < 20:
        assert await desk.backlog.read_some()
        assert desk.read == []
    assert len(await desk.read_all()) == 20


async def test_long_runs_are_read_only_on_request(desk: Desk) -> None:
    desk.disk.write_run("t", "long", "a question", *["x" * 90] * 100)
    desk.disk.write_run("t", "r", "a question")
    desk.scan()
    assert await desk.read_all() == [("t", "r")]
    assert numbers_of(desk) == {"t": 1}
    desk.worker.requested.add(("t", "long"))
    await desk.read_all()
    assert numbers_of(desk) == {"t": 0}


async def test_nothing_is_read_while_the_open_run_changes(desk: Desk) -> None:
    desk.disk.write_run("t", "r", "a question")
    desk.scan()
    desk.worker.slow_down()
    assert await desk.backlog.read_some()
    assert desk.heads == []


async def test_the_open_run_and_those_that_grow_are_left_out(desk: Desk) -> None:
    for name in "abc":
        desk.disk.write_run(name, "r", "a question")
    desk.scan()
    desk.worker.skipped = ("a", "r")
    desk.now = desk.disk.path("b", "r").stat().st_mtime
    desk.disk.add_event("b", "r", "run.end", {})
    desk.scan()
    done = await desk.read_all()
    assert ("a", "r") not in done and ("b", "r") not in done
    desk.now += 60
    assert ("b", "r") in await desk.read_all()


async def test_a_run_that_cannot_be_read_ends_nothing(desk: Desk) -> None:
    for name in "abc":
        desk.disk.write_run(name, "r", "a question")
    desk.scan()
    while len(desk.heads) < 3:
        await desk.backlog.read_some()
    desk.disk.path("b", "r").unlink()
    assert len(await desk.read_all()) == 2
