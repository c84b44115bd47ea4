"""File events of the operating system, as hints where to look for changes.

They arrive at once but may be incomplete, so that sweeps must find the rest.
"""

from __future__ import annotations

import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from threading import Event
from typing import Protocol

from whitetail_store.errors import InvalidIdError
from whitetail_store.paths import check_run_id, check_thread_id, runs_folder

ChangedPath = tuple[str, str | None]
"""A thread id and the id of the run that changed, or None for all of its runs."""
Identity = tuple[int, int]
"""Device and inode: they differ if a folder was replaced by one of the same name."""

_STEP_S = 0.025
"""How often the backend checks for events; twice this in a long wait."""
_LONG_WAIT_S = 0.2
_DEBOUNCE_S = 0.05
"""How long the backend collects events before it returns them."""
_MAX_RETRY_PAUSE_S = 900.0
_MAX_VANISHED_FOLDERS = 3
"""Starts in a row that may fail because a folder is gone, before it is a problem."""
_SYSTEM_NAME = {"linux": "inotify", "darwin": "FSEvents"}.get(
    sys.platform, "file events"
)
_NETWORK_TYPES = re.compile(
    r"9p|afs|beegfs|ceph|cifs|davfs|drvfs|fakeowner|fuse(\..*)?|gpfs|lustre|ncpfs"
    r"|nfs4?|osxfs|prl_fs|smb3|smbfs|vboxsf|virtiofs|vmhgfs"
)


class NotifyBackend(Protocol):
    """A running watch of some folders, with the interface of `RustNotify`."""

    def watch(
        self, debounce_ms: int, step_ms: int, timeout_ms: int, stop: Event | None, /
    ) -> set[tuple[int, str]] | str:
        """Return (kind, path) of each change, or a word if the wait ended without one.

        `step_ms` is the time between two checks for events.
        """

    def close(self) -> None:
        """End the watch."""


def start_backend(paths: list[str], recursive: bool) -> NotifyBackend:
    """Return a running watch of some folders.

    Polling is off: `watchfiles` would choose it under WSL, and it misses the second
    of two appends within a second (watchfiles#319). Permission errors are not
    ignored: with that option, `watchfiles` starts without an error and watches few
    folders or none.

    Raises:
        Exception: The system cannot watch the folders. `watchfiles` raises several
            kinds.

    """
    # `RustNotify` is private, but `watchfiles.watch` starts a new watch on each
    # call and has no way to exclude the folders below. The import costs 50 ms,
    # which the start of the program cannot spare.
    from watchfiles._rust_notify import RustNotify

    return RustNotify(
        paths,
        debug=False,
        force_polling=False,
        poll_delay_ms=300,
        recursive=recursive,
        ignore_permission_denied=False,
    )


