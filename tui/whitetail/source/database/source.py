"""Opens a database: lists, watches and reads its runs."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from threading import Lock, Thread
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from whitetail.source.catalog import Catalog
from whitetail.source.change_queue import Changes
from whitetail.source.database.connection import Database
from whitetail.source.database.heads import read_head_and_tail
from whitetail.source.database.rows import DatabaseRows
from whitetail.source.database.statements import CHECK
from whitetail.source.database.watcher import DatabaseWatcher
from whitetail.source.scan import LineFinder, ScanPiece
from whitetail.view.lists.entries import TreeEntry
from whitetail_store import DatabaseError, HeadAndTail, RunKey

if TYPE_CHECKING:
    from whitetail.source.metrics_cache import MetricsCache
    from whitetail.source.produced import ProducedFile

_READ_FIRST, _READ_LATER = 32, 400
"""The newest runs that are read before the first screen, and without being visible."""
_BATCH_RUNS = 8
"""The number of runs per call, so that more urgent ones need not wait long."""
_KEPT_OPEN = 4
"""The number of runs that stay open after use."""


class DatabaseSource:
    """The threads and runs of one database. Nothing is ever written to it."""

    def __init__(
        self,
        database: Database,
        selected: tuple[str, str | None] | None = None,
        note: str = "",
    ) -> None:
        """Prepare the source; `start` begins to read.

        `selected` is shown first. `note` is shown after the status of the watch.
        """
        self.name = database.name
        self.watched = f"{database.name} (table run_events)"
        self.selected = selected
        self.catalog = Catalog(None, time.time)
        self.deletions: None = None
        self.open_cache: Callable[[], MetricsCache] | None = None
        self._database = database
        self._watcher = DatabaseWatcher(database, note)
        self._first_scan = Thread(
            target=self._scan_first, name="first scan", daemon=True
        )
        self._first_changes: Changes | None = None
        self._unread: list[RunKey] = []
        self._open: WeakValueDictionary[RunKey, DatabaseRows] = WeakValueDictionary()
        self._recent: deque[DatabaseRows] = deque(maxlen=_KEPT_OPEN)
        self._opening = Lock()

    @property
    def first_scan_done(self) -> bool:
        """Whether the catalog lists every run."""
        first = self._first_changes
        return not self._first_scan.is_alive() and first is not None and first.first

    def check(self) -> None:
        """Connect, and look for the table. Blocks.

        Raises:
            DatabaseError: There is none, or the database is not reachable.

        """
        self._database.select(CHECK)

    def start(self, *, timeout_s: float = 0.0) -> None:
        """Start to list the runs in a thread, and wait for it up to `timeout_s`."""
        if self._first_scan.ident is None:
            self._first_scan.start()
        if timeout_s:
            self._first_scan.join(timeout_s)

    def close(self) -> None:
        """Look for no more changes, and close the connections."""
        self._watcher.close()
        self._database.close()

    def follow(self, key: RunKey) -> None:
        """Look for deletes in this run, instead of the one before."""
        self._watcher.follow(key)

    def rescan(self) -> None:
        """List all runs now."""
        self._watcher.rescan()

    async def changes(self) -> AsyncIterator[tuple[Changes, bool]]:
        """Yield changes that the catalog already has; the first listing comes first."""
        self.start()
        await asyncio.to_thread(self._first_scan.join)
        if self._first_changes is not None:
            yield self._first_changes, self._first_changes.first
        async for changes in self._watcher.queue:
            added_or_removed = self.catalog.apply(changes.runs)
            if changes.first:
                self._unread = self.catalog.unread(_READ_LATER)
            yield changes, added_or_removed

    async def read_some(
        self, threads: Iterable[str], runs: Iterable[RunKey]
    ) -> list[RunKey]:
        """Read a few runs: those that these threads and runs need, then the newest."""
        keys = self.catalog.runs_to_read(threads, runs)[:_BATCH_RUNS]
        if not keys:
            keys, self._unread = self._unread[:_BATCH_RUNS], self._unread[_BATCH_RUNS:]
        if keys:
            for key, found in await asyncio.to_thread(self._heads_and_tails, keys):
                self.catalog.set_head_and_tail(key, found)
        return keys

    async def trees(self) -> list[TreeEntry]:
        """Return nothing: no other database is known."""
        return []

    def open(self, key: RunKey) -> DatabaseRows:
        """Return the rows of a run; all who have them open share them."""
        with self._opening:
            rows = self._open.get(key)
            if rows is None:
                rows = self._open[key] = self.open_apart(key)
            self._recent.append(rows)
        return rows

    def open_apart(self, key: RunKey) -> DatabaseRows:
        """Return rows of a run that nothing else refreshes or examines."""
        return DatabaseRows(key, self._database, self._watcher.revisions)

    def scan(self, key: RunKey, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, a piece at a time. Blocks.

        Of an open run, rows have the numbers that they have there.

        Raises:
            StoreError: The run cannot be read.

        """
        rows = self._open.get(key)
        if not rows:
            rows = self.open_apart(key)
            rows.refresh()
        yield from rows.scan(may_match)

    def open_file(self, thread: str, path: str) -> ProducedFile | None:
        """Return None: the files that a run produced are not in its database."""
        return None

    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run. Blocks.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """
        return self.open_apart(key).count_events()

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
                found = read_head_and_tail(self._database, key, self._watcher.revisions)
            except DatabaseError:
                # Opening the run shows the reason; until then the list shows its id.
                found = None
            results.append((key, found))
        return results
