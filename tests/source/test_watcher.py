from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.helpers.waiting import WAIT_TIMEOUT_S, wait_until
from tests.helpers.watching import (
    NO_SWEEPS_S,
    append,
    watching,
    watching_by_events,
)
from whitetail.source.change_queue import Changes
from whitetail.source.notifier import NotifyBackend, start_backend
from whitetail.source.run_files import TreeFiles
from whitetail.source.watcher import Watcher
from whitetail_store.errors import InvalidIdError
from whitetail_store.paths import run_path, stamp


async def first_of(watcher: Watcher) -> AsyncIterator[Changes]:
    yield await anext(watcher.queue)


async def drained(watcher: Watcher, waiting: asyncio.Future[Changes]) -> None:
    await waiting
    while True:
        await anext(watcher.queue)


def watch_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "watch"]


async def test_the_first_item_lists_every_run(threads: Path) -> None:
    async with watching(threads) as recorder:
        assert [changes.first for changes in recorder.items] == [True]
        assert recorder.runs == {
            (t, r): stamp(run_path(threads, t, r))
            for t in ("a", "b")
            for r in ("r1", "r2")
        }


async def test_later_items_hold_only_the_runs_that_changed(threads: Path) -> None:
    async with watching(threads) as recorder:
        path = append(threads, "a", "r1")
        await recorder.until_seen(path)
        # Two items, if the file was checked between its new time and its new size.
        later = {run for changes in recorder.items[1:] for run in changes.runs}
        assert later == {("a", "r1")}
        assert not any(changes.first for changes in recorder.items[1:])


@pytest.mark.parametrize("notifications", [True, False])
async def test_an_append_is_seen(threads: Path, notifications: bool) -> None:
    async with watching(threads, notifications=notifications) as recorder:
        path = append(threads, "b", "r2")
        await recorder.until_seen(path)


async def test_a_file_event_alone_shows_an_append(threads: Path) -> None:
    async with watching_by_events(threads) as recorder:
        path = append(threads, "b", "r2")
        await recorder.until_seen(path)


async def test_the_followed_run_is_seen_without_sweeps_and_file_events(
    threads: Path,
) -> None:
    async with watching(
        threads, notifications=False, interval_s=NO_SWEEPS_S
    ) as recorder:
        recorder.watcher.follow(("b", "r1"))
        for _ in range(3):
            path = append(threads, "b", "r1")
            await recorder.until_seen(path)
        append(threads, "b", "r2")
        recorder.watcher.follow(("b", "r2"))
        path = append(threads, "b", "r2")
        await recorder.until_seen(path)


def test_an_unsafe_id_is_not_followed(tmp_path: Path) -> None:
    with pytest.raises(InvalidIdError):
        Watcher(TreeFiles(tmp_path)).follow(("a", "../../r1"))


async def test_a_rescan_finds_everything_now(threads: Path) -> None:
    async with watching(
        threads, notifications=False, interval_s=NO_SWEEPS_S
    ) as recorder:
        path = append(threads, "b", "r2")
        recorder.watcher.rescan()
        await recorder.until_seen(path)


@pytest.mark.parametrize("notifications", [True, False])
async def test_new_threads_written_to_at_once_are_seen(
    threads: Path, notifications: bool
) -> None:
    async with watching(threads, notifications=notifications) as recorder:
        for number in range(30):
            append(threads, f"new-{number}", "r")
        new = [(f"new-{number}", "r") for number in range(30)]
        await recorder.until(lambda: all(recorder.runs.get(run) for run in new))


async def test_file_events_alone_show_new_threads_written_to_at_once(
    threads: Path,
) -> None:
    async with watching_by_events(threads) as recorder:
        for number in range(30):
            append(threads, f"new-{number}", "r")
        new = [(f"new-{number}", "r") for number in range(30)]
        await recorder.until(lambda: all(recorder.runs.get(run) for run in new))


async def test_a_new_thread_is_scanned_until_it_has_a_run(threads: Path) -> None:
    async with watching_by_events(threads) as recorder:
        (threads / "late").mkdir()
        path = append(threads, "b", "r2")
        await recorder.until_seen(path)
        append(threads, "late", "r")
        await recorder.until(lambda: ("late", "r") in recorder.runs)


@pytest.mark.parametrize("notifications", [True, False])
async def test_a_run_is_seen_when_it_is_created_cut_replaced_deleted_and_created_again(
    threads: Path, notifications: bool
) -> None:
    async with watching(threads, notifications=notifications) as recorder:
        path = append(threads, "a", "new", "0123456789")
        await recorder.until_seen(path)

        os.truncate(path, 4)
        await recorder.until_seen(path)
        found = recorder.runs["a", "new"]
        assert found is not None
        assert found.size == 4

        other = path.with_name("other.tmp")
        other.write_text("4321")
        other.replace(path)
        await recorder.until_seen(path)

        path.unlink()
        await recorder.until(lambda: recorder.runs["a", "new"] is None)

        append(threads, "a", "new")
        await recorder.until(
            lambda: recorder.runs["a", "new"] == stamp(path) is not None
        )


@pytest.mark.parametrize("notifications", [True, False])
async def test_the_runs_of_a_deleted_thread_are_gone(
    threads: Path, notifications: bool
) -> None:
    async with watching(threads, notifications=notifications) as recorder:
        shutil.rmtree(threads / "a")
        await recorder.until(
            lambda: recorder.runs["a", "r1"] is None is recorder.runs["a", "r2"]
        )
        assert recorder.runs["b", "r1"] is not None


