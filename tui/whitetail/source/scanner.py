"""Sweeps the folders of runs and reports which files changed."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nlargest
from pathlib import Path

from whitetail.source.run_files import RunFiles
from whitetail_store.files import open_to_read
from whitetail_store.paths import RunKey, Stamp, stamp

# FAT has the coarsest clock of all file systems, 2 s. A folder that changed less
# than this ago may change again without a new modification time.
_CLOCK_RESOLUTION_NS = 2_000_000_000


@dataclass(slots=True)
class _Thread:
    """The runs of one thread as they were last listed."""

    runs_folder: str
    folder_stamp: Stamp | None = None
    """The stamp of the `runs` folder when it was listed; None if there was none."""
    settled: bool = False
    """Whether any change since then gives the folder a new stamp."""
    runs: dict[str, Stamp] = field(default_factory=dict[str, Stamp])
    """The stamp of each run's file, by run id."""

    def last_write_ns(self) -> int:
        """Return the time of the last write, in nanoseconds since the epoch."""
        folder = self.folder_stamp.mtime_ns if self.folder_stamp else 0
        # An append to a file does not change the time of its folder.
        return max([folder, *(run.mtime_ns for run in self.runs.values())])


class Scanner:
    """The runs of a tree, or outside of any, and the changes since the last scan.

    Reads each thread's `runs` folder and no other part of a thread.
    """

    def __init__(self, files: RunFiles) -> None:
        """Start without any threads; the first `sweep` finds them all."""
        self.changes: dict[RunKey, Stamp | None] = {}
        """The new stamp of each run that changed, None if its file is gone.

        `pop_changes` returns and clears it.
        """
        self.problems: dict[str, str] = {}
        """Why a thread cannot be read, by thread id; the id of the root is ''."""
        self.root_identity: tuple[int, int] | None = None
        """Device and inode of the root; None while it is missing."""
        self.folders_changed = False
        """Whether folders were added or removed. The reader of it resets it."""
        self._files = files
        self._known: dict[str, _Thread] = {}

    def __len__(self) -> int:
        """Return the number of threads."""
        return len(self._known)

    def sweep(self, *, files: bool) -> Iterator[None]:
        """Scan every thread; yields after each, so that the caller can do other work.

        Without `files`, only a `runs` folder that changed is listed. This costs a
        tenth of the time and finds new and deleted runs, but no appends.
        """
        identity = None
        found: set[str] = set()
        try:
            status = self._files.root.stat()
            found.update(self._files.thread_ids())
            identity = status.st_dev, status.st_ino
        except (FileNotFoundError, NotADirectoryError):
            found.clear()
        except OSError as error:
            self.problems[""] = f"cannot read {self._files.root}: {_reason(error)}"
            return
        self.problems.pop("", None)
        if identity != self.root_identity:
            self.root_identity = identity
            self.folders_changed = True
        for thread_id in self._known.keys() - found:
            self._forget(thread_id)
        for thread_id in found:
            self._list_runs(thread_id, files=files)
            yield

    def scan_thread(self, thread_id: str) -> bool:
        """List a thread's runs; return whether the thread exists without any run."""
        try:
            status = os.lstat(Path(self._files.folder(thread_id)).parent)
            exists = stat.S_ISDIR(status.st_mode)
        except (FileNotFoundError, NotADirectoryError):
            exists = False
        except OSError:
            # The next sweep meets the same error and reports it.
            return False
        if not exists:
            self._forget(thread_id)
            return False
        self._list_runs(thread_id, files=True)
        return not self._known[thread_id].runs

    def stat_run(self, key: RunKey, *, reopen: bool = False) -> bool:
        """Check one run's file for changes; return whether its thread is known.

        `reopen`: open the file first. An NFS client then asks the server instead of
        its cache.
        """
        thread_id, run_id = key
        thread = self._known.get(thread_id)
        if thread is None:
            return False
        path = self._files.path(key)
        # The next sweep meets the same error and reports it.
        with contextlib.suppress(OSError):
            found = stamp(path)
            if reopen and found is not None:
                os.close(open_to_read(path))
                found = stamp(path)
            self._set_stamp(thread, thread_id, run_id, found)
        return True

    def newest(self, count: int) -> dict[str, tuple[int, int]]:
        """Return the threads that were written to last and can be watched.

        Each thread id maps to the device and inode of its `runs` folder.
        """
        readable = {
            thread_id: thread
            for thread_id, thread in self._known.items()
            if thread.folder_stamp is not None and thread_id not in self.problems
        }
        best = nlargest(
            count, readable.items(), key=lambda pair: pair[1].last_write_ns()
        )
        return {
            thread_id: (thread.folder_stamp.dev, thread.folder_stamp.ino)
            for thread_id, thread in best
            if thread.folder_stamp is not None
        }

    def pop_changes(self) -> dict[RunKey, Stamp | None]:
        """Return the changes since the last call."""
        changes, self.changes = self.changes, {}
        return changes

    def _list_runs(self, thread_id: str, *, files: bool) -> None:
        thread = self._known.get(thread_id)
        if thread is None:
            folder = self._files.folder(thread_id)
            thread = self._known[thread_id] = _Thread(folder)
            self.folders_changed = True
        try:
            # Before the files are listed: a change meanwhile is then found next time.
            folder_stamp = self._files.folder_stamp(thread.runs_folder)
            if not files and thread.settled and folder_stamp == thread.folder_stamp:
                return
            runs = self._files.stamps(thread.runs_folder) if folder_stamp else {}
        except OSError as error:
            thread.settled = False
            folder = os.path.relpath(thread.runs_folder, self._files.root.parent)
            self.problems[thread_id] = f"cannot read {folder}: {_reason(error)}"
            return
        if self.problems.pop(thread_id, None) or folder_stamp != thread.folder_stamp:
            self.folders_changed = True
        thread.folder_stamp = folder_stamp
        thread.settled = (
            folder_stamp is None
            or time.time_ns() - folder_stamp.mtime_ns > _CLOCK_RESOLUTION_NS
        )
        if runs != thread.runs:
            for run_id in thread.runs.keys() | runs.keys():
                self._set_stamp(thread, thread_id, run_id, runs.get(run_id))

    def _set_stamp(
        self, thread: _Thread, thread_id: str, run_id: str, found: Stamp | None
    ) -> None:
        if thread.runs.get(run_id) == found:
            return
        if found is None:
            del thread.runs[run_id]
        else:
            thread.runs[run_id] = found
        self.changes[thread_id, run_id] = found

    def _forget(self, thread_id: str) -> None:
        self.problems.pop(thread_id, None)
        thread = self._known.pop(thread_id, None)
        if thread is not None:
            self.folders_changed = True
            self.changes.update(((thread_id, run_id), None) for run_id in thread.runs)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
