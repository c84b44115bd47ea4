"""What is wrong with the files of runs, found by reading them and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from whitetail_store.errors import LogChangedError
from whitetail_store.event import BadLine, RunEvent
from whitetail_store.lock import LOCK_NAME
from whitetail_store.log import LogRow, RunLog
from whitetail_store.paths import run_path, run_stamps, runs_folder, thread_ids
from whitetail_store.trash import Trash

_SEPARATORS = tuple(each.encode() for each in ("\x85", "\u2028", "\u2029"))
_BATCH_ROWS = 100
# Clocks of two machines that are this far apart, in seconds, are no fault.
_CLOCK_SKEW_S = 60.0


class Fault(StrEnum):
    """Kinds of what can be wrong."""

    BAD_LINE = "bad line"
    TORN_TAIL = "torn tail"
    FOREIGN = "stray"
    REPEATED = "repeated number"
    BACKWARD = "backward number"
    FUTURE = "time to come"
    SEPARATOR = "hidden from older readers"
    UNREADABLE = "unreadable"
    ORPHANED_LOCK = "orphaned lock"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True)
class FaultLocation:
    """Where something is wrong."""

    path: Path
    row: int | None = None
    """The row, from 0, where it is one row's fault."""
    offset: int | None = None
    """Where that begins, in bytes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong."""

    location: FaultLocation
    kind: Fault
    reason: str
    """In a few words."""


def check_run(path: Path, *, now: float | None = None) -> Iterator[Finding]:
    """Yield what is wrong with a run's file, in its order.

    Times count as yet to come from `now` on, in seconds since the epoch. A file
    that changes meanwhile is told as unreadable; look again.
    """
    return _check_run(path, None, time.time() if now is None else now)


def check_tree(base_dir: Path, *, now: float | None = None) -> Iterator[Finding]:
    """Yield what is wrong with all runs in a folder, and what was left lying there.

    Numbers are compared within each thread.

    Raises:
        OSError: The folder of the threads is missing or may not be read.

    """
    threads = base_dir / "threads"
    now = time.time() if now is None else now
    for thread_id in sorted(thread_ids(threads)):
        folder = runs_folder(threads, thread_id)
        try:
            run_ids = sorted(run_stamps(threads, thread_id))
            locked = (folder / LOCK_NAME).exists()
        except OSError as error:
            yield _unreadable(folder, error)
            continue
        seen: dict[int, str] = {}
        for run_id in run_ids:
            yield from _check_run(run_path(threads, thread_id, run_id), seen, now)
        if locked and not run_ids:
            place = FaultLocation(folder / LOCK_NAME)
            yield Finding(place, Fault.ORPHANED_LOCK, "no run is left beside it")
    for left in Trash(base_dir).leftovers():
        reason = f"run {left.run_id} of {left.thread_id}, deleted and never purged"
        yield Finding(FaultLocation(left.kept), Fault.LEFTOVER, reason)


class RunExaminer:
    """Finds faults in the rows of one run, which it gets one after the other.

    It opens no file, so rows that were read for another purpose cost no second read.
    """

    def __init__(
        self,
        path: Path,
        *,
        seen: dict[int, str] | None = None,
        now: float | None = None,
    ) -> None:
        """Examine the rows of the file at `path`.

        `seen` maps the numbers of the thread's other events to their runs. Without it,
        a number is compared only with the highest one before it: keeping all of them
        would cost 100 bytes an event. Times after `now`, in seconds since the epoch,
        are faults; None for the time of each call.
        """
        self._path = path
        self._seen = seen
        self._now = now
        self._highest = 0

    def examine(
        self, row: int, offset: int, line: bytes, parsed: LogRow
    ) -> Iterator[Finding]:
        """Yield the faults of the next row, which begins at a byte of the file."""
        location = FaultLocation(self._path, row, offset)
        if isinstance(parsed, BadLine):
            yield Finding(location, Fault.BAD_LINE, parsed.reason)
            return
        now = time.time() if self._now is None else self._now
        for kind, reason in _event_faults(self._path, parsed, line, now):
            yield Finding(location, kind, reason)
        if fault := self._seq_fault(parsed.seq):
            yield Finding(location, *fault)

    def torn_tail(self, end: int, torn: int) -> Iterator[Finding]:
        """Yield the fault of a file of `end` bytes, of which `torn` are no line yet."""
        if torn:
            location = FaultLocation(self._path, None, end - torn)
            reason = f"{torn} bytes without an end: being written, or cut off"
            yield Finding(location, Fault.TORN_TAIL, reason)

    def _seq_fault(self, seq: int) -> tuple[Fault, str] | None:
        fault = None
        run_id = self._path.stem
        other = self._seen.get(seq) if self._seen is not None else None
        if other is not None or (self._seen is None and seq == self._highest):
            fault = Fault.REPEATED, f"{seq} is in run {other or run_id} already"
        elif seq < self._highest:
            fault = Fault.BACKWARD, f"{seq} comes after {self._highest}"
        if self._seen is not None:
            self._seen.setdefault(seq, run_id)
        self._highest = max(self._highest, seq)
        return fault


def _check_run(
    path: Path, seen: dict[int, str] | None, now: float
) -> Iterator[Finding]:
    """Yield the faults of a run's file."""
    log, examiner = RunLog(path), RunExaminer(path, seen=seen, now=now)
    try:
        log.refresh()
        offset = 0
        for first in range(0, len(log), _BATCH_ROWS):
            for row, (line, parsed) in enumerate(
                log.read(first, first + _BATCH_ROWS), first
            ):
                yield from examiner.examine(row, offset, line, parsed)
                offset += parsed.size if isinstance(parsed, BadLine) else len(line)
        yield from examiner.torn_tail(log.offset, log.torn_bytes)
    except (OSError, LogChangedError) as error:
        yield _unreadable(path, error)


def _event_faults(
    path: Path, event: RunEvent, line: bytes, now: float
) -> Iterator[tuple[Fault, str]]:
    if event.run_id not in ("", path.stem):
        yield Fault.FOREIGN, f"belongs to run {event.run_id}"
    if event.thread_id not in ("", path.parent.parent.name):
        yield Fault.FOREIGN, f"belongs to thread {event.thread_id}"
    if event.time is not None and event.time > now + _CLOCK_SKEW_S:
        yield Fault.FUTURE, f"{event.created_at} is yet to come"
    if any(separator in line for separator in _SEPARATORS):
        reason = "holds U+2028, U+2029 or U+0085, where older readers split the line"
        yield Fault.SEPARATOR, reason


def _unreadable(path: Path, error: Exception) -> Finding:
    text = error.strerror if isinstance(error, OSError) else None
    return Finding(FaultLocation(path), Fault.UNREADABLE, text or str(error))