class Notifier:
    """Watches `threads` and some `runs` folders for file events.

    Use it from one Python thread only. An error ends the watch and is described in
    `problem`. The next attempt follows after a pause, which doubles each time.
    """

    def __init__(
        self,
        threads: Path,
        backend_factory: Callable[[list[str], bool], NotifyBackend] | None,
        *,
        interval_s: float = 1.0,
        delay_s: float = 0.0,
        recursive: bool = sys.platform != "linux",
    ) -> None:
        """Prepare a watch, which `watch_folders` starts.

        Without a `backend_factory` nothing is ever watched. `interval_s` is the
        least time between two changes of the watched folders. `delay_s` is the
        time until the first watch may start. `recursive`: watch all folders below
        `threads` at once, as macOS and Windows can.
        """
        self.problem = ""
        """Why the folders cannot be watched. Empty if they can."""
        self.on_network = False
        """Whether other machines may write to the folder, which causes no events."""
        self.may_have_missed = False
        """Whether changes may have caused no event, so that a sweep is due.

        The reader of it resets it.
        """
        self._threads = threads
        self._backend_factory = backend_factory
        self._interval_s = interval_s
        self._recursive = recursive
        self._backend: NotifyBackend | None = None
        self._root = ""
        self._root_identity: Identity | None = None
        self._watched: dict[str, Identity] = {}
        self._stale = False
        self._failed_starts = 0
        self._next_start = time.monotonic() + delay_s
        self._retry_pause_s = self._first_retry_pause_s = 30 * interval_s

    @property
    def active(self) -> bool:
        """Whether folders are being watched."""
        return self._backend is not None

    @property
    def ready(self) -> bool:
        """Whether `watch_folders` may start a watch now."""
        return (
            self._backend_factory is not None and time.monotonic() >= self._next_start
        )

    @property
    def status(self) -> str:
        """How the folders are watched, for the status line. Empty if they are not."""
        if self._backend is None:
            return ""
        if self._recursive:
            return "watching all folders"
        folders = len(self._watched)
        return f"watching {folders:,} folder{'s' * (folders != 1)}"

    def watch_folders(
        self, root: Identity, folders: Mapping[str, Identity]
    ) -> set[ChangedPath]:
        """Watch `threads` and some `runs` folders; return the runs to scan now.

        `root` identifies `threads`. `folders` maps a thread id to the identity of
        its `runs` folder.
        """
        if not self.ready:
            return set()
        if root != self._root_identity:
            self._root_identity = root
            # macOS reports real paths only.
            self._root = os.path.realpath(self._threads)
            self.on_network = sys.platform == "linux" and is_on_network(self._root)
        if self.on_network:
            self.close()
            return set()
        wanted = {self._root: root}
        if not self._recursive:
            real = Path(self._root)
            wanted |= {str(runs_folder(real, t)): id_ for t, id_ in folders.items()}
        if self._backend and wanted == self._watched and not self._stale:
            return set()
        return self._start(wanted)

    def wait(self, seconds: float, stop: Event) -> set[ChangedPath]:
        """Return the runs that changed, after about `seconds` at most.

        Setting `stop` ends the wait and loses the events that were not returned yet,
        so set it only at the end.
        """
        if self._backend is None:
            stop.wait(seconds)
            return set()
        step = _STEP_S if seconds < _LONG_WAIT_S else 2 * _STEP_S
        return self._read(_DEBOUNCE_S, step, seconds, stop)

    def retry(self) -> None:
        """End the pause before the next attempt."""
        self._next_start = 0.0
        self._retry_pause_s = self._first_retry_pause_s

    def close(self) -> None:
        """End the watch, if there is one."""
        backend, self._backend = self._backend, None
        self._watched = {}
        if backend is not None:
            backend.close()

    def _start(self, wanted: dict[str, Identity]) -> set[ChangedPath]:
        assert self._backend_factory is not None
        try:
            backend = self._backend_factory(list(wanted), self._recursive)
        except (FileNotFoundError, PermissionError) as error:
            # The folder was probably deleted since it was listed: a sweep shows it.
            self._failed_starts += 1
            if self._failed_starts > _MAX_VANISHED_FOLDERS:
                self._fail(error)
            else:
                self.may_have_missed = True
                self._next_start = time.monotonic() + self._interval_s
            return set()
        except Exception as error:  # The backend raises several kinds.
            self._fail(error)
            return set()
        self._failed_starts = 0
        fresh = self._backend is None or self._stale
        before = {} if fresh else self._watched
        # The old watch is read once more after the new one has started, so that no
        # event is lost between the two.
        changed = self._read(0.001, 0.001, 0.001, None)
        self.close()
        self._backend, self._watched = backend, wanted
        self._stale, self.problem = False, ""
        self.may_have_missed |= fresh
        self._next_start = time.monotonic() + self._interval_s
        new = {path for path, id_ in wanted.items() if before.get(path) != id_}
        return changed | self._changed_paths(new)

    def _read(
        self, debounce: float, step: float, timeout: float, stop: Event | None
    ) -> set[ChangedPath]:
        if self._backend is None:
            return set()
        debounce_ms, step_ms, timeout_ms = (
            math.ceil(seconds * 1000) for seconds in (debounce, step, timeout)
        )
        try:
            changes = self._backend.watch(debounce_ms, step_ms, timeout_ms, stop)
        except Exception as error:  # As in `_start`.
            self._fail(error)
            return set()
        if isinstance(changes, str):
            return set()
        paths = {path for _, path in changes}
        # The watch of a folder ends when the folder is deleted. A new folder of the
        # same name is not watched, causes no error and often has the same inode.
        if not self._watched.keys().isdisjoint(paths):
            self._stale = self.may_have_missed = True
        return self._changed_paths(paths)

    def _fail(self, error: Exception) -> None:
        self.close()
        self.may_have_missed = True
        self.problem = (
            f"{_SYSTEM_NAME} failed ({_reason(error)}), changes are shown a little "
            "later"
        )
        # A file whose name is not UTF-8 causes an error on each write to it, so that
        # the pauses must grow.
        self._next_start = time.monotonic() + self._retry_pause_s
        self._retry_pause_s = min(2 * self._retry_pause_s, _MAX_RETRY_PAUSE_S)

    def _changed_paths(self, paths: Iterable[str]) -> set[ChangedPath]:
        tails = (PurePath(path.removeprefix(self._root)).parts[1:] for path in paths)
        return {changed for tail in tails if (changed := _changed_path(tail))}


def is_on_network(path: str) -> bool:
    """Return whether other machines can write to the file system of a folder.

    Works on Linux only; False elsewhere.
    """
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return _NETWORK_TYPES.fullmatch(file_system_type(path, mounts)) is not None


def file_system_type(path: str, mountinfo: str) -> str:
    """Return the type of the file system that holds an absolute path, as `ext4`.

    `mountinfo` is the text of `/proc/self/mountinfo`, see proc(5). Empty if it
    lists no mount that holds the path.
    """
    kind = ""
    longest = -1
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        # Of two mounts on one folder, the later one hides the earlier.
        if inside and len(point) >= longest:
            kind, longest = right.split(" ")[0], len(point)
    return kind


def _changed_path(parts: tuple[str, ...]) -> ChangedPath | None:
    """Return the thread and run that a path below `threads` belongs to.

    None if it belongs to no run.
    """
    try:
        match parts:
            case [thread_id] | [thread_id, "runs"]:
                return check_thread_id(thread_id), None
            case [thread_id, "runs", name] if name.endswith(".jsonl"):
                run_id = name.removesuffix(".jsonl")
                return check_thread_id(thread_id), check_run_id(run_id)
    except InvalidIdError:
        pass
    return None


def _reason(error: Exception) -> str:
    """Return why a watch failed, in words for the user."""
    text = str(error) or type(error).__name__
    for symptom, reason in (
        ("watch limit", "the limit fs.inotify.max_user_watches is reached"),
        ("Too many open files", "the limit fs.inotify.max_user_instances is reached"),
        ("Unable to decode", "a file's name is not UTF-8"),
    ):
        if symptom in text:
            return reason
    # Some errors list every watched folder.
    return text[:80]
