from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from whitetail.run import metrics as module
from whitetail.run.metrics import MetricsWorker
from whitetail.source.catalog import Catalog
from whitetail.trace.stats.metrics import MetricsBuilder, RunMetrics
from whitetail.trace.verdict.status import RunStatus
from whitetail_store import BadLine, RunEvent, RunKey, RunLog, Stamp

RUN = ("t", "r")


class Bench:
    """A tree on disk, what is known of it, and the meters that measure it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.disk = Disk(folder)
        self.now = 0.0
        self.catalog = Catalog(self.disk.threads, lambda: self.now)
        self.meters = MetricsWorker(self.catalog)
        self.pieces: list[int] = []
        feed = MetricsBuilder.feed

        def noted(meter: MetricsBuilder, rows: Sequence[RunEvent | BadLine]) -> None:
            self.pieces.append(len(rows))
            feed(meter, rows)

        monkeypatch.setattr(MetricsBuilder, "feed", noted)
        for name in ("_AGAIN", "_DOZE", "_BREATH"):
            monkeypatch.setattr(module, name, 0.0)

    def look(self) -> None:
        """See the disk as it is now, and read all ends."""
        seen = {
            (path.parent.parent.name, path.stem): Stamp.of(path.stat())
            for path in self.disk.threads.glob("*/runs/*.jsonl")
        }
        gone = {key: None for key in self.catalog.run_keys("t") if key not in seen}
        self.catalog.apply({**seen, **gone})
        for key in seen:
            try:
                self.catalog.set_head_and_tail(
                    key, self.catalog.read_head_and_tail(key)
                )
            except OSError:
                self.catalog.set_head_and_tail(key, None)

    async def measure(self, *keys: RunKey) -> None:
        """Read until there is nothing left to read."""
        for _ in range(100):
            if not await self.meters.read_some(keys or [RUN]):
                return
        raise AssertionError("it never ends")

    def figures(self, key: RunKey = RUN) -> RunMetrics | None:
        """Return what the lists would show."""
        entries = {each.key: each for each in self.catalog.run_entries(key[0])}
        return entries[key].metrics


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


async def test_a_run_is_read_whole_in_pieces(bench: Bench) -> None:
    bench.disk.write_run("t", "r", "a question", *["an answer"] * 500)
    bench.look()
    await bench.meters.read_some([RUN])
    assert bench.figures() is None
    await bench.measure()
    told = bench.figures()
    assert told and told.rows == 503
    assert told.status_rule.final_status is RunStatus.ANSWERED
    assert bench.pieces == [200, 200, 103]


async def test_the_first_of_those_in_sight_comes_first(bench: Bench) -> None:
    keys = [("t", name) for name in "abc"]
    for _, name in keys:
        bench.disk.write_run("t", name, "a question")
    bench.look()
    await bench.meters.read_some([keys[1], keys[0]])
    assert [bool(bench.figures(key)) for key in keys] == [False, True, False]
    await bench.measure(keys[1], keys[0])
    assert bench.figures(keys[2]) is None


async def test_long_runs_come_last_and_keep_what_was_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LARGE", 20_000)
    bench.disk.write_run("t", "long", "a question", *["x" * 90] * 250)
    bench.disk.write_run("t", "r", "a question")
    bench.look()
    long = ("t", "long")
    await bench.meters.read_some([long])
    await bench.meters.read_some([long, RUN])
    assert (bench.figures(RUN) is None, bench.figures(long)) == (False, None)
    await bench.measure(long, RUN)
    assert bench.figures(long)
    assert bench.pieces == [200, 3, 53]


async def test_a_huge_run_is_not_read_for_the_list(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HUGE", 500)
    bench.disk.write_run("t", "r", "a question", "x" * 1_000)
    bench.look()
    await bench.measure(RUN)
    assert bench.figures() is None
    monkeypatch.setattr(module, "_HUGE", 5_000)
    await bench.measure(RUN)
    assert bench.figures()


async def test_a_run_that_grows_costs_its_growth(bench: Bench) -> None:
    bench.disk.write_run("t", "r", "a question", *["more"] * 50, age=1, ended=False)
    for number in range(3):
        bench.look()
        await bench.measure()
        told = bench.figures()
        assert told and told.rows == 52 + number
        bench.disk.add_reply("t", "r", "and more")
    assert bench.pieces == [52, 1, 1]


async def test_a_run_that_is_over_is_closed(bench: Bench) -> None:
    bench.disk.write_run("t", "r", "a question", age=9_000)
    bench.disk.write_run("t", "live", "a question", age=1, ended=False)
    bench.look()
    await bench.measure(RUN, ("t", "live"))
    assert list(bench.meters._open) == [("t", "live")]


async def test_only_so_many_runs_are_kept_open(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEPT", 3)
    keys = [("t", f"r{number}") for number in range(9)]
    for _, name in keys:
        bench.disk.write_run("t", name, "a question", age=1, ended=False)
    bench.look()
    await bench.measure(*keys)
    assert all(bench.figures(key) for key in keys)
    assert len(bench.meters._open) <= 3


async def test_another_file_of_the_name_begins_anew(bench: Bench) -> None:
    path = bench.disk.write_run("t", "r", "a question", *["x"] * 9, age=1, ended=False)
    bench.look()
    await bench.measure()
    path.unlink()
    bench.disk.write_run("t", "r", "another question", "an answer", age=1)
    bench.look()
    await bench.measure()
    told = bench.figures()
    assert told and told.rows == 4
    assert told.status_rule.final_status is RunStatus.ANSWERED


async def test_a_file_replaced_while_it_is_read_begins_anew(bench: Bench) -> None:
    path = bench.disk.write_run("t", "r", "a question", *["x"] * 500)
    bench.look()
    await bench.meters.read_some([RUN])
    path.unlink()
    bench.disk.write_run("t", "r", "another question", "an answer")
    bench.look()
    await bench.measure()
    told = bench.figures()
    assert told and told.rows == 4


async def test_what_is_gone_is_forgotten(bench: Bench) -> None:
    path = bench.disk.write_run("t", "r", "a question", age=1, ended=False)
    bench.look()
    await bench.measure()
    path.unlink()
    await bench.measure()
    bench.look()
    await bench.measure()
    assert not bench.meters._open
    assert bench.catalog.run_entries("t") == []


async def test_what_goes_before_it_is_read_is_no_trouble(bench: Bench) -> None:
    path = bench.disk.write_run("t", "r", "a question")
    bench.look()
    path.unlink()
    await bench.measure()
    assert bench.figures() is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_what_may_not_be_read_is_tried_once(bench: Bench) -> None:
    path = bench.disk.write_run("t", "r", "a question")
    bench.look()
    path.chmod(0)
    await bench.measure()
    assert bench.figures() is None


async def test_a_link_is_tried_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.disk.write_run("t", "r", "a question")
    bench.look()
    tried = 0
    refresh = RunLog.refresh

    def noted(log: RunLog) -> int:
        nonlocal tried
        tried += 1
        return refresh(log)

    monkeypatch.setattr(RunLog, "refresh", noted)
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    for _ in range(3):
        await bench.measure()
    assert (tried, bench.figures()) == (1, None)


async def test_what_always_grows_rests_between_two_readings(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AGAIN", 60.0)
    bench.disk.write_run("t", "r", "a question", age=1, ended=False)
    bench.look()
    await bench.measure()
    bench.disk.add_reply("t", "r", "more")
    bench.look()
    assert await bench.meters.read_some([RUN])
    assert bench.pieces == [2]
