"""Reads listed runs whole, in the background, for their metrics."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic, time
from typing import TYPE_CHECKING

from whitetail.run.protocols import RunRows
from whitetail.source.catalog import Catalog
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.verdict.status import is_growing, status_at
from whitetail_store import LogChangedError, RunKey, Stamp, StoreError

if TYPE_CHECKING:
    from whitetail.source.metrics_cache import CachedRun, MetricsCache
    from whitetail.trace.stats.metrics import MetricsBuilder, RunTotals


@dataclass(frozen=True, slots=True)
class MetricsLimits:
    """How much a `MetricsWorker` reads, and how long it pauses."""

    batch_rows: int = 200
    """Rows read at once; parsing them blocks the event loop's thread for moments."""
    large_bytes: int = 1 << 22
    """Runs above this size wait until all smaller ones are read."""
    huge_bytes: int = 1 << 26
    """Runs above this size are not read at all: that would last minutes."""
    cached_runs: int = 64
    """Runs that are read from the cache before a pause, or written to it at once."""
    open_runs: int = 32
    """The number of runs that are kept open, so that only new rows are read."""
    reread_interval_s: float = 1.0
    """The least time between two reads of a run that grows."""
    idle_s: float = 0.2
    """The pause while all runs to read were read less than that ago."""
    pause_s: float = 0.005
    """The least pause after a batch, so that the screen stays fast."""
    long_pause_s: float = 0.1
    """The same for a while after `slow_down`."""
    slow_s: float = 1.0
    """How long `slow_down` lasts."""
    background_pauses: float = 4.0
    """How much longer than a read is the pause after it, for runs that no line shows.

    So they need a fifth of a processor core at most.
    """