@pytest.mark.parametrize("notifications", [True, False])
async def test_a_folder_that_does_not_exist_is_waited_for(
    tmp_path: Path, notifications: bool
) -> None:
    threads = tmp_path / "later" / "threads"
    async with watching(threads, notifications=notifications) as recorder:
        assert recorder.last == Changes({}, f"waiting for {threads}", (), first=True)
        append(threads, "a", "r")
        await recorder.until(lambda: bool(recorder.runs.get(("a", "r"))))
        assert "waiting" not in recorder.last.status


@pytest.mark.parametrize("notifications", [True, False])
async def test_a_folder_is_watched_again_after_it_was_deleted(
    threads: Path, notifications: bool
) -> None:
    async with watching(threads, notifications=notifications) as recorder:
        shutil.rmtree(threads)
        await recorder.until(lambda: set(recorder.runs.values()) == {None})
        await recorder.until(lambda: "waiting" in recorder.last.status)
        path = append(threads, "a", "r1")
        await recorder.until_seen(path)
        path = append(threads, "a", "r1")
        await recorder.until_seen(path)


async def test_a_folder_that_is_replaced_at_once_is_watched_again(
    threads: Path,
) -> None:
    built: list[list[str]] = []

    def spy(paths: list[str], recursive: bool) -> NotifyBackend:
        built.append(paths)
        return start_backend(paths, recursive)

    async with watching(threads, backend_factory=spy) as recorder:
        await recorder.until(
            lambda: len(built) == 1 and "scanning every" not in recorder.last.status
        )
        for _ in range(3):
            shutil.rmtree(threads)
            append(threads, "a", "r1")
        await recorder.until(lambda: recorder.runs["b", "r1"] is None)
        while len(built) == 1:
            path = append(threads, "a", "r1")
            await recorder.until_seen(path)


async def test_a_problem_is_listed_until_it_is_solved(unprivileged: Path) -> None:
    path = append(unprivileged, "a", "r1")
    try:
        async with watching(unprivileged, notifications=False) as recorder:
            path.parent.chmod(0)
            problem = "cannot read threads/a/runs: permission denied"
            await recorder.until(lambda: recorder.last.problems == (problem,))
            unprivileged.chmod(0)
            await recorder.until(lambda: str(unprivileged) in recorder.last.problems[0])
            unprivileged.chmod(0o700)
            path.parent.chmod(0o700)
            await recorder.until(lambda: not recorder.last.problems)
            append(unprivileged, "a", "r1")
            await recorder.until_seen(path)
            stamps = [each for item in recorder.items for each in item.runs.values()]
            assert None not in stamps
    finally:
        unprivileged.chmod(0o700)
        path.parent.chmod(0o700)


async def test_of_many_problems_the_first_ones_are_listed(unprivileged: Path) -> None:
    folders = [append(unprivileged, f"t{number}", "r").parent for number in range(9)]
    for folder in folders:
        folder.chmod(0)
    try:
        async with watching(unprivileged, notifications=False) as recorder:
            assert recorder.last.problems[4:] == (
                "cannot read threads/t4/runs: permission denied",
                "and 4 more",
            )
    finally:
        for folder in folders:
            folder.chmod(0o700)


async def test_changes_that_were_not_read_are_merged(threads: Path) -> None:
    async with (
        watching(threads, notifications=False, interval_s=0.02) as late,
        watching(threads, notifications=False, interval_s=0.02) as recorder,
    ):
        for number in range(10):
            path = append(threads, "a", f"new-{number}")
            await recorder.until_seen(path)
        await late.until_seen(path)
        # The first, all but the last, and the last, which may come in several items.
        assert len(late.items) <= 5
        assert late.runs == recorder.runs


async def test_closing_ends_the_iterator_and_the_thread(threads: Path) -> None:
    watcher = Watcher(TreeFiles(threads))
    watcher.start()
    items = [changes async for changes in first_of(watcher)]
    waiting = asyncio.ensure_future(anext(watcher.queue))
    watcher.close()
    assert items[0].first
    with pytest.raises(StopAsyncIteration):
        await drained(watcher, waiting)
    wait_until(lambda: not watch_threads())
    watcher.close()


def test_closing_does_not_wait_for_a_system_that_hangs(threads: Path) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(paths: list[str], recursive: bool) -> NotifyBackend:
        hangs.set()
        goes_on.wait()
        raise OSError("no")

    watcher = Watcher(TreeFiles(threads), backend_factory=hang)
    watcher.start()
    assert hangs.wait(WAIT_TIMEOUT_S)
    closing = threading.Thread(target=watcher.close)
    closing.start()
    try:
        wait_until(lambda: not closing.is_alive())
        assert watch_threads()
    finally:
        goes_on.set()
    wait_until(lambda: not watch_threads())


def test_an_event_loop_that_has_ended_ends_the_watcher(threads: Path) -> None:
    watcher = Watcher(TreeFiles(threads), interval_s=0.02)

    async def read_one() -> None:
        watcher.start()
        await anext(watcher.queue)

    asyncio.run(read_one())
    append(threads, "a", "r1")
    wait_until(lambda: not watch_threads())


async def test_an_error_in_the_thread_of_the_watcher_reaches_the_reader(
    threads: Path,
) -> None:
    class Unexpected(BaseException):
        pass

    def fail(paths: list[str], recursive: bool) -> NotifyBackend:
        raise Unexpected

    watcher = Watcher(TreeFiles(threads), backend_factory=fail)
    watcher.start()
    with pytest.raises(Unexpected):
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            async for _ in watcher.queue:
                pass
    watcher.close()
