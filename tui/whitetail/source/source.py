"""One `.deer-flow`: watched, and read as far as somebody looks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from threading import Thread

from whitetail.source.catalog import Catalog
from whitetail.source.deletion import Deletions
from whitetail.source.locate import TreeLocation
from whitetail.source.watcher import Changes, Watcher
from whitetail_store import HeadAndTail, JsonlRunEventStore, RunKey, RunLog

_CALM = 0.8
_AT_ONCE = 32
_IN_TIME = 400
_PIECE = 8


class FileSource:
    """What is on disk, what is known of it, and what was deleted from it.

    All reading is done in threads.
    """

    def __init__(self, location: TreeLocation) -> None:
        """Look at nothing before `start`."""
        self.location = location
        """Where it is."""
        self.catalog = Catalog(location.threads, time.time)
        """What is known of its threads and runs."""
        self.store = JsonlRunEventStore(location.base)
        """Reads across runs."""
        self.deletions = Deletions(location.base, self.catalog)
        """What was deleted from it."""
        self._watcher = Watcher(location.threads, notify_after_s=_CALM)
        self._first_scan = Thread(target=self._scan_first, name="look", daemon=True)
        self._first_changes: Changes | None = None
        self._unread: list[RunKey] = []
        self._unreadable: set[RunKey] = set()

    def start(self, *, timeout_s: float = 0.0) -> None:
        """Begin to look, in a thread, and wait for it for `patience` seconds.

        The first look lists all there is and reads the newest runs, so that the
        first screen can be right at once.
        """
        if self._first_scan.ident is None:
            self._first_scan.start()
        if timeout_s:
            self._first_scan.join(timeout_s)

    @property
    def first_scan_done(self) -> bool:
        """Whether the first look is over."""
        return self._first_changes is not None and not self._first_scan.is_alive()

    def close(self) -> None:
        """Look no more."""
        self._watcher.close()

    def follow(self, key: RunKey) -> None:
        """Look at a run more often than at others."""
        self._watcher.follow(key)

    def rescan(self) -> None:
        """Look at everything now."""
        self._watcher.rescan()

    async def changes(self) -> AsyncIterator[tuple[Changes, bool]]:
        """Yield what has changed once the catalog knows of it, the first look first.

        With it comes whether runs have come or gone.
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
        """Read a few runs that are not known as they are; return which.

        First those that some threads and runs need to be shown, then one of these
        runs whose rows are too many to be known from its ends, then the newest of
        all, for the order of the lists; none when there is nothing left to read.
        """
        runs = list(runs)
        keys = self.catalog.runs_to_read(threads, runs)[:_PIECE]
        if not keys and (key := next(filter(self._needs_row_count, runs), None)):
            await asyncio.to_thread(self._count_rows, key)
            return [key]
        if not keys:
            keys, self._unread = self._unread[:_PIECE], self._unread[_PIECE:]
        if keys:
            for key, ends in await asyncio.to_thread(self._read_heads_and_tails, keys):
                self.catalog.set_head_and_tail(key, ends)
        return keys

    def _needs_row_count(self, key: RunKey) -> bool:
        return key not in self._unreadable and self.catalog.needs_row_count(key)

    def _count_rows(self, key: RunKey) -> None:
        log = RunLog(self.catalog.path(key))
        try:
            log.refresh()
        except OSError:
            # As with its ends: opening the run says why.
            self._unreadable.add(key)
        else:
            self.catalog.set_row_count(key, len(log))

    def _scan_first(self) -> None:
        self._watcher.start()
        self._first_changes = self._watcher.wait_for_first()
        if self._first_changes is not None:
            self.catalog.apply(self._first_changes.runs)
            newest = self.catalog.unread(_IN_TIME)
            for key, ends in self._read_heads_and_tails(newest[:_AT_ONCE]):
                self.catalog.set_head_and_tail(key, ends)
            self._unread = newest[_AT_ONCE:]

    def _read_heads_and_tails(
        self, keys: Iterable[RunKey]
    ) -> list[tuple[RunKey, HeadAndTail | None]]:
        found: list[tuple[RunKey, HeadAndTail | None]] = []
        for key in keys:
            try:
                found.append((key, self.catalog.read_head_and_tail(key)))
            except OSError:
                # Opening the run says why; till then the list shows its id.
                found.append((key, None))
        return found
