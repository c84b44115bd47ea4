"""The runs of a tree or a database for a command: listed once, read on demand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from whitetail.source.catalog import Catalog
from whitetail.source.metrics_cache import CachedRun, MetricsCache
from whitetail.source.protocols import RunRows
from whitetail.source.scan import LineFinder, ScanPiece
from whitetail.trace.stats.metrics import MetricsBuilder, RunTotals
from whitetail.trace.stats.pricing import Prices
from whitetail.view.lists.entries import RunEntry
from whitetail_store import HeadAndTail, RunKey, Stamp, StoreError

if TYPE_CHECKING:
    from whitetail.source.deletion import Deletions
    from whitetail.source.trash_limits import TrashLimits

LARGE_BYTES = 1 << 26
"""A run above this size is read whole only if the answer needs it."""
_SAVED_AT_ONCE = 1_000
"""So many runs are written to the cache in one transaction."""


class Listing(ABC):
    """The runs of a tree or a database, or of what the user named in it.

    All methods block. It starts no thread and watches nothing.
    """

    poll_interval_s: float
    """The time between two looks at runs that are followed."""

    def __init__(
        self,
        catalog: Catalog,
        selected: tuple[str, str | None] | None,
        cache: MetricsCache | None = None,
    ) -> None:
        """List nothing before `scan`. `cache` has what was read before."""
        self.selected = selected
        """The thread, and perhaps the run, that the user named."""
        self.state_name = ""
        """The name under which bookmarks and notes are kept; empty if unknown."""
        self.stamps: dict[RunKey, Stamp] = {}
        """The runs that the user named, with their stamps."""
        self.totals: dict[RunKey, RunTotals] = {}
        """The totals of the runs of which all rows are known."""
        self.prices = Prices({})
        """The prices of models, for the runs that are read from now on."""
        self.catalog = catalog
        """What is known of the runs, those that the user did not name included."""
        self._titles: dict[str, str] = {}
        self._cache = cache
        self._cache_loaded = False

    @property
    @abstractmethod
    def problems(self) -> list[str]:
        """Why parts could not be listed, one sentence each."""

    @abstractmethod
    def location_of(self, key: RunKey) -> str:
        """Return where a run is, for the user to read."""

    @abstractmethod
    def stamp_of(self, key: RunKey) -> Stamp | None:
        """Return the present stamp of a run; None if it is gone."""

    @abstractmethod
    def read_ends(self, key: RunKey) -> HeadAndTail:
        """Return the first and the last rows of a run.

        Raises:
            StoreError, OSError: The run is gone, or cannot be read.

        """

    @abstractmethod
    def open(self, key: RunKey) -> RunRows:
        """Return the rows of a run."""

    @abstractmethod
    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run.

        Raises:
            StoreError, OSError: The run cannot be read.

        """

    @abstractmethod
    def scan_rows(
        self, key: RunKey, may_match: LineFinder | None
    ) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, as `Source.scan` does.

        Raises:
            StoreError, OSError: The run cannot be read.

        """

    @abstractmethod
    def row_at(self, rows: RunRows, size: int) -> int:
        """Return how many of `rows` there were when the stamp had this `size`."""

    @abstractmethod
    def deletions(self, limits: TrashLimits) -> Deletions | None:
        """Return what deletes its runs; None if none can be deleted."""

    @abstractmethod
    def _changes(self, keys: Iterable[RunKey] | None) -> dict[RunKey, Stamp | None]:
        """Look for changes of runs, or of all runs; return those that changed."""

    def close(self) -> list[str]:
        """Keep what was read for the next time; return sentences for the user."""
        if self._cache is None:
            return []
        self._cache.save()
        return self._cache.new_problems()

    def scan(self) -> dict[RunKey, Stamp | None]:
        """Look for changes; return the runs that changed, None for those gone."""
        return self._apply(self._changes(None))

    def stat(self, keys: Iterable[RunKey]) -> dict[RunKey, Stamp | None]:
        """Look at some runs only; return those that changed."""
        return self._apply(self._changes(keys))

    def runs_of(self, thread: str) -> list[RunKey]:
        """Return the runs of a thread that the user named, the first one in front.

        Reads the beginning and the end of each.
        """
        keys = sorted(key for key in self.stamps if key[0] == thread)
        for key in keys:
            self.read(key)
        return sorted(keys, key=lambda key: (self._started(key), key))

    def newest_written(self) -> list[RunKey]:
        """Return the runs, the one that was written last at the front."""
        return sorted(self.stamps, key=lambda key: (-self.stamps[key].mtime_ns, key))

    def newest_first(self) -> Iterator[RunKey]:
        """Yield the runs, the one that was started last at the front.

        Reads the beginning and the end of only as many runs as it needs to: a run
        starts before it is written last.
        """
        keys, waiting = self.newest_written(), list[tuple[float, RunKey]]()
        for at, key in enumerate(keys):
            self.read(key)
            heappush(waiting, (-self._started(key), key))
            following = self.stamps.get(keys[at + 1]) if at + 1 < len(keys) else None
            limit = following.mtime_ns / 1e9 if following else float("-inf")
            while waiting and -waiting[0][0] >= limit:
                yield heappop(waiting)[1]
        while waiting:
            yield heappop(waiting)[1]

    def read(self, key: RunKey) -> None:
        """Read the beginning and the end of a run, and what its title needs."""
        thread = key[0]
        self._read_heads(self.catalog.runs_to_read((), [key]))
        if thread not in self._titles:
            self._read_heads(self.catalog.runs_to_read([thread], ()))
            self._titles[thread] = self.catalog.title(thread)

    def read_whole(self, key: RunKey) -> RunTotals:
        """Read all rows of a run, and have its metrics in the catalog.

        A run that has not changed since it was read is not read again.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        read_stamp = self.stamp_of(key)
        cached = self._cached(key, read_stamp)
        if cached is not None:
            totals = cached.totals
        else:
            builder = MetricsBuilder()
            for piece in self.scan_rows(key, None):
                builder.feed(scanned.event for scanned in piece.rows)
            totals = builder.totals()
            self.remember(key, totals, read_stamp)
        self.catalog.set_metrics(key, totals.metrics(self.prices), read_stamp)
        self.totals[key] = totals
        return totals

    def remember(self, key: RunKey, totals: RunTotals, read: Stamp | None) -> None:
        """Keep the totals of a whole run, unless its file has changed meanwhile."""
        known = self.catalog.known(key)
        if self._cache is None or known is None or known.head_stamp != read:
            return
        if read is not None and self.stamp_of(key) == read:
            self._cache.add(key, CachedRun(read, known.summary, totals))
            if self._cache.waiting >= _SAVED_AT_ONCE:
                self._cache.save()

    def entry(self, key: RunKey) -> RunEntry | None:
        """Return a run that was read, as lists show it; None if it is gone."""
        return self.catalog.run_entry(key, self._titles.get(key[0], ""))

    def title(self, thread: str) -> str | None:
        """Return the title of a thread of which a run was read; None if it has none."""
        keys = self.catalog.run_keys(thread)
        titles = (self.catalog.summary(key).title for key in sorted(keys))
        return next(filter(None, titles), None)

    def _apply(self, changes: dict[RunKey, Stamp | None]) -> dict[RunKey, Stamp | None]:
        self.catalog.apply(changes)
        thread, run = self.selected or (None, None)
        named = {
            key: found
            for key, found in changes.items()
            if thread in (None, key[0]) and run in (None, key[1])
        }
        for key, found in named.items():
            if found is None:
                self.stamps.pop(key, None)
            else:
                self.stamps[key] = found
        return named

    def _started(self, key: RunKey) -> float:
        summary = self.catalog.summary(key)
        for time_of in (summary.started, summary.ended):
            if time_of is not None:
                return time_of
        return self.stamps[key].mtime_ns / 1e9

    def _read_heads(self, keys: Iterable[RunKey]) -> None:
        for key in keys:
            if self._set_cached(key):
                continue
            try:
                found = self.read_ends(key)
            except (OSError, StoreError):
                # Reading the whole run gives the reason.
                self.catalog.set_head_and_tail(key, None)
            else:
                self.catalog.set_head_and_tail(key, found)

    def _cached(self, key: RunKey, read: Stamp | None) -> CachedRun | None:
        if self._cache is None or read is None:
            return None
        if not self._cache_loaded:
            self._cache_loaded = True
            self._cache.load()
        return self._cache.get(key, read)

    def _set_cached(self, key: RunKey) -> bool:
        known = self.catalog.known(key)
        found = self._cached(key, known.stamp if known else None)
        if found is None:
            return False
        self.totals[key] = found.totals
        metrics = found.totals.metrics(self.prices)
        self.catalog.set_cached(key, found.summary, metrics, found.stamp)
        return True
