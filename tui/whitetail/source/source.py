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

    def __init__(self, place: TreeLocation) -> None:
        """Look at nothing before `start`."""
        self.place = place
        """Where it is."""
        self.catalog = Catalog(place.threads, time.time)
        """What is known of its threads and runs."""
        self.store = JsonlRunEventStore(place.base)
        """Reads across runs."""
        self.deletions = Deletions(place.base, self.catalog)
        """What was deleted from it."""
        self._watcher = Watcher(place.threads, hints_after=_CALM)
        self._looking = Thread(target=self._look, name="look", daemon=True)
        self._first: Changes | None = None
        self._later: list[RunKey] = []
        self._uncountable: set[RunKey] = set()

    def start(self, *, patience: float = 0.0) -> None:
        """Begin to look, in a thread, and wait for it for `patience` seconds.

        The first look lists all there is and reads the newest runs, so that the
        first screen can be right at once.
        """
        if self._looking.ident is None:
            self._looking.start()
        if patience:
            self._looking.join(patience)

    @property
    def looked(self) -> bool:
        """Whether the first look is over."""
        return self._first is not None and not self._looking.is_alive()

    def close(self) -> None:
        """Look no more."""
        self._watcher.close()

    def follow(self, key: RunKey) -> None:
        """Look at a run more often than at others."""
        self._watcher.follow(key)

    def look(self) -> None:
        """Look at everything now."""
        self._watcher.look()

    async def changes(self) -> AsyncIterator[tuple[Changes, bool]]:
        """Yield what has changed once the catalog knows of it, the first look first.

        With it comes whether runs have come or gone.
        """
        self.start()
        await asyncio.to_thread(self._looking.join)
        if self._first is not None:
            yield self._first, True
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
        keys = self.catalog.wanted(threads, runs)[:_PIECE]
        if not keys and (key := next(filter(self._is_uncounted, runs), None)):
            await asyncio.to_thread(self._count, key)
            return [key]
        if not keys:
            keys, self._later = self._later[:_PIECE], self._later[_PIECE:]
        if keys:
            for key, ends in await asyncio.to_thread(self._read, keys):
                self.catalog.learn(key, ends)
        return keys

    def _is_uncounted(self, key: RunKey) -> bool:
        return key not in self._uncountable and self.catalog.uncounted(key)

    def _count(self, key: RunKey) -> None:
        log = RunLog(self.catalog.path(key))
        try:
            log.refresh()
        except OSError:
            # As with its ends: opening the run says why.
            self._uncountable.add(key)
        else:
            self.catalog.count(key, len(log))

    def _look(self) -> None:
        self._watcher.start()
        self._first = self._watcher.first()
        if self._first is not None:
            self.catalog.apply(self._first.runs)
            newest = self.catalog.unread(_IN_TIME)
            for key, ends in self._read(newest[:_AT_ONCE]):
                self.catalog.learn(key, ends)
            self._later = newest[_AT_ONCE:]

    def _read(self, keys: Iterable[RunKey]) -> list[tuple[RunKey, HeadAndTail | None]]:
        found: list[tuple[RunKey, HeadAndTail | None]] = []
        for key in keys:
            try:
                found.append((key, self.catalog.read(key)))
            except OSError:
                # Opening the run says why; till then the list shows its id.
                found.append((key, None))
        return found
