"""Reads the runs that no list shows, for the totals over all threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic

from whitetail.run.metrics import MetricsWorker
from whitetail.source.catalog import Catalog
from whitetail_store import RunKey

_CHUNK_RUNS = 64
"""How many runs are chosen at once: to find the newest ones, all are looked at."""
_HEADS_AT_ONCE = 8
"""How many heads and tails are read before a pause."""


class Backlog:
    """Reads all runs of a catalog, the newest first, one small step at a time.

    First come the heads and tails of all runs, because titles are searched, then all
    rows. A step that needs a time is followed by a pause four times as long, so that
    the whole needs a fifth of a processor core at most; while the open run changes or
    is being read, nothing is read at all. Runs that are growing wait until they are
    not, and huge ones until the user asks for them.
    """

    def __init__(
        self,
        catalog: Catalog,
        worker: MetricsWorker,
        read_heads: Callable[[Iterable[RunKey]], Awaitable[object]],
    ) -> None:
        """`read_heads` reads a few heads and tails, and gives them to the catalog."""
        self._catalog = catalog
        self._worker = worker
        self._read_heads = read_heads
        self._heads: list[RunKey] = []
        """Runs whose heads and tails are read next."""
        self._chunk: list[RunKey] = []
        """Runs of which all rows are read next."""

    async def read_some(self) -> bool:
        """Read something; return whether there was anything left to read."""
        if self._worker.is_slow:
            await asyncio.sleep(self._worker.limits.long_pause_s)
            return True
        if not self._heads:
            self._heads = self._catalog.unread(_CHUNK_RUNS)
        if self._heads:
            await self._read_some_heads()
            return True
        run = self._next_run()
        if run is None:
            await self._worker.save_cache()
            return False
        return await self._worker.read_some([run], background=True)

    async def _read_some_heads(self) -> None:
        heads, self._heads = self._heads[:_HEADS_AT_ONCE], self._heads[_HEADS_AT_ONCE:]
        start = monotonic()
        await self._read_heads(heads)
        pauses = self._worker.limits.background_pauses
        await asyncio.sleep(pauses * (monotonic() - start))

    def _next_run(self) -> RunKey | None:
        """Return a run of which not all rows were read; requested ones come first."""
        self._chunk = self._stale(self._chunk)
        if not self._chunk:
            worker = self._worker
            newest = self._catalog.newest_without_metrics(
                _CHUNK_RUNS, worker.limits.huge_bytes
            )
            self._chunk = self._stale([*worker.requested, *newest])
        return self._chunk[0] if self._chunk else None

    def _stale(self, runs: list[RunKey]) -> list[RunKey]:
        stale = self._catalog.without_metrics(runs)
        return [key for key in stale if key != self._worker.skipped]
