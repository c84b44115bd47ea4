from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.helpers.waiting import WAIT_TIMEOUT_S, wait_until
from tests.helpers.watching import append, watching
from whitetail.source.notifier import (
    ChangedPath,
    Identity,
    Notifier,
    NotifyBackend,
    file_system_type,
    start_backend,
)
from whitetail_store.paths import runs_folder

linux = pytest.mark.skipif(sys.platform != "linux", reason="is so on Linux only")


def identity(folder: Path) -> Identity:
    status = folder.stat()
    return status.st_dev, status.st_ino


def first_changes(notifier: Notifier) -> set[ChangedPath]:
    """Return the runs that a notifier reports in the first batch that has any."""
    found: set[ChangedPath] = set()

    def has_changes() -> bool:
        found.update(notifier.wait(WAIT_TIMEOUT_S, threading.Event()))
        return bool(found)

    wait_until(has_changes)
    return found


def failing(error: Exception) -> Notifier:
    """Return a notifier whose backend fails with this error."""

    def fail(paths: list[str], recursive: bool) -> NotifyBackend:
        raise error

    return Notifier(Path("threads"), fail, interval_s=3600.0)


def test_the_private_part_of_watchfiles_still_exists(tmp_path: Path) -> None:
    watch = start_backend([str(tmp_path)], False)
    (tmp_path / "file").touch()
    changes = watch.watch(50, 20, int(WAIT_TIMEOUT_S * 1000), threading.Event())
    watch.close()
    assert not isinstance(changes, str)
    assert {path for _, path in changes} == {str(tmp_path / "file")}


def test_watchfiles_is_not_imported_at_the_start() -> None:
    code = "import sys, whitetail.source.watcher; print('watchfiles' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"


def test_a_watch_of_all_folders_reports_changes_of_runs_only(threads: Path) -> None:
    notifier = Notifier(threads, start_backend, recursive=True)
    notifier.watch_folders(identity(threads), {})
    (threads / "a" / "user-data").mkdir()
    (threads / "a" / "user-data" / "file").touch()
    (threads / "a" / "runs" / "notes.txt").touch()
    append(threads, "b", "r1")
    # The system may report the changes in any number of batches.
    assert first_changes(notifier) == {("b", "r1")}
    notifier.close()


@linux
def test_a_watch_of_single_folders_reports_changes_in_these_only(
    threads: Path,
) -> None:
    notifier = Notifier(threads, start_backend, recursive=False)
    folders = {"b": identity(runs_folder(threads, "b"))}
    assert notifier.watch_folders(identity(threads), folders) == {("b", None)}
    append(threads, "a", "r1")
    append(threads, "b", "r1")
    assert first_changes(notifier) == {("b", "r1")}
    notifier.close()


def test_a_new_watch_requests_a_sweep(threads: Path) -> None:
    notifier = Notifier(threads, start_backend)
    assert not notifier.may_have_missed
    notifier.watch_folders(identity(threads), {})
    assert notifier.may_have_missed
    assert notifier.active
    notifier.close()
    assert not notifier.active


@linux
def test_a_deleted_folder_requests_a_sweep(threads: Path) -> None:
    notifier = Notifier(threads, start_backend, recursive=False)
    folders = {"b": identity(runs_folder(threads, "b"))}
    notifier.watch_folders(identity(threads), folders)
    notifier.may_have_missed = False
    shutil.rmtree(runs_folder(threads, "b"))

    def sweep_requested() -> bool:
        notifier.wait(0.05, threading.Event())
        return notifier.may_have_missed

    wait_until(sweep_requested)
    notifier.close()


def test_without_a_backend_nothing_is_watched(threads: Path) -> None:
    notifier = Notifier(threads, None)
    assert not notifier.ready
    assert notifier.watch_folders(identity(threads), {}) == set()
    assert (notifier.active, notifier.status, notifier.problem) == (False, "", "")