class MetricsWorker:
    """Reads runs for a catalog, one batch of rows at a time.

    A run that is being written stays open, so that only its new rows are read. A run
    that has ended is closed once the catalog has its metrics.
    """

    def __init__(
        self,
        catalog: Catalog,
        open_rows: Callable[[RunKey], RunRows],
        open_cache: Callable[[], MetricsCache] | None = None,
        limits: MetricsLimits | None = None,
    ) -> None:
        """Prepare to read; `read_some` does it. `open_rows` returns a run's rows.

        `open_cache` returns what was read before, by this whitetail or another one.
        """
        self.prices = Prices({})
        """The prices of models, for the runs that are read from now on."""
        self.limits = limits or MetricsLimits()
        """How much to read, and how long to pause."""
        self.skipped: RunKey | None = None
        """The run on the screen, which is read there, and not a second time here."""
        self.requested: set[RunKey] = set()
        """Huge runs that are read nevertheless, because the user asked for them."""
        self.is_waiting = False
        """Whether the runs of the last call only wait for their next read."""
        self._catalog = catalog
        self._open_rows = open_rows
        self._open: dict[RunKey, _RunInProgress] = {}
        self._slow_until = 0.0
        self._open_cache = open_cache
        self._cache: MetricsCache | None = None
        self._early: list[tuple[RunKey, RunTotals, Stamp]] = []
        """What was read before the cache was open."""

    @property
    def open_runs(self) -> list[RunKey]:
        """The runs that are kept open, the one opened first at the front."""
        return list(self._open)

    def slow_down(self) -> None:
        """Pause longer for a moment, because something else should be fast."""
        self._slow_until = monotonic() + self.limits.slow_s

    @property
    def is_slow(self) -> bool:
        """Whether something else should be fast."""
        return monotonic() < self._slow_until

    async def read_some(
        self, runs: Iterable[RunKey], *, background: bool = False
    ) -> bool:
        """Read a batch of one run whose metrics are not up to date.

        That is the first one of `runs`. Large runs come last, the smallest of them
        first. Huge runs are read only if they are `requested`. In the background the
        pause is longer. Returns whether there was such a run. The first call gives the
        catalog what the cache has.
        """
        if self._open_cache is not None:
            await self._load_cache(self._open_cache)
            return True
        self._close_some()
        now = monotonic()
        stale = [
            key
            for key in self._catalog.without_metrics(runs)
            if key != self.skipped and self.may_read(key)
        ]
        ready = [key for key in stale if self._opened(key).next_read <= now]
        self.is_waiting = bool(stale) and not ready
        if not ready:
            await asyncio.sleep(self.limits.idle_s if stale else 0)
            return bool(stale)
        key = min(ready, key=self._size_rank)
        run = self._open[key] = self._opened(key)
        await self._read_batch(key, run)
        spent = monotonic() - now
        pause = self.limits.long_pause_s if self.is_slow else self.limits.pause_s
        factor = self.limits.background_pauses if background else 1.0
        await asyncio.sleep(max(pause, factor * spent))
        return True

    def may_read(self, key: RunKey) -> bool:
        """Return whether a run is not too long, or was requested."""
        return (
            self._catalog.cost(key) <= self.limits.huge_bytes or key in self.requested
        )

    async def save_cache(self) -> None:
        """Keep what was read since the last call for the next whitetail."""
        if self._cache is not None:
            await asyncio.to_thread(self._cache.save)

    async def remember(self, key: RunKey, totals: RunTotals, stamp: Stamp) -> None:
        """Keep what was read of a run; write it to the disk with many others."""
        known, cache = self._catalog.known(key), self._cache
        if cache is None and self._open_cache is not None:
            self._early.append((key, totals, stamp))
        if cache is None or known is None or known.head_stamp != stamp:
            return
        # Imported here, because the first screen does not need it.
        from whitetail.source.metrics_cache import CachedRun

        run = CachedRun(stamp, known.summary, totals)
        await asyncio.to_thread(cache.add, key, run)
        if cache.waiting >= self.limits.cached_runs:
            await self.save_cache()

    async def _load_cache(self, open_cache: Callable[[], MetricsCache]) -> None:
        catalog = self._catalog
        keys = catalog.newest_without_metrics(sys.maxsize, sys.maxsize)
        known = [(key, run.stamp) for key in keys if (run := catalog.known(key))]

        def load() -> tuple[MetricsCache, list[tuple[RunKey, CachedRun]]]:
            cache = open_cache()
            cache.load()
            kept = ((key, cache.get(key, stamp)) for key, stamp in known)
            return cache, [(key, each) for key, each in kept if each is not None]

        self._cache, found = await asyncio.to_thread(load)
        self._open_cache = None
        for at, (key, cached) in enumerate(found):
            metrics = cached.totals.metrics(self.prices)
            catalog.set_cached(key, cached.summary, metrics, cached.stamp)
            if at % self.limits.cached_runs == 0:
                await asyncio.sleep(0)
        early, self._early = self._early, []
        for each in early:
            await self.remember(*each)

    async def _read_batch(self, key: RunKey, run: _RunInProgress) -> None:
        """Read a run's next rows; after the last ones, give the catalog its metrics."""
        try:
            totals = await asyncio.to_thread(run.read, self.limits.batch_rows)
        except LogChangedError:
            # The file was replaced while it was read: the next read starts again.
            run.complete = True
            run.next_read = monotonic() + self.limits.reread_interval_s
            return
        except (StoreError, OSError):
            # No message: opening the run shows the reason.
            del self._open[key]
            self._catalog.set_metrics(key, None, None)
            return
        if run.complete:
            stamp = run.rows.stamp
            metrics = None if totals is None else totals.metrics(self.prices)
            self._catalog.set_metrics(key, metrics, stamp)
            run.next_read = monotonic() + self.limits.reread_interval_s
            if totals is None or not run.may_grow(totals):
                del self._open[key]
                if totals is not None and stamp is not None:
                    await self.remember(key, totals, stamp)

    def _opened(self, key: RunKey) -> _RunInProgress:
        return self._open.get(key) or _RunInProgress(self._open_rows(key))

    def _size_rank(self, key: RunKey) -> int:
        """Return a sort key: 0 for a run that need not wait, else its size in bytes."""
        run = self._open.get(key)
        if run is not None and run.complete:
            return 0
        size = self._catalog.cost(key)
        return size if size > self.limits.large_bytes else 0

    def _close_some(self) -> None:
        """Close the runs that are gone, and those opened first if there are many."""
        for key in [key for key in self._open if self._catalog.known(key) is None]:
            del self._open[key]
        while len(self._open) > self.limits.open_runs:
            del self._open[next(iter(self._open))]


class _RunInProgress:
    """A run that is being read for its metrics."""

    def __init__(self, rows: RunRows) -> None:
        self.rows = rows
        self.complete = True
        """Whether all known rows were read, so that the next read checks for more."""
        self.next_read = 0.0
        """When the run may be read again, in seconds of the monotonic clock."""
        self._builder: MetricsBuilder | None = None
        self._generation = rows.generation

    def read(self, row_count: int) -> RunTotals | None:
        """Read the next rows; return the totals once all rows were read.

        None before that, and if the file is gone.

        Raises:
            LogChangedError, OSError: The file was replaced or may not be read.

        """
        if self.complete:
            self.rows.refresh()
            self.complete = False
        if self.rows.generation != self._generation:
            self._builder, self._generation = None, self.rows.generation
        if (builder := self._builder) is None:
            # Imported here, because the first screen does not need it.
            from whitetail.trace.stats.metrics import MetricsBuilder

            builder = self._builder = MetricsBuilder()
        start = builder.row_count
        builder.feed(self.rows[start : start + row_count])
        self.complete = builder.row_count >= len(self.rows)
        if not self.complete or self.rows.stamp is None:
            return None
        return builder.totals()

    def may_grow(self, totals: RunTotals) -> bool:
        """Return whether more events may be written to the run."""
        now = time()
        growing = is_growing(self.rows.written_at, now)
        return growing or status_at(totals.status_facts, now, growing).may_be_written
