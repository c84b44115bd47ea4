from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.disk import Disk
from whitetail.run.metrics import MetricsLimits, MetricsWorker
from whitetail.source.catalog import Catalog
from whitetail.source.file_rows import FileRows
from whitetail.source.prompt_and_end import read_prompt_and_end
from whitetail.source.run_files import TreeFiles
from whitetail.trace.stats.metrics import MetricsBuilder, RunMetrics
from whitetail.trace.verdict.status import RunStatus
from whitetail_store import BadLine, RunEvent, RunKey, RunLog, Stamp

RUN = ("t", "r")


class Bench:
    """Runs on disk, their catalog, and the worker that reads them without pauses."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.disk = Disk(folder)
        self.catalog = Catalog(TreeFiles(self.disk.threads), lambda: 0.0)
        limits = MetricsLimits(reread_interval_s=0.0, idle_s=0.0, pause_s=0.0)
        self.worker = MetricsWorker(
            self.catalog,
            lambda key: FileRows(key, self.catalog.path(key)),
            limits=limits,
        )
        self.batches: list[int] = []
        """The number of rows in each batch that was read."""
        feed = MetricsBuilder.feed

        def record(builder: MetricsBuilder, rows: Sequence[RunEvent | BadLine]) -> None:
            self.batches.append(len(rows))
            feed(builder, rows)

        monkeypatch.setattr(MetricsBuilder, "feed", record)

    def limit(self, **changes: Any) -> None:
        """Change limits of the worker."""
        self.worker.limits = replace(self.worker.limits, **changes)

    def scan(self) -> None:
        """Give the catalog the runs on disk, and the head and tail of each."""
        seen = {
            (path.parent.parent.name, path.stem): Stamp.of(path.stat())
            for path in self.disk.threads.glob("*/runs/*.jsonl")
        }
        gone = {key: None for key in self.catalog.run_keys("t") if key not in seen}
        self.catalog.apply({**seen, **gone})
        for key in seen:
            try:
                self.catalog.set_head_and_tail(
                    key, read_prompt_and_end(self.catalog.path(key))
                )
            except OSError:
                self.catalog.set_head_and_tail(key, None)

    async def measure(self, *keys: RunKey) -> None:
        """Read runs until there is nothing left to read."""
        for _ in range(100):
            if not await self.worker.read_some(keys or [RUN]):
                return
        raise AssertionError("there is always more to read")

    def metrics(self, key: RunKey = RUN) -> RunMetrics | None:
        """Return the metrics of a run in the catalog."""
        entries = {each.key: each for each in self.catalog.run_entries(key[0])}
        return entries[key].metrics


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


async def test_a_run_is_read_whole_in_batches(bench: Bench) -> None:
    bench.disk.write_run("t", "r", "a question", *["an answer"] * 500)
    bench.scan()
    await bench.worker.read_some([RUN])
    assert bench.metrics() is None
    await bench.measure()
    metrics = bench.metrics()
    assert metrics and metrics.rows == 503
    assert metrics.status_facts.final is RunStatus.ANSWERED
    assert bench.batches == [200, 200, 103]


async def test_the_first_of_the_given_runs_is_read_first(bench: Bench) -> None:
    keys = [("t", name) for name in "abc"]
    for _, name in keys:
        bench.disk.write_run("t", name, "a question")
    bench.scan()
    await bench.worker.read_some([keys[1], keys[0]])
    assert [bool(bench.metrics(key)) for key in keys] == [False, True, False]
    await bench.measure(keys[1], keys[0])
    assert bench.metrics(keys[2]) is None


async def test_large_runs_are_read_last_and_continue_where_they_were_left(
    bench: Bench,
) -> None:
    bench.limit(large_bytes=20_000)
    bench.disk.write_run("t", "long", "a question", *["x" * 90] * 250)
    bench.disk.write_run("t", "r", "a question")
    bench.scan()
    long = ("t", "long")
    await bench.worker.read_some([long])
    await bench.worker.read_some([long, RUN])
    assert (bench.metrics(RUN) is None, bench.metrics(long)) == (False, None)
    await bench.measure(long, RUN)
    assert bench.metrics(long)
    assert bench.batches == [200, 3, 53]


async def test_a_huge_run_is_not_read(bench: Bench) -> None:
    bench.limit(huge_bytes=500)
    bench.disk.write_run("t", "r", "a question", "x" * 1_000)
    bench.scan()
    await bench.measure(RUN)
    assert bench.metrics() is None
    bench.limit(huge_bytes=5_000)
    await bench.measure(RUN)
    assert bench.metrics()


async def test_of_a_run_that_grows_only_the_new_rows_are_read(bench: Bench) -> None:
    bench.disk.write_run("t", "r", "a question", *["more"] * 50, age=1, ended=False)
    for number in range(3):
        bench.scan()
        await bench.measure()
        metrics = bench.metrics()
        assert metrics and metrics.rows == 52 + number
        bench.disk.add_reply("t", "r", "and more")
    assert bench.batches == [52, 1, 1]


async def test_a_run_that_has_ended_is_closed(bench: Bench) -> None:
    bench.disk.write_run("t", "r", "a question", age=9_000)
    bench.disk.write_run("t", "live", "a question", age=1, ended=False)
    bench.scan()
    await bench.measure(RUN, ("t", "live"))
    assert bench.worker.open_runs == [("t", "live")]


async def test_a_limited_number_of_runs_is_kept_open(bench: Bench) -> None:
    bench.limit(open_runs=3)
    keys = [("t", f"r{number}") for number in range(9)]
    for _, name in keys:
        bench.disk.write_run("t", name, "a question", age=1, ended=False)
    bench.scan()
    await bench.measure(*keys)
    assert all(bench.metrics(key) for key in keys)
    assert len(bench.worker.open_runs) <= 3


async def test_a_run_whose_file_was_replaced_is_read_from_the_start(
    bench: Bench,
) -> None:
    path = bench.disk.write_run("t", "r", "a question", *["x"] * 9, age=1, ended=False)
    bench.scan()
    await bench.measure()
    path.unlink()
    bench.disk.write_run("t", "r", "another question", "an answer", age=1)
    bench.scan()
    await bench.measure()
    metrics = bench.metrics()
    assert metrics and metrics.rows == 4
    assert metrics.status_facts.final is RunStatus.ANSWERED


async def test_a_run_whose_file_is_replaced_during_the_read_is_read_from_the_start(
    bench: Bench,
) -> None:
    path = bench.disk.write_run("t", "r", "a question", *["x"] * 500)
    bench.scan()
    await bench.worker.read_some([RUN])
    path.unlink()
    bench.disk.write_run("t", "r", "another question", "an answer")
    bench.scan()
    await bench.measure()
    metrics = bench.metrics()
    assert metrics and metrics.rows == 4


async def test_a_run_that_is_gone_is_closed(bench: Bench) -> None:
    path = bench.disk.write_run("t", "r", "a question", age=1, ended=False)
    bench.scan()
    await bench.measure()
    path.unlink()
    await bench.measure()
    bench.scan()
    await bench.measure()
    assert not bench.worker.open_runs
    assert bench.catalog.run_entries("t") == []


async def test_a_run_deleted_before_it_is_read_has_no_metrics(bench: Bench) -> None:
    path = bench.disk.write_run("t", "r", "a question")
    bench.scan()
    path.unlink()
    await bench.measure()
    assert bench.metrics() is None


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0,
    reason="needs file modes that apply to the user",
)
async def test_an_unreadable_run_is_tried_once(bench: Bench) -> None:
    path = bench.disk.write_run("t", "r", "a question")
    bench.scan()
    path.chmod(0)
    await bench.measure()
    assert bench.metrics() is None


async def test_a_link_is_tried_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.disk.write_run("t", "r", "a question")
    bench.scan()
    attempts = 0
    refresh = RunLog.refresh

    def count(log: RunLog) -> int:
        nonlocal attempts
        attempts += 1
        return refresh(log)

    monkeypatch.setattr(RunLog, "refresh", count)
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    for _ in range(3):
        await bench.measure()
    assert (attempts, bench.metrics()) == (1, None)


async def test_a_run_that_always_grows_is_not_read_all_the_time(bench: Bench) -> None:
    bench.limit(reread_interval_s=60.0)
    bench.disk.write_run("t", "r", "a question", age=1, ended=False)
    bench.scan()
    await bench.measure()
    bench.disk.add_reply("t", "r", "more")
    bench.scan()
    assert not bench.worker.is_waiting
    assert await bench.worker.read_some([RUN])
    assert bench.worker.is_waiting
    assert bench.batches == [2]
