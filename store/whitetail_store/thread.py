"""`ThreadLog`: the runs of a thread, read together in the order of their seqs.

Keeps promises 7 (several writers), 8 (changed files) and 10 (cost) for a thread.
"""

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
"""Returns whether events of a kind are wanted."""
EventWithoutSeq = tuple[str, bytes, bytes]
"""The id of a run, and the bytes of a line before and after the digits of its seq."""

_logger = logging.getLogger(__name__)


class EventLocation(NamedTuple):
    """The seq of an event and its location."""

    seq: int
    file: str
    """The run id in the name of the file."""
    row: int
    """The row in that file, from 0."""


class ThreadLog:
    """The logs of the runs of a thread, refreshed together.

    Events are found by their envelopes; only those that are returned are parsed.

    Stores write one after the other, under a lock whose file holds a note: the
    highest seq and the size of all runs. If the runs still have that size, the next
    seq is known without reading any of them. If not, a program that does not use
    the lock has written, and all runs are read before the next seq is given.
    """

    def __init__(self, threads: Path, thread_id: str, *, durable: bool = False) -> None:
        """Create the log of a thread; no file is read yet.

        `threads` is the folder of all threads. With `durable`, writes wait for the
        disk.
        """
        self.lock = RLock()
        """To be held while this log is read or written, since it is not thread-safe."""
        self.shared = False
        """Whether a program that does not use the lock has written to the thread."""
        self._threads = threads
        self._thread_id = thread_id
        self._durable = durable
        self._folder = runs_folder(threads, thread_id)
        self._lock_path = self._folder / LOCK_NAME
        self._logs: dict[str, RunLog] = {}

    def refresh(self) -> None:
        """Refresh the log of each run that has a file; drop the others.

        Raises:
            OSError: The folder or a file cannot be read.

        """
        stamps = self._stamps()
        for run_id in self._logs.keys() - stamps.keys():
            del self._logs[run_id]
        self._refresh_logs(stamps)

    def log(self, run_id: str) -> RunLog:
        """Return the log of a run. Its file need not exist."""
        log = self._logs.get(run_id)
        if log is None:
            path = run_path(self._threads, self._thread_id, run_id)
            log = self._logs[run_id] = RunLog(path)
        return log

    @property
    def run_ids(self) -> list[str]:
        """The ids of the runs that had a file at the last refresh or append."""
        return list(self._logs)

    def writing(self, *, create: bool = True) -> AbstractContextManager[ThreadLock]:
        """Hold the lock between processes; wait for it without a limit.

        Raises:
            FileNotFoundError: There is no such thread, and `create` is false.

        """
        return thread_lock(self._lock_path, create=create)

    def append(self, lock: ThreadLock, events: Sequence[EventWithoutSeq]) -> int:
        """Write events to their runs, all or none; return the seq of the first one.

        Raises:
            OSError: A write failed; the files are as before.

        """
        size = runs_size(self._folder)
        last = self._last_assigned_seq(lock, size)
        parts: dict[str, list[bytes]] = {}
        for seq, (run_id, before, after) in enumerate(events, last + 1):
            parts.setdefault(run_id, []).append(b"%s%d%s" % (before, seq, after))
        lines = {
            self.log(run_id).path: b"".join(of_run) for run_id, of_run in parts.items()
        }
        # Each file may get one byte more: the newline that ends a torn line.
        max_size = size + sum(map(len, lines.values())) + len(lines)
        lock.write_note(
            LockNote(last + len(events), size, max_size), durable=self._durable
        )
        try:
            size_after = size + append_all(lines, durable=self._durable)
        except BaseException:
            lock.write_note(LockNote(last, size, size))
            raise
        # Computed, not measured: bytes that another writer adds meanwhile must not fit.
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
        """Remove the files of runs with `remove`; their seqs are not given again.

        With `remember`, the files are read first if the note does not fit, so that
        seqs of writers without the lock are not given again either.

        Raises:
            OSError: A file cannot be read or removed.

        """
        stamps = self._stamps()
        size = runs_size(self._folder)
        note = lock.read_note()
        removed = {run_id: stamps[run_id] for run_id in run_ids if run_id in stamps}
        removed_size = sum(stamp.size for stamp in removed.values())
        if note is not None and note.fits(size):
            lock.write_note(
                LockNote(note.seq, size - removed_size, size), durable=self._durable
            )
        elif remember or note is not None:
            last = retry_on_change(lambda: self._last_written_seq(removed))
            lock.write_note(
                UNKNOWN_SIZE._replace(seq=max(last, note.seq if note else 0))
            )
        for run_id in removed:
            remove(run_path(self._threads, self._thread_id, run_id))
            self._logs.pop(run_id, None)
        if note is not None and note.fits(size):
            # All are removed: bytes that another writer adds from now on must not fit.
            size -= removed_size
            lock.narrow_note(LockNote(note.seq, size, size))

    def _stamps(self) -> dict[str, Stamp]:
        return run_stamps(self._threads, self._thread_id)

    def _refresh_logs(self, stamps: Mapping[str, Stamp]) -> None:
        for run_id, stamp in stamps.items():
            log = self.log(run_id)
            if log.stamp != stamp:
                log.refresh()

    def _last_assigned_seq(self, lock: ThreadLock, size: int) -> int:
        """Return the highest seq ever given; warn of writers without the lock."""
        note = lock.read_note()
        if note is not None:
            if note.fits(size):
                return note.seq
            if note.size_known and not self.shared:
                self.shared = True
                _logger.warning(
                    "another program writes to thread %s without using the lock; "
                    "its events may get the same seqs",
                    self._thread_id,
                )
        last = retry_on_change(lambda: self._last_written_seq(self._stamps()))
        return max(last, note.seq if note else 0)

    def _last_written_seq(self, stamps: Mapping[str, Stamp]) -> int:
        self._refresh_logs(stamps)
        logs = (self.log(run_id) for run_id in stamps)
        return max((log.envelopes().last_seq for log in logs), default=0)

    def count(self, category: str) -> int:
        """Return the number of events of a category, by their envelopes."""
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
        """Yield the locations of the wanted events, lazily, in order of seq.

        `run_id`: only events that belong to that run, in the files of all runs.
        `after`, `before`: only seqs above and below. `backward`: descending order.
        """
        parts = [
            self._locate_in_file(name, wanted, run_id, after, before, backward)
            for name in self._logs
        ]
        return merge(*parts, reverse=backward)

    def record(self, location: EventLocation) -> dict[str, Any] | None:
        """Return the record of an event; None if its line proves to be a bad line."""
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
        foreign = envelopes.foreign_rows
        kinds = {kind for kind in envelopes.kinds[1:] if wanted(kind)}
        if not kinds or (run_id not in (None, name) and run_id not in foreign):
            return iter(())
        seqs = envelopes.seqs
        if run_id is None or run_id == name:
            start, stop = 0, len(envelopes)
            if envelopes.ascending:
                start = 0 if after is None else bisect_right(seqs, after)
                stop = stop if before is None else bisect_left(seqs, before)
            order = range(stop - 1, start - 1, -1) if backward else range(start, stop)
            rows = envelopes.rows(kinds, order)
            if run_id is not None and foreign:
                others = {row for of_run in foreign.values() for row in of_run}
                rows = (row for row in rows if row not in others)
        else:
            rows = envelopes.rows(kinds, sorted(foreign[run_id], reverse=backward))
        locations = (EventLocation(seqs[row], name, row) for row in rows)
        if envelopes.ascending and run_id in (None, name):
            return locations
        inside = (
            location
            for location in locations
            if (after is None or location.seq > after)
            and (before is None or location.seq < before)
        )
        return iter(sorted(inside, key=itemgetter(0), reverse=backward))
