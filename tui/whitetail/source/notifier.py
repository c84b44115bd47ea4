"""What the operating system says has just changed: quick, and never all of it."""

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
"""A thread and one of its runs, or None for all of them."""
Identity = tuple[int, int]
"""What tells a folder from its successor of the same name: device and inode."""

_STEP = 0.025
_LAZY = 0.2
_DEBOUNCE = 0.05
_PATIENCE = 900.0
_MISSES = 3
_EVENTS = {"linux": "inotify", "darwin": "FSEvents"}.get(sys.platform, "file events")
_NETWORK = re.compile(
    r"9p|afs|beegfs|ceph|cifs|davfs|drvfs|fakeowner|fuse(\..*)?|gpfs|lustre|ncpfs"
    r"|nfs4?|osxfs|prl_fs|smb3|smbfs|vboxsf|virtiofs|vmhgfs"
)


class NotifyBackend(Protocol):
    """A running watch, as `watchfiles` makes it."""

    def watch(
        self, debounce_ms: int, step_ms: int, timeout_ms: int, stop: Event | None, /
    ) -> set[tuple[int, str]] | str:
        """Return what changed, or a word for why nothing is returned."""

    def close(self) -> None:
        """End the watch."""


def watch_backend(paths: list[str], recursive: bool) -> NotifyBackend:
    """Begin to watch folders.

    Never by polling, which `watchfiles` chooses by itself under WSL and which
    misses a second append within a second (watchfiles#319). Nothing is passed
    over for want of permission either: asked to do that, it starts without an
    error and watches little or nothing.
    """
    # Private, for `watchfiles.watch` can neither be built once and asked often,
    # nor leave folders below out. Imported here, 50 ms that the start can't spare.
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
    """One watch on `threads` and the `runs` folders that matter most.

    Serves one thread only. Whatever goes wrong ends the watch and stands in
    `problem`; another is tried after a while, ever longer.
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
        """Prepare to watch; begins with `aim`, at most once in `every` seconds.

        Nothing is watched for the first `after` seconds.
        """
        self.problem = ""
        """Why there is no watch though there should be one, in words."""
        self.on_network = False
        """Whether others may write to the folder unseen by this machine."""
        self.may_have_missed = False
        """Whether changes may have gone unseen, so that a sweep is due; to be reset."""
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
        """Whether the system is listened to."""
        return self._backend is not None

    @property
    def ready(self) -> bool:
        """Whether it is time for `aim`."""
        return (
            self._backend_factory is not None and time.monotonic() >= self._next_start
        )

    @property
    def status(self) -> str:
        """How it watches, in words; nothing if it doesn't."""
        if self._backend is None:
            return ""
        return (
            _EVENTS if self._recursive else f"{_EVENTS} on {len(self._watched)} folders"
        )

    def watch_folders(
        self, root: Identity, folders: Mapping[str, Identity]
    ) -> set[ChangedPath]:
        """Watch `threads` and the runs of these threads; return where to look now."""
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
        """Return where something changed, after about this time at most.

        Setting `stop` ends the wait and loses what was not told yet, so it is for
        the end only.
        """
        if self._backend is None:
            stop.wait(seconds)
            return set()
        step = _STEP if seconds < _LAZY else 2 * _STEP
        return self._read(_DEBOUNCE, step, seconds, stop)

    def retry(self) -> None:
        """Don't wait any longer with the next attempt."""
        self._next_start = 0.0
        self._retry_pause_s = self._first_retry_pause_s

    def close(self) -> None:
        """End the watch, if there is one."""
        notify, self._backend = self._backend, None
        self._watched = {}
        if notify is not None:
            notify.close()

    def _start(self, wanted: dict[str, Identity]) -> set[ChangedPath]:
        assert self._backend_factory is not None
        try:
            notify = self._backend_factory(list(wanted), self._recursive)
        except (FileNotFoundError, PermissionError) as error:
            # Most likely gone or closed since it was listed, which a sweep shows.
            self._failed_starts += 1
            if self._failed_starts > _MISSES:
                self._fail(error)
            else:
                self.may_have_missed = True
                self._next_start = time.monotonic() + self._interval_s
            return set()
        except Exception as error:  # A private class may raise anything.
            self._fail(error)
            return set()
        self._failed_starts = 0
        fresh = self._backend is None or self._stale
        before = {} if fresh else self._watched
        # The old watch is heard out only now, so nothing falls between the two.
        places = self._read(0.001, 0.001, 0.001, None)
        self.close()
        self._backend, self._watched = notify, wanted
        self._stale, self.problem = False, ""
        self.may_have_missed |= fresh
        self._next_start = time.monotonic() + self._interval_s
        new = {path for path, id_ in wanted.items() if before.get(path) != id_}
        return places | self._changed_paths(new)

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
        except Exception as error:  # As in `_begin`.
            self._fail(error)
            return set()
        if isinstance(changes, str):
            return set()
        paths = {path for _, path in changes}
        # A watch ends with its folder, and whoever takes the name goes unseen,
        # without an error and often with the same inode.
        if not self._watched.keys().isdisjoint(paths):
            self._stale = self.may_have_missed = True
        return self._changed_paths(paths)

    def _fail(self, error: Exception) -> None:
        self.close()
        self.may_have_missed = True
        self.problem = (
            f"{_EVENTS} failed ({_reason(error)}), changes show a little later"
        )
        # A name that is not UTF-8 fails at once again as long as it is written to.
        self._next_start = time.monotonic() + self._retry_pause_s
        self._retry_pause_s = min(2 * self._retry_pause_s, _PATIENCE)

    def _changed_paths(self, paths: Iterable[str]) -> set[ChangedPath]:
        tails = (PurePath(path.removeprefix(self._root)).parts[1:] for path in paths)
        return {place for tail in tails if (place := _changed_path(tail))}


def is_on_network(path: str) -> bool:
    """Return whether a Linux folder is on a file system that others may write to."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return _NETWORK.fullmatch(file_system_type(path, mounts)) is not None


def file_system_type(path: str, mountinfo: str) -> str:
    """Return the type of the file system that holds an absolute path, as `ext4`.

    `mountinfo` is the text of `/proc/self/mountinfo` (proc(5)); nothing is
    returned where it doesn't tell.
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
    """Return what a path below `threads` tells of; None if it is nothing of ours."""
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
    text = str(error) or type(error).__name__
    for symptom, reason in (
        ("watch limit", "the limit fs.inotify.max_user_watches is reached"),
        ("Too many open files", "the limit fs.inotify.max_user_instances is reached"),
        ("Unable to decode", "a file's name is not UTF-8"),
    ):
        if symptom in text:
            return reason
    # Some errors go on to list every folder that was watched.
    return text[:80]
