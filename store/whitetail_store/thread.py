"""`ThreadLog`: the runs of a thread, read together in the order of their seqs.

Keeps promises 8 (changed files), 10 (cost) and 11 (readers wait for no writer) for a
thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from heapq import merge
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Self

from whitetail_store.envelope import Envelopes, EventKind
from whitetail_store.errors import CorruptLineError, LogChangedError
from whitetail_store.event import decode
from whitetail_store.log import RunLog
from whitetail_store.paths import (
    Stamp,
    check_folder,
    check_run_file,
    not_regular,
    run_path,
    run_stamps,
    runs_folder,
    stamp,
)

KindFilter = Callable[[EventKind], bool]
"""Returns whether events of a kind are wanted."""

_logger = logging.getLogger(__name__)


class EventLocation(NamedTuple):
    """The seq of an event and its location."""

    seq: int
    file: str
    """The run id in the name of the file."""
    row: int
    """The row in that file, from 0."""


class ThreadLog:
    """The logs of the runs of a thread. Any number of threads may use it.

    They share the indexes of the files; each reads a snapshot of its own.
    """

    def __init__(self, threads: Path, thread_id: str) -> None:
        """Create the log of a thread; no file is read yet.

        `threads` is the folder of all threads.
        """
        self.unreadable: dict[Path, OSError] = {}
        """The files that could not be read, with the error, of the last snapshots."""
        self._threads = threads
        self._thread_id = thread_id
        self._folder = runs_folder(threads, thread_id)
        self._logs: dict[str, RunLog] = {}
        self._lock = Lock()

    def snapshot(self) -> ThreadSnapshot:
        """Return the rows of all runs that have a file now.

        Files that cannot be read are left out, and reported in `unreadable`.

        Raises:
            LogChangedError: A file changed meanwhile.
            OSError: The folder cannot be read.

        """
        found: dict[str, RunSnapshot] = {}
        unreadable: dict[Path, OSError] = {}
        with suppress(FileNotFoundError):
            try:
                check_folder(self._folder)
            except NotADirectoryError as error:
                unreadable[self._folder] = error
        irregular: list[Path] = []
        stamps = run_stamps(self._threads, self._thread_id, irregular)
        self._keep_only(stamps)
        for run_id, seen in stamps.items():
            log = self._log(run_id)
            try:
                found[run_id] = self._refreshed(log, seen)
            except OSError as error:
                unreadable[log.path] = error
        unreadable.update((path, not_regular(path)) for path in irregular)
        self._report(unreadable)
        return ThreadSnapshot(found)

    def run_snapshot(self, *run_ids: str) -> ThreadSnapshot:
        """Return the rows of some runs; no other file is touched.

        Raises:
            LogChangedError: A file changed meanwhile.
            OSError: A file cannot be read.

        """
        found = {}
        for run_id in run_ids:
            path = run_path(self._threads, self._thread_id, run_id)
            try:
                check_folder(path.parent)
                check_run_file(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._report({path: error})
                continue
            if (now := stamp(path)) is not None:
                found[run_id] = self._refreshed(self._log(run_id), now)
        return ThreadSnapshot(found)

    def _keep_only(self, run_ids: Mapping[str, object]) -> None:
        with self._lock:
            for run_id in self._logs.keys() - run_ids.keys():
                del self._logs[run_id]

    def _log(self, run_id: str) -> RunLog:
        with self._lock:
            log = self._logs.get(run_id)
            if log is None:
                path = run_path(self._threads, self._thread_id, run_id)
                log = self._logs[run_id] = RunLog(path, envelopes=True)
            return log

    def _refreshed(self, log: RunLog, stamp: Stamp) -> RunSnapshot:
        if log.stamp != stamp:
            log.refresh()
        return RunSnapshot.of(log)

    def _report(self, unreadable: Mapping[Path, OSError]) -> None:
        for path in unreadable.keys() - self.unreadable.keys():
            _logger.warning("left out of the thread's events: %s", unreadable[path])
        self.unreadable = dict(unreadable)


class RunSnapshot(NamedTuple):
    """The rows of a run as they were at one moment. Rows are only added later."""

    log: RunLog
    generation: int
    """The generation of the log; if it is another one now, the rows are others."""
    envelopes: Envelopes
    rows: int
    """The number of rows."""

    @classmethod
    def of(cls, log: RunLog) -> Self:
        """Return the rows that a log has now.

        Raises:
            LogChangedError: The file changed meanwhile.
            OSError: The file cannot be read.

        """
        generation = log.generation
        envelopes = log.envelopes()
        if log.generation != generation:
            raise LogChangedError(log.path)
        return cls(log, generation, envelopes, len(envelopes))

    def record(self, row: int) -> dict[str, Any] | None:
        """Return the record of a row; None if its line proves to be a bad line.

        Raises:
            LogChangedError, OSError: The file changed or cannot be read.

        """
        line = self.log.line(row)
        if self.log.generation != self.generation:
            raise LogChangedError(self.log.path)
        try:
            return decode(line)
        except CorruptLineError:
            self.envelopes.mark_bad(row)
            return None

    def locate(
        self,
        wanted: KindFilter,
        after: int | None,
        before: int | None,
        backward: bool,
        only_own: bool,
    ) -> Iterator[EventLocation]:
        """Yield the locations of the wanted events, lazily, in order of seq.

        `only_own`: rows that name another run are left out.
        """
        name, envelopes = self.log.run_id, self.envelopes
        kinds = {kind for kind in envelopes.kinds[1:] if wanted(kind)}
        if not kinds:
            return iter(())
        seqs, ascending = envelopes.seqs, envelopes.ascending
        inside = envelopes.between(after, before)
        order = reversed(inside) if backward else inside
        rows = envelopes.rows(kinds, order)
        if only_own and envelopes.foreign_rows:
            foreign = envelopes.foreign_rows.values()
            others = {row for of_run in foreign for row in of_run}
            rows = (row for row in rows if row not in others)
        locations = (EventLocation(seqs[row], name, row) for row in rows)
        if ascending:
            return locations
        filtered = (
            location
            for location in locations
            if (after is None or location.seq > after)
            and (before is None or location.seq < before)
        )
        return iter(sorted(filtered, key=itemgetter(0), reverse=backward))


class ThreadSnapshot:
    """The rows of runs of a thread as they were at one moment.

    Events are found by their envelopes; only those that are returned are parsed.
    """

    def __init__(self, runs: Mapping[str, RunSnapshot]) -> None:
        """Make one snapshot of those of some runs, by run id."""
        self._runs = runs

    @property
    def events(self) -> int:
        """The number of events."""
        return sum(run.envelopes.events for run in self._runs.values())

    def count(self, category: str) -> int:
        """Return the number of events of a category, by their envelopes."""
        return sum(run.envelopes.count(category) for run in self._runs.values())

    def records(
        self,
        wanted: KindFilter,
        *,
        run_id: str | None = None,
        after: int | None = None,
        before: int | None = None,
        backward: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the records of the wanted events, lazily, in order of seq.

        `run_id`: only the events in the file of that run which do not name another.
        `after`, `before`: only seqs above and below. `backward`: descending order.

        Raises:
            LogChangedError, OSError: A file changed or cannot be read.

        """
        parts = [
            run.locate(wanted, after, before, backward, run_id is not None)
            for name, run in self._runs.items()
            if run_id in (None, name)
        ]
        for location in merge(*parts, reverse=backward):
            record = self._runs[location.file].record(location.row)
            if record is not None:
                yield record
