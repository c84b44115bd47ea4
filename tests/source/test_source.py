from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from tests.helpers.events import line
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source.change_queue import Changes
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.verdict.status import RunStatus
from whitetail_store import Stamp


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def source(disk: Disk) -> Iterator[FileSource]:
    source = FileSource(TreeLocation(disk.base))
    yield source
    source.close()


async def next_changes(source: FileSource) -> tuple[Changes, bool]:
    async with asyncio.timeout(WAIT_TIMEOUT_S):
        async for changes, added_or_removed in source.changes():
            return changes, added_or_removed
    raise AssertionError("the source was closed")


def test_the_first_scan_lists_all_runs_and_reads_the_newest(
    disk: Disk, source: FileSource
) -> None:
    disk.write_run("t", "r", "a question", "an answer")
    assert not source.first_scan_done
    source.start(timeout_s=WAIT_TIMEOUT_S)
    assert source.first_scan_done
    [entry] = source.catalog.run_entries("t")
    assert (entry.prompt, entry.status) == ("a question", RunStatus.UNKNOWN)


async def test_the_first_change_is_the_first_scan(
    disk: Disk, source: FileSource
) -> None:
    disk.write_run("t", "r", "a question")
    changes, added_or_removed = await next_changes(source)
    assert changes.first
    assert list(changes.runs) == [("t", "r")]
    assert added_or_removed


async def test_a_change_is_in_the_catalog_when_it_is_yielded(
    disk: Disk, source: FileSource
) -> None:
    disk.write_run("t", "r", "a question")
    found = []
    async with asyncio.timeout(WAIT_TIMEOUT_S):
        async for changes, added_or_removed in source.changes():
            if changes.first:
                disk.write_run("t", "new", "another question")
                source.rescan()
            elif ("t", "new") in changes.runs:
                found.append((added_or_removed, sorted(source.catalog.run_keys("t"))))
                break
    assert found == [(True, [("t", "new"), ("t", "r")])]


async def test_a_closed_source_yields_no_more_changes(
    disk: Disk, source: FileSource
) -> None:
    seen = []
    async with asyncio.timeout(WAIT_TIMEOUT_S):
        async for changes, _ in source.changes():
            seen.append(changes.first)
            source.close()
    assert seen == [True]


async def test_runs_that_the_first_scan_left_are_read_later(
    disk: Disk, source: FileSource
) -> None:
    for number in range(40):
        disk.write_run("t", f"r{number}", "a question", age=100 + number)
    source.start(timeout_s=WAIT_TIMEOUT_S)
    left = source.catalog.unread(100)
    assert [run_id for _, run_id in left] == [f"r{number}" for number in range(32, 40)]
    while await source.read_some([], []):
        pass
    assert source.catalog.unread(100) == []


async def test_a_run_deleted_before_it_is_read_is_listed_by_its_id(
    disk: Disk, source: FileSource
) -> None:
    source.start(timeout_s=WAIT_TIMEOUT_S)
    source.close()
    path = disk.write_run("t", "r", "a question")
    source.catalog.apply({("t", "r"): Stamp.of(path.stat())})
    path.unlink()
    async with asyncio.timeout(WAIT_TIMEOUT_S):
        while await source.read_some(["t"], [("t", "r")]):
            pass
    [entry] = source.catalog.run_entries("t")
    assert (entry.prompt, entry.prompt_known) == ("r", True)


async def test_a_run_too_long_for_its_head_and_tail_is_counted_when_it_is_listed(
    disk: Disk, source: FileSource
) -> None:
    path = disk.path("t", "r")
    path.parent.mkdir(parents=True)
    lines = (line(seq, content="x" * 400) for seq in range(1, 1_001))
    path.write_bytes(b"".join(lines))
    source.start(timeout_s=WAIT_TIMEOUT_S)
    assert source.catalog.run_entries("t")[0].events is None
    while await source.read_some(["t"], [("t", "r")]):
        pass
    assert source.catalog.run_entries("t")[0].events == 1_000
