"""A thread's runs, read together in the order of their numbers."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from heapq import merge
from operator import itemgetter
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from whitetail_store.envelope import EventKind
from whitetail_store.errors import CorruptLineError
from whitetail_store.event import decode
from whitetail_store.files import append_all
from whitetail_store.lock import (
    LOCK_NAME,
    UNKNOWN_SIZE,
    LockNote,
    ThreadLock,
    thread_lock,
)
from whitetail_store.log import RunLog, retry_on_change
from whitetail_store.paths import Stamp, run_path, run_stamps, runs_folder, runs_size

KindFilter = Callable[[EventKind], bool]
EventWithoutSeq = tuple[str, bytes, bytes]
"""A run's id, and what comes before and after the number in a line of its file."""

_logger = logging.getLogger(__name__)


class EventLocation(NamedTuple):
    """Where an event stands: its number, its run's file, its row there."""

    seq: int
    file: str
    row: int


class ThreadLog:
    """The logs of a thread's runs, brought up to date together.

    Rows are found by their envelopes; only what is returned is parsed.

    Writers of ours take turns through a lock, in whose file each notes the highest
    number and the size of the runs. As long as they have that size, the next number
    is known without a look into any of them. When they have not, somebody who takes
    no lock has been there, and all is looked at before a number is given.
    """

    def __init__(self, threads: Path, thread_id: str, *, durable: bool = False) -> None:
        """Look at nothing yet. With `durable`, writes wait for the disk."""
        self.lock = RLock()
        """Held by whoever reads through this log, or writes."""
        self.shared = False
        """Whether somebody was noticed to write who does not take the lock."""
        self._threads = threads
        self._thread_id = thread_id
        self._durable = durable
        self._folder = runs_folder(threads, thread_id)
        self._lock_path = self._folder / LOCK_NAME
        self._logs: dict[str, RunLog] = {}

    def refresh(self) -> None:
        """Take in what the thread's files have become.

        Raises:
            OSError: The folder or a file may not be read.

        """
        stamps = self._stamps()
        for run_id in self._logs.keys() - stamps.keys():
            del self._logs[run_id]
        self._refresh_logs(stamps)

    def log(self, run_id: str) -> RunLog:
        """Return the log of a run's file, which may not be there yet."""
        log = self._logs.get(run_id)
        if log is None:
            path = run_path(self._threads, self._thread_id, run_id)
            log = self._logs[run_id] = RunLog(path)
        return log

    @property
    def run_ids(self) -> list[str]:
        """The runs that have a file."""
        return list(self._logs)

    def writing(self, *, create: bool = True) -> AbstractContextManager[ThreadLock]:
        """Hold the lock between processes.

        Raises:
            FileNotFoundError: There is no such thread and it was not to be created.

        """
        return thread_lock(self._lock_path, create=create)

    def append(self, lock: ThreadLock, events: Sequence[EventWithoutSeq]) -> int:
        """Write events to their runs, all or none; return the first one's number.

        Raises:
            OSError: A write failed; the files are as they were.

        """
        size = runs_size(self._folder)
        last = self._last_assigned_seq(lock, size)
        parts: dict[str, list[bytes]] = {}
        for seq, (run_id, before, after) in enumerate(events, last + 1):
            parts.setdefault(run_id, []).append(b"%s%d%s" % (before, seq, after))
        lines = {
            self.log(run_id).path: b"".join(of_run) for run_id, of_run in parts.items()
        }
        # Each file may get one byte more, which ends a torn line.
        most = size + sum(map(len, lines.values())) + len(lines)
        lock.write_note(LockNote(last + len(events), size, most), durable=self._durable)
        try:
            size_after = size + append_all(lines, durable=self._durable)
        except BaseException:
            lock.write_note(LockNote(last, size, size))
            raise
        # Computed, not measured: what another writer adds meanwhile must not fit.
        lock.narrow_note(LockNote(last + len(events), size_after, size_after))
        return last + 1

    def remove(
        self,
        lock: ThreadLock,
        run_ids: Iterable[str],
        remove: Callable[[Path], None],
        *,
        remember: bool = True,
    ) -> None:
        """Remove runs' files, so that their numbers are not given again.

        With `remember`, also those that a writer gave which keeps no note.
        """
        stamps = self._stamps()
        size = runs_size(self._folder)
        note = lock.read_note()
        gone = {run_id: stamps[run_id] for run_id in run_ids if run_id in stamps}
        went = sum(stamp.size for stamp in gone.values())
        if note is not None and note.fits(size):
            lock.write_note(
                LockNote(note.seq, size - went, size), durable=self._durable
            )
        elif remember or note is not None:
            last = retry_on_change(lambda: self._last_written_seq(gone))
            lock.write_note(
                UNKNOWN_SIZE._replace(seq=max(last, note.seq if note else 0))
            )
        for run_id in gone:
            remove(run_path(self._threads, self._thread_id, run_id))
            self._logs.pop(run_id, None)
        if note is not None and note.fits(size):
            # All is gone: what another writer adds from now on shall not fit.
            lock.narrow_note(LockNote(note.seq, size - went, size - went))

    def _stamps(self) -> dict[str, Stamp]:
        return run_stamps(self._threads, self._thread_id)

    def _refresh_logs(self, stamps: Mapping[str, Stamp]) -> None:
        for run_id, stamp in stamps.items():
            log = self.log(run_id)
            if log.stamp != stamp:
                log.refresh()

    def _last_assigned_seq(self, lock: ThreadLock, size: int) -> int:
        """Return the highest number that was ever given."""
        note = lock.read_note()
        if note is not None:
            if note.fits(size):
                return note.seq
            if note.size_known and not self.shared:
                self.shared = True
                _logger.warning(
                    "thread %s is written by something that does not take the lock; "
                    "it may give the same numbers to its events",
                    self._thread_id,
                )
        last = retry_on_change(lambda: self._last_written_seq(self._stamps()))
        return max(last, note.seq if note else 0)

    def _last_written_seq(self, stamps: Mapping[str, Stamp]) -> int:
        self._refresh_logs(stamps)
        logs = (self.log(run_id) for run_id in stamps)
        return max((log.envelopes().last_seq for log in logs), default=0)

    def count(self, category: str) -> int:
        """Return how many events of a category there are."""
        return sum(log.envelopes().count(category) for log in self._logs.values())

    def locate(
        self,
        wanted: KindFilter,
        *,
        run_id: str | None = None,
        after: int | None = None,
        before: int | None = None,
        backward: bool = False,
    ) -> Iterator[EventLocation]:
        """Yield where the wanted events stand, by number, as lazily as can be.

        With `run_id`, those that belong to that run, whichever file they are in.
        """
        parts = [
            self._locate_in_file(name, wanted, run_id, after, before, backward)
            for name in self._logs
        ]
        return merge(*parts, reverse=backward)

    def record(self, location: EventLocation) -> dict[str, Any] | None:
        """Return the event at a place; None if its line turns out to be none."""
        log = self._logs[location.file]
        try:
            return decode(log.line(location.row))
        except CorruptLineError:
            log.envelopes().mark_bad(location.row)
            return None

    def _locate_in_file(
        self,
        name: str,
        wanted: KindFilter,
        run_id: str | None,
        after: int | None,
        before: int | None,
        backward: bool,
    ) -> Iterator[EventLocation]:
        envelopes = self._logs[name].envelopes()
        strays = envelopes.foreign_rows
        kinds = {kind for kind in envelopes.kinds[1:] if wanted(kind)}
        if not kinds or (run_id not in (None, name) and run_id not in strays):
            return iter(())
        seqs = envelopes.seqs
        if run_id is None or run_id == name:
            start, stop = 0, len(envelopes)
            if envelopes.ascending:
                start = 0 if after is None else bisect_right(seqs, after)
                stop = stop if before is None else bisect_left(seqs, before)
            order = range(stop - 1, start - 1, -1) if backward else range(start, stop)
            rows = envelopes.rows(kinds, order)
            if run_id is not None and strays:
                others = {row for of_run in strays.values() for row in of_run}
                rows = (row for row in rows if row not in others)
        else:
            rows = envelopes.rows(kinds, sorted(strays[run_id], reverse=backward))
        places = (EventLocation(seqs[row], name, row) for row in rows)
        if envelopes.ascending and run_id in (None, name):
            return places
        inside = (
            place
            for place in places
            if (after is None or place.seq > after)
            and (before is None or place.seq < before)
        )
        return iter(sorted(inside, key=itemgetter(0), reverse=backward))
