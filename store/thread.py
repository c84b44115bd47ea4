"""A thread's runs, read together in the order of their numbers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from operator import itemgetter
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from .envelope import Kind
from .errors import CorruptLineError
from .event import decode
from .log import RunLog
from .paths import run_path, run_stamps

Wanted = Callable[[Kind], bool]


class Place(NamedTuple):
    """Where an event stands: its number, its run's file, its row there."""

    seq: int
    file: str
    row: int


class ThreadLog:
    """The logs of a thread's runs, brought up to date together.

    Rows are found by their envelopes; only what is returned is parsed.
    """

    def __init__(self, threads: Path, thread_id: str) -> None:
        """Look at nothing yet."""
        self.lock = RLock()
        """Held by whoever reads through this log, or writes."""
        self._threads = threads
        self._thread_id = thread_id
        self._logs: dict[str, RunLog] = {}

    @property
    def last_seq(self) -> int:
        """The highest number of any event, 0 without."""
        return max((log.envelopes().last_seq for log in self._logs.values()), default=0)

    def refresh(self) -> None:
        """Take in what the thread's files have become.

        Raises:
            OSError: The folder or a file may not be read.

        """
        stamps = run_stamps(self._threads, self._thread_id)
        for run_id in self._logs.keys() - stamps.keys():
            del self._logs[run_id]
        for run_id, stamp in stamps.items():
            log = self.log(run_id)
            if log.stamp != stamp:
                log.refresh()

    def log(self, run_id: str) -> RunLog:
        """Return the log of a run's file, which may not be there yet."""
        log = self._logs.get(run_id)
        if log is None:
            path = run_path(self._threads, self._thread_id, run_id)
            log = self._logs[run_id] = RunLog(path)
        return log

    def forget(self, run_id: str) -> None:
        """Drop what is known of a run whose file is gone."""
        self._logs.pop(run_id, None)

    @property
    def run_ids(self) -> list[str]:
        """The runs that have a file."""
        return list(self._logs)

    def append(self, lines: Mapping[str, bytes]) -> None:
        """Write lines to the files of runs, to all of them or to none.

        Raises:
            OSError: A write failed; those before it were taken back.

        """
        written: list[tuple[RunLog, int]] = []
        try:
            for run_id, of_run in lines.items():
                log = self.log(run_id)
                written.append((log, log.append(of_run)))
        except OSError:
            for log, size in reversed(written):
                log.cut(size)
            raise

    def count(self, category: str) -> int:
        """Return how many events of a category there are."""
        return sum(log.envelopes().count(category) for log in self._logs.values())

    def places(
        self,
        wanted: Wanted,
        *,
        run_id: str | None = None,
        after: int | None = None,
        before: int | None = None,
        backward: bool = False,
    ) -> Iterator[Place]:
        """Yield where the wanted events stand, by number, as lazily as can be.

        With `run_id`, those that belong to that run, whichever file they are in.
        """
        parts = [
            self._places(name, wanted, run_id, after, before, backward)
            for name in self._logs
        ]
        return merge(*parts, reverse=backward)

    def record(self, place: Place) -> dict[str, Any] | None:
        """Return the event at a place; None if its line turns out to be none."""
        log = self._logs[place.file]
        try:
            return decode(log.line(place.row))
        except CorruptLineError:
            log.envelopes().spoil(place.row)
            return None

    def _places(
        self,
        name: str,
        wanted: Wanted,
        run_id: str | None,
        after: int | None,
        before: int | None,
        backward: bool,
    ) -> Iterator[Place]:
        envelopes = self._logs[name].envelopes()
        strays = envelopes.strays
        kinds = {kind for kind in envelopes.kinds[1:] if wanted(kind)}
        if not kinds or (run_id not in (None, name) and run_id not in strays):
            return iter(())
        seqs = envelopes.seq
        if run_id is None or run_id == name:
            start, stop = 0, len(envelopes)
            if envelopes.ordered:
                start = 0 if after is None else bisect_right(seqs, after)
                stop = stop if before is None else bisect_left(seqs, before)
            order = range(stop - 1, start - 1, -1) if backward else range(start, stop)
            rows = envelopes.rows(kinds, order)
            if run_id is not None and strays:
                others = {row for of_run in strays.values() for row in of_run}
                rows = (row for row in rows if row not in others)
        else:
            rows = envelopes.rows(kinds, sorted(strays[run_id], reverse=backward))
        places = (Place(seqs[row], name, row) for row in rows)
        if envelopes.ordered and run_id in (None, name):
            return places
        inside = (
            place
            for place in places
            if (after is None or place.seq > after)
            and (before is None or place.seq < before)
        )
        return iter(sorted(inside, key=itemgetter(0), reverse=backward))
