"""The runs of a tree for a command that ends soon: listed once, read on demand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from pathlib import Path

from whitetail.source.catalog import Catalog
from whitetail.source.file_rows import FileRows
from whitetail.source.locate import TreeLocation
from whitetail.source.metrics_cache import CachedRun, MetricsCache
from whitetail.source.run_files import LooseFiles, RunFiles, TreeFiles
from whitetail.source.scan import LineFinder, ScanPiece, scan_file
from whitetail.source.scanner import Scanner
from whitetail.trace.stats.metrics import MetricsBuilder, RunTotals
from whitetail.trace.stats.pricing import Prices
from whitetail.view.lists.entries import RunEntry
from whitetail_store import RunKey, Stamp
from whitetail_store.paths import stamp

LARGE_BYTES = 1 << 26
"""A run above this size is read whole only if the answer needs it."""
_SAVED_AT_ONCE = 1_000
"""So many runs are written to the cache in one transaction."""


class Listing:
    """The runs of a tree, or of what the user named in it. All methods block.

    It starts no thread and watches nothing.
    """

    def __init__(
        self,
        location: TreeLocation,
        open_cache: Callable[[Path], MetricsCache] | None = None,
    ) -> None:
        """List nothing before `scan`. `open_cache` returns what was read before."""
        files: RunFiles = TreeFiles(location.threads)
        if location.is_loose:
            files = LooseFiles(location.base)
        self.location = location
        self.stamps: dict[RunKey, Stamp] = {}
        """The runs that the user named, with the stamps of their files."""
        self.totals: dict[RunKey, RunTotals] = {}
        """The totals of the runs of which all rows are known."""
        self.prices = Prices({})
        """The prices of models, for the runs that are read from now on."""
        self.catalog = Catalog(files, time.time)
        """What is known of the runs, those that the user did not name included."""
        self._scanner = Scanner(files)
        self._titles: dict[str, str] = {}
        self._cache = None if open_cache is None else open_cache(files.root)
        self._cache_loaded = False

    def close(self) -> list[str]:
        """Keep what was read for the next time; return sentences for the user."""
        if self._cache is None:
            return []
        self._cache.save()
        return self._cache.new_problems()

    @property
    def problems(self) -> list[str]:
        """Why parts of the tree could not be listed, one sentence each."""
        return list(self._scanner.problems.values())

    def scan(self) -> dict[RunKey, Stamp | None]:
        """Look for changes; return the runs that changed, None for those gone."""
        for _ in self._scanner.sweep(files=True):
            pass
        return self._apply()

    def stat(self, keys: Iterable[RunKey]) -> dict[RunKey, Stamp | None]:
        """Look at the files of some runs only; return those that changed."""
        for key in keys:
            self._scanner.stat_run(key)
        return self._apply()

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

        A file that has not changed since it was read is not read again.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        read_stamp = stamp(self.path(key))
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
        if read is not None and stamp(self.path(key)) == read:
            self._cache.add(self.path(key), CachedRun(read, known.summary, totals))
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

    def open(self, key: RunKey) -> FileRows:
        """Return the rows of a run."""
        return FileRows(key, self.path(key))

    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        return self.open(key).count_events()

    def scan_rows(
        self, key: RunKey, may_match: LineFinder | None
    ) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, as `Source.scan` does.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        return scan_file(self.path(key), may_match)

    def path(self, key: RunKey) -> Path:
        """Return the path of a run's file."""
        return self.catalog.path(key)

    def _apply(self) -> dict[RunKey, Stamp | None]:
        changes = self._scanner.pop_changes()
        self.catalog.apply(changes)
        thread, run = self.location.selected or (None, None)
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
                found = self.catalog.read_head_and_tail(key)
            except OSError:
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
        return self._cache.get(self.path(key), read)

    def _set_cached(self, key: RunKey) -> bool:
        known = self.catalog.known(key)
        found = self._cached(key, known.stamp if known else None)
        if found is None:
            return False
        self.totals[key] = found.totals
        metrics = found.totals.metrics(self.prices)
        self.catalog.set_cached(key, found.summary, metrics, found.stamp)
        return True
