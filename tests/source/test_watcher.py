from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.helpers.waiting import PATIENCE_S, wait_until
from whitetail.source.notifier import (
    Notifier,
    NotifyBackend,
    file_system_type,
    start_backend,
)
from whitetail.source.watcher import Changes, Watcher
from whitetail_store.errors import InvalidIdError
from whitetail_store.paths import RunKey, Stamp, run_path, runs_folder, stamp

HOLLOW = 3600.0
"""Sweeps so rare that whatever is seen was seen by other means."""
unix = pytest.mark.skipif(sys.platform == "win32", reason="has no modes")
linux = pytest.mark.skipif(sys.platform != "linux", reason="how it is on Linux")


class Seen:
    """What a watcher told, all of it put together."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.runs: dict[RunKey, Stamp | None] = {}
        self.told: list[Changes] = []

    @property
    def last(self) -> Changes:
        return self.told[-1]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                changes = await anext(self.watcher)
                self.told.append(changes)
                self.runs.update(changes.runs)

    async def shown(self, path: Path) -> None:
        """Wait until a run's file is known as it is."""
        run = path.parent.parent.name, path.stem
        await self.until(lambda: self.runs.get(run) == stamp(path))


@asynccontextmanager
async def watching(
    threads: Path,
    *,
    hints: bool = True,
    factory: Callable[[list[str], bool], NotifyBackend] = start_backend,
    every: float = 0.1,
) -> AsyncIterator[Seen]:
    watcher = Watcher(
        threads, notifications=hints, backend_factory=factory, interval_s=every
    )
    seen = Seen(watcher)
    watcher.start()
    try:
        await seen.until(lambda: bool(seen.told))
        yield seen
    finally:
        watcher.close()


@asynccontextmanager
async def hinted(threads: Path) -> AsyncIterator[Seen]:
    """Watch with hints as soon as there are any, and with next to no sweeps."""
    async with watching(threads, every=HOLLOW) as seen:
        await seen.until(lambda: "sweep every" not in seen.last.status)
        yield seen


def append(threads: Path, thread_id: str, run_id: str, text: str = "{}\n") -> Path:
    path = run_path(threads, thread_id, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)
    return path


@pytest.fixture
def threads(tmp_path: Path) -> Path:
    root = tmp_path / "threads"
    for thread_id in ("a", "b"):
        append(root, thread_id, "r1")
        append(root, thread_id, "r2")
    return root


