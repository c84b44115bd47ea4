"""Reads runs whole, for their figures, while nobody waits for anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import monotonic, time
from typing import TYPE_CHECKING

from whitetail.source.catalog import Catalog
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.stats.pricing import Prices
from whitetail_store import LogChangedError, RunKey, RunLog, StoreError

if TYPE_CHECKING:
    from whitetail.trace.stats.metrics import MetricsBuilder

_PIECE = 200
_LARGE, _HUGE = 1 << 22, 1 << 26
_KEPT = 32
_AGAIN = 1.0
_WAY, _BREATH, _LONG_BREATH = 1.0, 0.005, 0.1
_DOZE = 0.2
_YOUNG = 20.0


class MetricsWorker:
    """Measures runs for a catalog, a piece of a run at a time.

    A run that is being written is kept open, so that it costs its growth; of one
    that is over, the catalog's figures are all that remains.
    """

    def __init__(self, catalog: Catalog) -> None:
        """Read nothing yet."""
        self.prices = Prices({})
        """What the models of runs that are read from now on cost."""
        self._catalog = catalog
        self._open: dict[RunKey, _Reading] = {}
        self._way = 0.0

    def slow_down(self) -> None:
        """Take long breaths for a second: something else shall be fast."""
        self._way = monotonic() + _WAY

    async def read_some(self, runs: Iterable[RunKey]) -> bool:
        """Read a piece of the first of these runs that is not known as it is.

        Long ones come last, the shortest of them first, and huge ones, which take
        minutes, not at all. Return whether there was anything to do.
        """
        self._forget()
        now = monotonic()
        unmeasured = self._catalog.unmeasured(runs)
        stale = [key for key in unmeasured if self._catalog.size(key) <= _HUGE]
        ready = [key for key in stale if self._reading(key).rests_until <= now]
        if not ready:
            # What grows all the time need not be read all the time.
            await asyncio.sleep(_DOZE if stale else 0)
            return bool(stale)
        key = min(ready, key=self._length)
        reading = self._open[key] = self._reading(key)
        await self._advance(key, reading)
        took = monotonic() - now
        breath = _LONG_BREATH if monotonic() < self._way else _BREATH
        await asyncio.sleep(max(breath, took))
        return True

    async def _advance(self, key: RunKey, reading: _Reading) -> None:
        """Read a run's next piece, and tell the catalog when that was the last."""
        try:
            figures = await asyncio.to_thread(reading.advance, self.prices)
        except LogChangedError:
            reading.begin_anew()
            return
        except (StoreError, OSError):
            # As with its ends: opening the run says why.
            del self._open[key]
            self._catalog.set_metrics(key, None, None)
            return
        if reading.whole:
            self._catalog.set_metrics(key, figures, reading.log.stamp)
            reading.rests_until = monotonic() + _AGAIN
            if figures is None or not reading.may_grow(figures):
                del self._open[key]

    def _reading(self, key: RunKey) -> _Reading:
        return self._open.get(key) or _Reading(RunLog(self._catalog.path(key)))

    def _length(self, key: RunKey) -> int:
        """Return how long a run is, if that is a reason for others to come first."""
        reading = self._open.get(key)
        known = reading is not None and reading.whole
        size = self._catalog.size(key)
        return size if size > _LARGE and not known else 0

    def _forget(self) -> None:
        """Close what is gone, and what nobody has looked at for longest."""
        for key in [key for key in self._open if not self._catalog.size(key)]:
            del self._open[key]
        while len(self._open) > _KEPT:
            del self._open[next(iter(self._open))]


class _Reading:
    """A run that is being read."""

    def __init__(self, log: RunLog) -> None:
        self.log = log
        self.whole = True
        """Whether all that was there is read, so that one may look for more."""
        self.rests_until = 0.0
        self._meter: MetricsBuilder | None = None
        self._generation = log.generation

    def advance(self, prices: Prices) -> RunMetrics | None:
        """Take in a piece; return the figures once all is read of a file that is there.

        Raises:
            LogChangedError, OSError: The file changed or may not be read.

        """
        if self.whole:
            self.log.refresh()
            self.whole = False
        if self.log.generation != self._generation:
            self._meter, self._generation = None, self.log.generation
        if (meter := self._meter) is None:
            # Here, since the first screen has no need of it.
            from whitetail.trace.stats.metrics import MetricsBuilder

            meter = self._meter = MetricsBuilder()
        at = meter.row_count
        meter.feed(self.log[at : at + _PIECE])
        self.whole = meter.row_count >= len(self.log)
        if not self.whole or self.log.stamp is None:
            return None
        return meter.metrics(prices)

    def begin_anew(self) -> None:
        """Look at the file again, in a while: it is another one."""
        self.whole = True
        self.rests_until = monotonic() + _AGAIN

    def may_grow(self, figures: RunMetrics) -> bool:
        """Return whether somebody may still write to the run."""
        stamp, now = self.log.stamp, time()
        young = stamp is not None and now - stamp.mtime_ns / 1e9 < _YOUNG
        return young or figures.status_rule.expects_more(now)