def test_nothing_is_watched_before_the_delay_is_over(threads: Path) -> None:
    notifier = Notifier(threads, start_backend, delay_s=3600.0)
    assert not notifier.ready
    assert notifier.watch_folders(identity(threads), {}) == set()
    assert not notifier.active


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("OS file watch limit reached. about [...]"), "max_user_watches"),
        (RuntimeError("Too many open files (os error 24)"), "max_user_instances"),
        (ImportError("No module named 'watchfiles'"), "No module named"),
        (OSError("x" * 10_000), "x" * 80),
    ],
    ids=["watches", "instances", "missing", "long"],
)
def test_a_watch_that_fails_is_a_problem_with_a_short_reason(
    error: Exception, reason: str
) -> None:
    notifier = failing(error)
    notifier.watch_folders((1, 1), {})
    assert reason in notifier.problem
    assert len(notifier.problem) < 200
    assert notifier.may_have_missed


def test_after_a_failure_the_next_attempt_waits_until_it_is_requested() -> None:
    notifier = failing(OSError("no"))
    notifier.watch_folders((1, 1), {})
    assert not notifier.ready
    notifier.retry()
    assert notifier.ready


def test_a_folder_that_vanishes_is_a_problem_only_the_fourth_time() -> None:
    notifier = failing(FileNotFoundError("gone"))
    problems = []
    for _ in range(4):
        notifier.retry()
        notifier.watch_folders((1, 1), {})
        problems.append(bool(notifier.problem))
    assert problems == [False, False, False, True]


async def test_without_file_events_sweeps_go_on_and_the_reason_is_shown(
    threads: Path,
) -> None:
    def fail(paths: list[str], recursive: bool) -> NotifyBackend:
        raise PermissionError("no")

    async with watching(threads, backend_factory=fail) as recorder:
        await recorder.until(lambda: bool(recorder.last.problems))
        assert "failed (no)" in recorder.last.problems[0]
        assert recorder.last.status.startswith("scanning every")
        await recorder.until_seen(append(threads, "a", "r1"))


async def test_a_watch_that_failed_is_tried_again(threads: Path) -> None:
    tries: list[float] = []
    problem_seen = threading.Event()

    def fail_once(paths: list[str], recursive: bool) -> NotifyBackend:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise OSError("no")
        assert problem_seen.wait(WAIT_TIMEOUT_S)
        return start_backend(paths, recursive)

    async with watching(
        threads, backend_factory=fail_once, interval_s=0.02
    ) as recorder:
        await recorder.until(lambda: bool(recorder.last.problems))
        problem_seen.set()
        await recorder.until(lambda: not recorder.last.problems)
        assert tries[1] - tries[0] >= 30 * 0.02


@linux
@pytest.mark.parametrize("folder", ["threads", "threads/a/runs"])
async def test_a_name_that_is_not_utf_8_ends_the_file_events_only(
    threads: Path, folder: str
) -> None:
    # The watch is tried again after 30 intervals, and the problem is gone.
    async with watching(threads, interval_s=2.0) as recorder:
        await recorder.until(lambda: "watching" in recorder.last.status)
        name = os.fsencode(threads.parent / folder) + b"/\xff.jsonl"
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
        await recorder.until(lambda: "UTF-8" in "".join(recorder.last.problems))
        await recorder.until_seen(append(threads, "a", "r1"))
        assert set(recorder.runs) == {(t, r) for t in "ab" for r in ("r1", "r2")}


@linux
async def test_only_the_runs_folder_of_a_thread_is_watched(threads: Path) -> None:
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
        async with watching(threads, backend_factory=spy) as recorder:
            await recorder.until(lambda: "watching 3 folders" in recorder.last.status)
            assert recorder.last.problems == ()
            assert ("c", "r") not in recorder.runs
    finally:
        (threads / "a" / "user-data").chmod(0o700)
    real = Path(os.path.realpath(threads))
    wanted = {real, *(runs_folder(real, thread_id) for thread_id in ("a", "b"))}
    assert watched == {str(path) for path in wanted}


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
