"""`RunStamps`: the stamps of a thread's run files and their digest, kept up to date.

Keeps the part of promise 10 that an append costs the append: files that did not change
cost one system call each.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from whitetail_store.note import DIGEST_LIMIT, digest_of
from whitetail_store.paths import Stamp, run_path, run_stamps
from whitetail_store.workers import TIMER

# A descriptor that only gives the status of a file; it needs no right to read it.
_STATUS_FLAGS = getattr(os, "O_PATH", 0) | getattr(os, "O_NOFOLLOW", 0)
_CAN_KEEP_FILES = hasattr(os, "O_PATH")
_MAX_KEPT_FILES = 128
# Kept files use disk space after another program has removed them.
_MAX_IDLE_S = 2.0


class _Budget:
    """The number of descriptors that all `RunStamps` of this process may keep."""

    def __init__(self) -> None:
        self._free = _MAX_KEPT_FILES
        self.reset()

    def reset(self) -> None:
        """Free the mutex, as after a fork: a thread that is gone may hold it."""
        # Re-entrant, since the garbage collector gives descriptors back, too.
        self._mutex = threading.RLock()

    def get(self, count: int) -> bool:
        """Reserve descriptors; return whether there are as many."""
        with self._mutex:
            if count > self._free:
                return False
            self._free -= count
            return True

    def give_back(self, count: int) -> None:
        """Return descriptors that are not used any more."""
        with self._mutex:
            self._free += count


_budget = _Budget()
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_budget.reset)


class RunStamps:
    """The stamps of the run files of a thread. For one call at a time.

    The folder is listed if its own stamp has changed. If not, each file still has its
    name, and the status of its descriptor is that of the file with this name: half the
    cost of a path.
    """

    def __init__(self, threads: Path, thread_id: str) -> None:
        """Start without files; `threads` is the folder of all threads."""
        self.stamps: dict[str, Stamp] = {}
        """The stamp of each run file at the last `refresh`, by run id."""
        self.digest = 0
        """The digest of all stamps."""
        self._files: dict[str, int] = {}
        self._appended: tuple[str, int, Stamp] | None = None
        self._reserved = 0
        self._listed: Stamp | None = None
        self._digests: dict[str, int] = {}
        self._threads = threads
        self._thread_id = thread_id
        self._mutex = threading.Lock()
        self._last_used = 0.0

    def __del__(self) -> None:
        self._close()

    def refresh(self, folder: Stamp, lock_written_ns: int) -> None:
        """Bring the stamps up to date; `folder` is the present one of the folder.

        `lock_written_ns` is the time of a write to the lock file, by which the age of
        the folder's stamp is judged: both are of the clock of the file system.

        Raises:
            OSError: The folder cannot be read.

        """
        with self._mutex:
            if folder == self._listed and self._files_are_current():
                self._last_used = time.monotonic()
                return
            self._close()
        stamps = run_stamps(self._threads, self._thread_id)
        for run_id in self.stamps.keys() - stamps.keys():
            self.drop(run_id)
        for run_id, stamp in stamps.items():
            self.set(run_id, stamp)
        if folder.is_settled(lock_written_ns) and _CAN_KEEP_FILES:
            with self._mutex:
                self._keep_files(folder)

    def set(self, run_id: str, stamp: Stamp) -> None:
        """Set the stamp of a file."""
        if self.stamps.get(run_id) != stamp:
            self.drop(run_id)
            self.stamps[run_id] = stamp
            self._digests[run_id] = added = digest_of(run_id, stamp)
            self.digest = (self.digest + added) % DIGEST_LIMIT

    def drop(self, run_id: str) -> None:
        """Remove a file that does not exist any more."""
        self.stamps.pop(run_id, None)
        self.digest = (self.digest - self._digests.pop(run_id, 0)) % DIGEST_LIMIT

    def digest_without(self, run_ids: Iterable[str]) -> int:
        """Return the digest of the other files."""
        removed = sum(self._digests.get(run_id, 0) for run_id in run_ids)
        return (self.digest - removed) % DIGEST_LIMIT

    def appended_file(self, run_id: str) -> tuple[int, Stamp] | None:
        """Return the descriptor of `keep_appended`, and the present stamp of its file.

        The caller closes it. None if there is none, or the file was changed since.
        """
        with self._mutex:
            kept = self._appended
            if kept is None or kept[0] != run_id or kept[2] != self.stamps.get(run_id):
                return None
            self._appended = None
        return kept[1:]

    def keep_appended(self, run_id: str, file: int) -> None:
        """Keep a descriptor for the next append to a run, or close it."""
        with self._mutex:
            stamp = self.stamps.get(run_id)
            if self._appended is None and run_id in self._files and stamp is not None:
                self._appended = run_id, file, stamp
                return
        os.close(file)

    def close_if_idle(self) -> None:
        """Close the files if they were not used for two seconds, else later."""
        with self._mutex:
            idle_s = time.monotonic() - self._last_used
            if idle_s >= _MAX_IDLE_S:
                self._close()
            elif self._files:
                TIMER.call_after(_MAX_IDLE_S - idle_s, self.close_if_idle)

    def _files_are_current(self) -> bool:
        """Return whether all files are kept; update the stamps that changed."""
        if len(self._files) != len(self.stamps):
            return False
        stamps = self.stamps
        for run_id, file in self._files.items():
            status, stamp = os.fstat(file), stamps[run_id]
            if status.st_ctime_ns != stamp.ctime_ns or status.st_size != stamp.size:
                self.set(run_id, Stamp.of(status))
        return True

    def _keep_files(self, folder: Stamp) -> None:
        # One more for that of `keep_appended`.
        count = len(self.stamps) + 1
        if not _budget.get(count):
            return
        self._reserved = count
        try:
            for run_id, stamp in self.stamps.items():
                path = run_path(self._threads, self._thread_id, run_id)
                self._files[run_id] = file = os.open(path, _STATUS_FLAGS)
                if Stamp.of(os.fstat(file))[:2] != stamp[:2]:
                    self._close()
                    return
        except OSError:
            # A file was removed, or the process has no descriptor left.
            self._close()
            return
        self._listed = folder
        self._last_used = time.monotonic()
        TIMER.call_after(_MAX_IDLE_S, self.close_if_idle)

    def _close(self) -> None:
        self._listed = None
        files, self._files = self._files, {}
        for file in files.values():
            os.close(file)
        appended, self._appended = self._appended, None
        if appended is not None:
            os.close(appended[1])
        _budget.give_back(self._reserved)
        self._reserved = 0