@pytest.fixture
def mine() -> Iterator[Path]:
    """Give a folder to somebody who, unlike root, may not read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "threads"
    finally:
        os.seteuid(user)


async def test_the_first_item_lists_every_run(threads: Path) -> None:
    async with watching(threads) as seen:
        assert [changes.first for changes in seen.told] == [True]
        assert seen.runs == {
            (t, r): stamp(run_path(threads, t, r))
            for t in ("a", "b")
            for r in ("r1", "r2")
        }


async def test_later_items_hold_only_what_changed(threads: Path) -> None:
    async with watching(threads) as seen:
        path = append(threads, "a", "r1")
        await seen.shown(path)
        # In two pieces, if it was looked at between its new time and its new size.
        later = {run for changes in seen.told[1:] for run in changes.runs}
        assert later == {("a", "r1")}
        assert not any(changes.first for changes in seen.told[1:])


@pytest.mark.parametrize("hints", [True, False])
async def test_an_append_is_seen(threads: Path, hints: bool) -> None:
    async with watching(threads, hints=hints) as seen:
        path = append(threads, "b", "r2")
        await seen.shown(path)


async def test_a_hint_alone_shows_an_append(threads: Path) -> None:
    async with hinted(threads) as seen:
        path = append(threads, "b", "r2")
        await seen.shown(path)


async def test_the_followed_run_is_looked_at_all_the_time(threads: Path) -> None:
    async with watching(threads, hints=False, every=HOLLOW) as seen:
        seen.watcher.follow(("b", "r1"))
        for _ in range(3):
            path = append(threads, "b", "r1")
            await seen.shown(path)
        append(threads, "b", "r2")
        seen.watcher.follow(("b", "r2"))
        path = append(threads, "b", "r2")
        await seen.shown(path)


def test_an_unsafe_id_is_not_followed(tmp_path: Path) -> None:
    with pytest.raises(InvalidIdError):
        Watcher(tmp_path).follow(("a", "../../r1"))


async def test_looking_sweeps_everything_now(threads: Path) -> None:
    async with watching(threads, hints=False, every=HOLLOW) as seen:
        path = append(threads, "b", "r2")
        seen.watcher.rescan()
        await seen.shown(path)


@pytest.mark.parametrize("hints", [True, False])
async def test_new_threads_written_to_at_once_are_seen(
    threads: Path, hints: bool
) -> None:
    async with watching(threads, hints=hints) as seen:
        for number in range(30):
            append(threads, f"new-{number}", "r")
        new = [(f"new-{number}", "r") for number in range(30)]
        await seen.until(lambda: all(seen.runs.get(run) for run in new))


async def test_hints_alone_show_new_threads_written_to_at_once(threads: Path) -> None:
    async with hinted(threads) as seen:
        for number in range(30):
            append(threads, f"new-{number}", "r")
        new = [(f"new-{number}", "r") for number in range(30)]
        await seen.until(lambda: all(seen.runs.get(run) for run in new))


async def test_a_hinted_thread_is_looked_at_until_it_has_a_run(threads: Path) -> None:
    async with hinted(threads) as seen:
        (threads / "late").mkdir()
        path = append(threads, "b", "r2")
        await seen.shown(path)
        append(threads, "late", "r")
        await seen.until(lambda: ("late", "r") in seen.runs)


@pytest.mark.parametrize("hints", [True, False])
async def test_a_run_comes_shrinks_is_replaced_goes_and_comes_back(
    threads: Path, hints: bool
) -> None:
    async with watching(threads, hints=hints) as seen:
        path = append(threads, "a", "new", "0123456789")
        await seen.shown(path)

        os.truncate(path, 4)
        await seen.shown(path)
        found = seen.runs["a", "new"]
        assert found is not None
        assert found.size == 4

        other = path.with_name("other.tmp")
        other.write_text("4321")
        other.replace(path)
        await seen.shown(path)

        path.unlink()
        await seen.until(lambda: seen.runs["a", "new"] is None)

        append(threads, "a", "new")
        await seen.until(lambda: seen.runs["a", "new"] == stamp(path) is not None)


@pytest.mark.parametrize("hints", [True, False])
async def test_a_deleted_thread_takes_its_runs_along(
    threads: Path, hints: bool
) -> None:
    async with watching(threads, hints=hints) as seen:
        shutil.rmtree(threads / "a")
        await seen.until(lambda: seen.runs["a", "r1"] is None is seen.runs["a", "r2"])
        assert seen.runs["b", "r1"] is not None


@pytest.mark.parametrize("hints", [True, False])
async def test_the_folder_is_waited_for(tmp_path: Path, hints: bool) -> None:
    threads = tmp_path / "later" / "threads"
    async with watching(threads, hints=hints) as seen:
        assert seen.last == Changes({}, f"waiting for {threads}", (), first=True)
        append(threads, "a", "r")
        await seen.until(lambda: bool(seen.runs.get(("a", "r"))))
        assert "waiting" not in seen.last.status


@pytest.mark.parametrize("hints", [True, False])
async def test_the_folder_goes_and_comes_back(threads: Path, hints: bool) -> None:
    async with watching(threads, hints=hints) as seen:
        shutil.rmtree(threads)
        await seen.until(lambda: set(seen.runs.values()) == {None})
        await seen.until(lambda: "waiting" in seen.last.status)
        path = append(threads, "a", "r1")
        await seen.shown(path)
        path = append(threads, "a", "r1")
        await seen.shown(path)


async def test_a_folder_that_is_replaced_at_once_is_hinted_at_again(
    threads: Path,
) -> None:
    built: list[list[str]] = []

    def spy(paths: list[str], recursive: bool) -> NotifyBackend:
        built.append(paths)
        return start_backend(paths, recursive)

    async with watching(threads, factory=spy) as seen:
        await seen.until(
            lambda: len(built) == 1 and "sweep every" not in seen.last.status
        )
        for _ in range(3):
            shutil.rmtree(threads)
            append(threads, "a", "r1")
        await seen.until(lambda: seen.runs["b", "r1"] is None)
        while len(built) == 1:
            path = append(threads, "a", "r1")
            await seen.shown(path)


def test_what_watchfiles_keeps_private_is_still_there(tmp_path: Path) -> None:
    watch = start_backend([str(tmp_path)], False)
    (tmp_path / "file").touch()
    changes = watch.watch(50, 20, int(PATIENCE_S * 1000), threading.Event())
    watch.close()
    assert not isinstance(changes, str)
    assert {path for _, path in changes} == {str(tmp_path / "file")}


def test_one_watch_of_everything_tells_of_runs_only(threads: Path) -> None:
    hint = Notifier(threads, start_backend, recursive=True)
    status = threads.stat()
    hint.watch_folders((status.st_dev, status.st_ino), {})
    (threads / "a" / "user-data").mkdir()
    (threads / "a" / "user-data" / "file").touch()
    (threads / "a" / "runs" / "notes.txt").touch()
    append(threads, "b", "r1")
    found: set[tuple[str, str | None]] = set()
    # The four changes come in up to four batches, of which one is about a run.
    for _ in range(4):
        if not found:
            found |= hint.wait(PATIENCE_S, threading.Event())
    hint.close()
    assert found == {("b", "r1")}


def test_watchfiles_is_not_imported_at_the_start() -> None:
    code = "import sys, whitetail.source.watcher; print('watchfiles' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("OS file watch limit reached. about [...]"), "max_user_watches"),
        (RuntimeError("Too many open files (os error 24)"), "max_user_instances"),
        (ImportError("No module named 'watchfiles'"), "No module named"),
        (PermissionError("x" * 10_000), "x" * 80),
    ],
    ids=["watches", "instances", "missing", "denied"],
)
async def test_without_hints_sweeps_go_on_and_the_reason_is_told(
    threads: Path, error: Exception, reason: str
) -> None:
    def fail(paths: list[str], recursive: bool) -> NotifyBackend:
        raise error

    async with watching(threads, factory=fail) as seen:
        await seen.until(lambda: bool(seen.last.problems))
        (problem,) = seen.last.problems
        assert reason in problem
        assert len(problem) < 200
        assert seen.last.status.startswith("sweep every")
        path = append(threads, "a", "r1")
        await seen.shown(path)


async def test_hints_are_tried_again(threads: Path) -> None:
    tries: list[float] = []
    problem_seen = threading.Event()

    def fail_once(paths: list[str], recursive: bool) -> NotifyBackend:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise OSError("no")
        assert problem_seen.wait(PATIENCE_S)
        return start_backend(paths, recursive)

    async with watching(threads, factory=fail_once, every=0.02) as seen:
        await seen.until(lambda: bool(seen.last.problems))
        problem_seen.set()
        await seen.until(lambda: not seen.last.problems)
        assert tries[1] - tries[0] >= 30 * 0.02


@linux
@pytest.mark.parametrize("folder", ["threads", "threads/a/runs"])
async def test_a_name_that_is_not_utf_8_ends_the_hints_only(
    threads: Path, folder: str
) -> None:
    # Hints are tried again after 30 intervals, and the problem is gone.
    async with watching(threads, every=2.0) as seen:
        await seen.until(lambda: "inotify" in seen.last.status)
        name = os.fsencode(threads.parent / folder) + b"/\xff.jsonl"
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
        await seen.until(lambda: "UTF-8" in "".join(seen.last.problems))
        path = append(threads, "a", "r1")
        await seen.shown(path)
        assert set(seen.runs) == {(t, r) for t in "ab" for r in ("r1", "r2")}


@linux
async def test_nothing_else_of_a_thread_is_watched(threads: Path) -> None:
    for number in range(2000):
        (threads / "a" / "user-data" / str(number)).mkdir(parents=True)
    (threads / "a" / "user-data").chmod(0)
    append(threads, "c", "r").parent.rename(threads / "c" / "elsewhere")
    (threads / "c" / "runs").symlink_to(threads / "c" / "elsewhere")
    watched: set[str] = set()

    def spy(paths: list[str], recursive: bool) -> NotifyBackend:
        assert not recursive
        watched.update(paths)
        return start_backend(paths, recursive)

    try:
        async with watching(threads, factory=spy) as seen:
            await seen.until(lambda: "inotify on 3 folders" in seen.last.status)
            assert seen.last.problems == ()
            assert ("c", "r") not in seen.runs
    finally:
        (threads / "a" / "user-data").chmod(0o700)
    real = Path(os.path.realpath(threads))
    wanted = {real, *(runs_folder(real, thread_id) for thread_id in ("a", "b"))}
    assert watched == {str(path) for path in wanted}


async def test_runs_that_are_a_file_are_none(threads: Path) -> None:
    shutil.rmtree(runs_folder(threads, "a"))
    runs_folder(threads, "a").write_text("not a folder")
    async with watching(threads) as seen:
        assert {thread_id for thread_id, _ in seen.runs} == {"b"}
        assert seen.last.problems == ()


@unix
async def test_what_can_not_be_read_is_told_and_not_taken_for_deleted(
    mine: Path,
) -> None:
    path = append(mine, "a", "r1")
    try:
        async with watching(mine) as seen:
            path.parent.chmod(0)
            await seen.until(lambda: bool(seen.last.problems))
            problem = "cannot read threads/a/runs: permission denied"
            assert seen.last.problems == (problem,)
            mine.chmod(0)
            await seen.until(lambda: str(mine) in seen.last.problems[0])
            mine.chmod(0o700)
            path.parent.chmod(0o700)
            await seen.until(lambda: not seen.last.problems)
            append(mine, "a", "r1")
            await seen.shown(path)
            assert None not in [run for told in seen.told for run in told.runs.values()]
    finally:
        mine.chmod(0o700)
        path.parent.chmod(0o700)


@unix
async def test_of_many_problems_some_are_told(mine: Path) -> None:
    folders = [append(mine, f"t{number}", "r").parent for number in range(9)]
    for folder in folders:
        folder.chmod(0)
    try:
        async with watching(mine) as seen:
            assert seen.last.problems[4:] == (
                "cannot read threads/t4/runs: permission denied",
                "and 4 more",
            )
    finally:
        for folder in folders:
            folder.chmod(0o700)


async def test_changes_nobody_took_are_put_together(threads: Path) -> None:
    async with (
        watching(threads, hints=False, every=0.02) as late,
        watching(threads, hints=False, every=0.02) as seen,
    ):
        for number in range(10):
            path = append(threads, "a", f"new-{number}")
            await seen.shown(path)
        await late.shown(path)
        # The first, all but the last, and the last, which may come in pieces.
        assert len(late.told) <= 5
        assert late.runs == seen.runs


async def test_closing_ends_the_iterator_and_the_thread(threads: Path) -> None:
    watcher = Watcher(threads)
    watcher.start()
    items = [changes async for changes in first_of(watcher)]
    waiting = asyncio.ensure_future(anext(watcher))
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

    watcher = Watcher(threads, backend_factory=hang)
    watcher.start()
    assert hangs.wait(PATIENCE_S)
    closing = threading.Thread(target=watcher.close)
    closing.start()
    try:
        wait_until(lambda: not closing.is_alive())
        assert watch_threads()
    finally:
        goes_on.set()
    wait_until(lambda: not watch_threads())


async def first_of(watcher: Watcher) -> AsyncIterator[Changes]:
    yield await anext(watcher)


async def drained(watcher: Watcher, waiting: asyncio.Future[Changes]) -> None:
    await waiting
    while True:
        await anext(watcher)


def watch_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "watch"]


def test_a_loop_that_ended_ends_the_watcher(threads: Path) -> None:
    watcher = Watcher(threads, interval_s=0.02)

    async def take_one() -> None:
        watcher.start()
        await anext(watcher)

    asyncio.run(take_one())
    append(threads, "a", "r1")
    wait_until(lambda: not watch_threads())


async def test_an_error_of_its_own_reaches_the_reader(threads: Path) -> None:
    class Unexpected(BaseException):
        pass

    def fail(paths: list[str], recursive: bool) -> NotifyBackend:
        raise Unexpected

    watcher = Watcher(threads, backend_factory=fail)
    watcher.start()
    with pytest.raises(Unexpected):
        async with asyncio.timeout(PATIENCE_S):
            async for _ in watcher:
                pass
    watcher.close()


MOUNTS = r"""22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:40 / /srv rw shared:5 - nfs4 server:/srv rw
24 23 0:41 / /srv/my\040data rw shared:6 master:1 - fuse.sshfs host:/ rw
25 22 254:1 / /mnt rw - ext4 /dev/vdb rw
26 22 0:42 / /mnt rw - 9p C: rw
a line that means nothing
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/home/me/threads", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/threads", "nfs4"),
        ("/srvx/threads", "ext4"),
        ("/srv/my data/threads", "fuse.sshfs"),
        ("/mnt/threads", "9p"),
    ],
)
def test_the_innermost_and_latest_mount_holds_a_folder(path: str, kind: str) -> None:
    assert file_system_type(path, MOUNTS) == kind
