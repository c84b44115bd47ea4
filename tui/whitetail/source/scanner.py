"""What is known of the runs on disk, and how it differs from what is there."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import nlargest
from pathlib import Path

from whitetail_store.paths import (
    RunKey,
    Stamp,
    run_path,
    stamp,
    stamps_in,
    thread_ids,
)

# The coarsest clock of a file system, FAT's: a folder that was written to this
# short ago may be written to again with the same time.
_GRAIN_NS = 2_000_000_000
# One file is looked at 20 times a second.
_path = lru_cache(64)(run_path)


@dataclass(slots=True)
class _Thread:
    runs_folder: str
    folder_stamp: Stamp | None = None
    """The `runs` folder's stamp when it was listed; None if there was none."""
    settled: bool = False
    """Whether the folder can't have changed since without a new stamp."""
    runs: dict[str, Stamp] = field(default_factory=dict[str, Stamp])

    def written(self) -> int:
        """Return when it was last written to, in nanoseconds since the epoch."""
        folder = self.folder_stamp.mtime_ns if self.folder_stamp else 0
        # An append to a run leaves its folder's time alone.
        return max([folder, *(run.mtime_ns for run in self.runs.values())])


class Scanner:
    """The runs below `threads`, as they were when last looked at.

    Looks at each thread's `runs` folder and at nothing else of it.
    """

    def __init__(self, threads: Path) -> None:
        """Know of nothing yet."""
        self.changes: dict[RunKey, Stamp | None] = {}
        """What was found to differ, to be taken away; None for what is gone."""
        self.problems: dict[str, str] = {}
        """What can't be read, in words, by thread id; the root's is nothing."""
        self.root_identity: tuple[int, int] | None = None
        """Device and inode of `threads`; None while there is no such folder."""
        self.folders_changed = False
        """Whether folders came or went, to be reset."""
        self._threads = threads
        self._known: dict[str, _Thread] = {}

    def __len__(self) -> int:
        """Return how many threads there are."""
        return len(self._known)

    def sweep(self, *, files: bool) -> Iterator[None]:
        """Look at every thread, with a break after each.

        Without `files`, only those whose `runs` folder changed are listed, which
        costs a tenth and shows new and deleted runs, but no appends.
        """
        root = None
        found: set[str] = set()
        try:
            status = self._threads.stat()
            found.update(thread_ids(self._threads))
            root = status.st_dev, status.st_ino
        except (FileNotFoundError, NotADirectoryError):
            found.clear()
        except OSError as error:
            self.problems[""] = f"cannot read {self._threads}: {_reason(error)}"
            return
        self.problems.pop("", None)
        if root != self.root_identity:
            self.root_identity = root
            self.folders_changed = True
        for thread_id in self._known.keys() - found:
            self._forget(thread_id)
        for thread_id in found:
            self._list_runs(thread_id, files=files)
            yield

    def scan_thread(self, thread_id: str) -> bool:
        """List a thread's runs now; return whether it is there, but without any."""
        try:
            status = os.lstat(self._threads / thread_id)
            there = stat.S_ISDIR(status.st_mode)
        except (FileNotFoundError, NotADirectoryError):
            there = False
        except OSError:
            # For the sweep to tell, which comes across it too.
            return False
        if not there:
            self._forget(thread_id)
            return False
        self._list_runs(thread_id, files=True)
        return not self._known[thread_id].runs

    def stat_run(self, key: RunKey, *, reopen: bool = False) -> bool:
        """Look at one run's file now; return whether its thread is known.

        With `fresh`, opens it: only then is an NFS server asked, and not its cache.
        """
        thread_id, run_id = key
        thread = self._known.get(thread_id)
        if thread is None:
            return False
        path = _path(self._threads, thread_id, run_id)
        # What can't be looked at is for the sweep to tell.
        with contextlib.suppress(OSError):
            found = stamp(path)
            if reopen and found is not None:
                path.open("rb").close()
                found = stamp(path)
            self._set_stamp(thread, thread_id, run_id, found)
        return True

    def newest(self, count: int) -> dict[str, tuple[int, int]]:
        """Return the threads last written to that can be watched, and their `runs`."""
        ready = {
            thread_id: thread
            for thread_id, thread in self._known.items()
            if thread.folder_stamp is not None and thread_id not in self.problems
        }
        best = nlargest(count, ready.items(), key=lambda pair: pair[1].written())
        return {
            thread_id: (thread.folder_stamp.dev, thread.folder_stamp.ino)
            for thread_id, thread in best
            if thread.folder_stamp is not None
        }

    def pop_changes(self) -> dict[RunKey, Stamp | None]:
        """Return what was found to differ since it was last taken."""
        changed, self.changes = self.changes, {}
        return changed

    def _list_runs(self, thread_id: str, *, files: bool) -> None:
        thread = self._known.get(thread_id)
        if thread is None:
            folder = f"{self._threads}/{thread_id}/runs"
            thread = self._known[thread_id] = _Thread(folder)
            self.folders_changed = True
        try:
            # Before its files are, so that what changes meanwhile shows next time.
            mark = _folder_stamp(thread.runs_folder)
            if not files and thread.settled and mark == thread.folder_stamp:
                return
            runs = stamps_in(thread.runs_folder) if mark else {}
        except OSError as error:
            thread.settled = False
            self.problems[thread_id] = (
                f"cannot read {self._threads.name}/{thread_id}/runs: {_reason(error)}"
            )
            return
        if self.problems.pop(thread_id, None) or mark != thread.folder_stamp:
            self.folders_changed = True
        thread.folder_stamp = mark
        thread.settled = mark is None or time.time_ns() - mark.mtime_ns > _GRAIN_NS
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


def _folder_stamp(path: str) -> Stamp | None:
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Stamp.of(status) if stat.S_ISDIR(status.st_mode) else None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
