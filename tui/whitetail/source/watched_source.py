"""What a source of files and one of a database have in common."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from threading import Lock, Thread
from typing import Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from whitetail.source.catalog import Catalog
from whitetail.source.change_queue import ChangeQueue, Changes
from whitetail.source.protocols import RunRows
from whitetail_store import HeadAndTail, RunKey, Stamp, StoreError

_READ_FIRST = 32
"""The number of newest runs that are read before the first screen."""
_READ_LATER = 400
"""The number of newest runs that are read although they are not visible."""
_KEPT_OPEN = 4
"""The number of runs that stay open after use, so that they are not indexed twice."""
_BATCH_RUNS = 8
"""The number of runs per call, so that more urgent ones need not wait long."""

Rows = TypeVar("Rows", bound=RunRows)


class RunWatcher(Protocol):
    """Finds changes of runs in a thread of its own."""

    @property
    def queue(self) -> ChangeQueue:
        """Yields the changes; the first item lists every run."""
        ...

    def start(self) -> None:
        """Start to watch, in a thread."""
        ...

    def close(self) -> None:
        """Stop watching, which ends the queue."""
        ...

    def follow(self, key: RunKey) -> None:
        """Check this run more often than others, instead of the one before."""
        ...

    def rescan(self) -> None:
        """Look for all changes now."""
        ...


class WatchedSource(ABC, Generic[Rows]):
    """Lists runs, keeps a catalog of them up to date, and shares open runs.

    All that waits for a disk or a server runs in threads.
    """

    def __init__(self, catalog: Catalog, watcher: RunWatcher) -> None:
        """List nothing before `start`."""
        self.catalog = catalog
        """Its threads and runs, and their summaries."""
        self._watcher = watcher
        self._first_scan = Thread(
            target=self._scan_first, name="first scan", daemon=True
        )
        self._first_changes: Changes | None = None
        self._unread: list[RunKey] = []
        self._unreadable: set[RunKey] = set()
        self._open: WeakValueDictionary[RunKey, Rows] = WeakValueDictionary()
        self._recent: deque[Rows] = deque(maxlen=_KEPT_OPEN)
        """Runs that stay open for a while: one that was counted may be shown next."""
        self._opening = Lock()

    @abstractmethod
    def open_apart(self, key: RunKey) -> Rows:
        """Return rows of a run that nothing else refreshes or examines."""

    @abstractmethod
    def _read_ends(self, key: RunKey) -> HeadAndTail | None:
        """Return the first and the last rows of a run; None if it is gone.

        Raises:
            StoreError, OSError: They cannot be read.

        """

    @property
    def first_scan_done(self) -> bool:
        """Whether the catalog lists every run."""
        first = self._first_changes
        return not self._first_scan.is_alive() and first is not None and first.first

    def start(self, *, timeout_s: float = 0.0) -> None:
        """Start the first scan in a thread, and wait for it up to `timeout_s` seconds.

        The first scan lists all runs and reads the newest ones, so that the first
        screen can show them at once.
        """
        if self._first_scan.ident is None:
            self._first_scan.start()
        if timeout_s:
            self._first_scan.join(timeout_s)

    def close(self) -> None:
        """Stop watching."""
        self._watcher.close()

    def follow(self, key: RunKey) -> None:
        """Check a run more often than others, instead of the one before."""
        self._watcher.follow(key)

    def rescan(self) -> None:
        """Look for all changes now."""
        self._watcher.rescan()

    async def changes(self) -> AsyncIterator[tuple[Changes, bool]]:
        """Yield changes that the catalog already has; the first scan comes first.

        The second value is whether runs were added or removed. Once there are no more
        problems, the runs that are open or could not be read count as changed.
        """
        self.start()
        await asyncio.to_thread(self._first_scan.join)
        if self._first_changes is not None:
            yield self._first_changes, self._first_changes.first
        had_problems = False
        async for changes in self._watcher.queue:
            added_or_removed = self.catalog.apply(changes.runs)
            if had_problems and not changes.problems:
                # A database is back, or a folder can be read again.
                changes = replace(changes, runs={**self._retried(), **changes.runs})
            had_problems = bool(changes.problems)
            if changes.first:
                # The first scan did not reach the runs.
                self._unread = self.catalog.unread(_READ_LATER)
            yield changes, added_or_removed

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
            for key, found in await asyncio.to_thread(self._heads_and_tails, keys):
                self.catalog.set_head_and_tail(key, found)
        return keys

    def open(self, key: RunKey) -> Rows:
        """Return the rows of a run; all who have them open share them."""
        with self._opening:
            rows = self._open.get(key)
            if rows is None:
                rows = self._open[key] = self.open_apart(key)
            self._recent.append(rows)
        return rows

    def _retried(self) -> dict[RunKey, Stamp]:
        """Have runs read again that could not be read; return them and open ones."""
        self._unreadable.clear()
        with self._opening:
            keys = self.catalog.retry_unreadable().union(self._open)
        return {key: run.stamp for key in keys if (run := self.catalog.known(key))}

    def _needs_row_count(self, key: RunKey) -> bool:
        return key not in self._unreadable and self.catalog.needs_row_count(key)

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
        changes = self._watcher.queue.wait_for_first()
        if changes is not None and changes.first:
            self.catalog.apply(changes.runs)
            newest = self.catalog.unread(_READ_LATER)
            for key, found in self._heads_and_tails(newest[:_READ_FIRST]):
                self.catalog.set_head_and_tail(key, found)
            self._unread = newest[_READ_FIRST:]
        self._first_changes = changes

    def _heads_and_tails(
        self, keys: Iterable[RunKey]
    ) -> list[tuple[RunKey, HeadAndTail | None]]:
        results: list[tuple[RunKey, HeadAndTail | None]] = []
        for key in keys:
            try:
                found = self._read_ends(key)
            except (StoreError, OSError):
                # Opening the run shows the reason; until then the list shows its id.
                found = None
            results.append((key, found))
        return results
