"""Opens one `.deer-flow` folder: lists, watches, reads and deletes its runs."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from whitetail.source.catalog import Catalog
from whitetail.source.change_queue import Changes
from whitetail.source.deletion import Deletions
from whitetail.source.file_rows import FileRows
from whitetail.source.locate import TreeLocation, count_runs
from whitetail.source.produced import ProducedFile, open_produced
from whitetail.source.run_files import LooseFiles, RunFiles, TreeFiles
from whitetail.source.scan import LineFinder, ScanPiece, scan_file
from whitetail.source.trash_limits import TrashLimits
from whitetail.source.watcher import Watcher
from whitetail.view.brief import reason
from whitetail.view.lists.entries import TreeEntry
from whitetail.view.text import one_line
from whitetail_store import HeadAndTail, RunKey, StoreError

if TYPE_CHECKING:
    from whitetail.source.metrics_cache import MetricsCache

_NOTIFY_AFTER_S = 0.8
"""File events start once the first screen is drawn."""
_READ_FIRST = 32
"""The number of newest runs that are read before the first screen."""
_READ_LATER = 400
"""The number of newest runs that are read although they are not visible."""
_KEPT_OPEN = 4
"""The number of runs that stay open after use, so that they are not indexed twice."""
_BATCH_RUNS = 8
"""The number of runs per call, so that more urgent ones need not wait long."""


class FileSource:
    """The threads and runs of one `.deer-flow` folder, or runs outside of any.

    All files are read in threads.
    """

    def __init__(
        self,
        location: TreeLocation,
        limits: TrashLimits | None = None,
        open_cache: Callable[[Path], MetricsCache] | None = None,
    ) -> None:
        """Prepare the source; `start` begins to read. `limits` are of its trash.

        `open_cache` returns the cache of the metrics of runs below a path.
        """
        files: RunFiles = TreeFiles(location.threads)
        if location.is_loose:
            files = LooseFiles(location.base)
        self.open_cache = open_cache and partial(open_cache, files.root)
        """Opens the cache of the metrics of its runs; None if there is none."""
        self.name = str(location.base)
        """The folder or the file, for the status line."""
        self.watched = str(files.root)
        """The folder in which new runs are looked for, or the file."""
        self.selected = location.selected
        """The thread, and perhaps the run, that the user named."""
        self._candidates = location.candidates
        self.catalog = Catalog(files, time.time)
        """Its threads and runs, and their summaries."""
        self.deletions: Deletions | None = None
        """Deletes its runs and restores them; None for runs outside of a tree.

        These have no folder in which nothing but a trash of ours can be.
        """
        if not location.is_loose:
            self.deletions = Deletions(location.base, self.catalog, limits)
        self._watcher = Watcher(
            files,
            notifications=not location.is_loose,
            notify_after_s=_NOTIFY_AFTER_S,
        )
        self._first_scan = Thread(
            target=self._scan_first, name="first scan", daemon=True
        )
        self._first_changes: Changes | None = None
        self._unread: list[RunKey] = []
        self._unreadable: set[RunKey] = set()
        self._open: WeakValueDictionary[RunKey, FileRows] = WeakValueDictionary()
        self._recent: deque[FileRows] = deque(maxlen=_KEPT_OPEN)
        """Runs that stay open for a while: one that was counted may be shown next."""
        self._opening = Lock()

    def start(self, *, timeout_s: float = 0.0) -> None:
        """Start the first scan in a thread, and wait for it up to `timeout_s` seconds.

        The first scan lists all runs and reads the newest ones, so that the first
        screen can show them at once.
        """
        if self._first_scan.ident is None:
            self._first_scan.start()
        if timeout_s:
            self._first_scan.join(timeout_s)

    @property
    def first_scan_done(self) -> bool:
        """Whether the first scan has ended."""
        return self._first_changes is not None and not self._first_scan.is_alive()

    def close(self) -> None:
        """Stop watching."""
        self._watcher.close()

    def follow(self, key: RunKey) -> None:
        """Check a run's file more often than others, instead of the one before."""
        self._watcher.follow(key)

    def rescan(self) -> None:
        """Request a sweep over all files now."""
        self._watcher.rescan()

    async def changes(self) -> AsyncIterator[tuple[Changes, bool]]:
        """Yield changes that the catalog already has; the first scan comes first.

        The second value is whether runs were added or removed.
        """
        self.start()
        await asyncio.to_thread(self._first_scan.join)
        if self._first_changes is not None:
            yield self._first_changes, True
        async for changes in self._watcher:
            yield changes, self.catalog.apply(changes.runs)

    async def read_some(
        self, threads: Iterable[str], runs: Iterable[RunKey]
    ) -> list[RunKey]:
        """Read a few runs that changed or were never read, and return them.

        First come those that these threads and runs need to be shown. Then comes
        one of `runs` that is too long for its rows to be counted from head and
        tail. Then come the newest of all, for the order of the lists. Empty if
        there is nothing left to read.
        """
        runs = list(runs)
        keys = self.catalog.runs_to_read(threads, runs)[:_BATCH_RUNS]
        if not keys and (key := next(filter(self._needs_row_count, runs), None)):
            await asyncio.to_thread(self._count_rows, key)
            return [key]
        if not keys:
            keys, self._unread = self._unread[:_BATCH_RUNS], self._unread[_BATCH_RUNS:]
        if keys:
            for key, found in await asyncio.to_thread(self._read_heads_and_tails, keys):
                self.catalog.set_head_and_tail(key, found)
        return keys

    async def trees(self) -> list[TreeEntry]:
        """Return the trees that could have been opened, with their runs counted."""
        return await asyncio.to_thread(lambda: [*map(_tree_entry, self._candidates)])

    def _needs_row_count(self, key: RunKey) -> bool:
        return key not in self._unreadable and self.catalog.needs_row_count(key)

    def open(self, key: RunKey) -> FileRows:
        """Return the rows of a run; all who have them open share one `FileRows`."""
        path = self.catalog.path(key)
        with self._opening:
            rows = self._open.get(key)
            if rows is None or rows.path != path:
                rows = self._open[key] = FileRows(key, path)
            self._recent.append(rows)
        return rows

    def open_apart(self, key: RunKey) -> FileRows:
        """Return rows of a run that nothing else refreshes or examines."""
        return FileRows(key, self.catalog.path(key))

    def scan(self, key: RunKey, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, a piece at a time. Waits for disks.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        return scan_file(self.catalog.path(key), may_match)

    def open_file(self, thread: str, path: str) -> ProducedFile | None:
        """Open a file that a run of a thread produced; None if it is not here. Blocks.

        Raises:
            OSError: The file cannot be read.

        """
        return open_produced(Path(self.watched), thread, path)

    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run. Waits for the disk.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        return self.open(key).count_events()

    def _count_rows(self, key: RunKey) -> None:
        rows = self.open(key)
        try:
            rows.refresh()
        except (StoreError, OSError):
            # No message: opening the run shows the reason.
            self._unreadable.add(key)
        else:
            self.catalog.set_row_count(key, len(rows))

    def _scan_first(self) -> None:
        self._watcher.start()
        self._first_changes = self._watcher.wait_for_first()
        if self._first_changes is not None:
            self.catalog.apply(self._first_changes.runs)
            newest = self.catalog.unread(_READ_LATER)
            for key, found in self._read_heads_and_tails(newest[:_READ_FIRST]):
                self.catalog.set_head_and_tail(key, found)
            self._unread = newest[_READ_FIRST:]

    def _read_heads_and_tails(
        self, keys: Iterable[RunKey]
    ) -> list[tuple[RunKey, HeadAndTail | None]]:
        results: list[tuple[RunKey, HeadAndTail | None]] = []
        for key in keys:
            try:
                results.append((key, self.catalog.read_head_and_tail(key)))
            except OSError:
                # Opening the run shows the reason; until then the list shows its id.
                results.append((key, None))
        return results


def _tree_entry(base: Path) -> TreeEntry:
    path, runs, problem = one_line(str(base), 200), None, ""
    try:
        runs = count_runs(base)
    except OSError as error:
        problem = reason(error)
    return TreeEntry(str(base), path, runs, problem)
