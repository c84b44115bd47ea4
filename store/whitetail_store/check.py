"""What is wrong with the files of runs, found by reading them and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from whitetail_store.errors import CorruptLineError, LogChangedError
from whitetail_store.event import RunEvent, decode
from whitetail_store.index import LONGEST
from whitetail_store.lock import NAME
from whitetail_store.log import RunLog
from whitetail_store.paths import run_path, run_stamps, runs_folder, thread_ids
from whitetail_store.trash import Trash

_SEPARATORS = re.compile(rb"\xc2\x85|\xe2\x80[\xa8\xa9]")
# Clocks of two machines that are this far apart, in seconds, are no fault.
_SKEW = 60.0


class Fault(StrEnum):
    """Kinds of what can be wrong."""

    BAD_LINE = "bad line"
    TORN_TAIL = "torn tail"
    STRAY = "stray"
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

    place: FaultLocation
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
            locked = (folder / NAME).exists()
        except OSError as error:
            yield _unreadable(folder, error)
            continue
        seen: dict[int, str] = {}
        for run_id in run_ids:
            yield from _check_run(run_path(threads, thread_id, run_id), seen, now)
        if locked and not run_ids:
            place = FaultLocation(folder / NAME)
            yield Finding(place, Fault.ORPHANED_LOCK, "no run is left beside it")
    for left in Trash(base_dir).leftovers():
        reason = f"run {left.run_id} of {left.thread_id}, deleted and never purged"
        yield Finding(FaultLocation(left.kept), Fault.LEFTOVER, reason)


def _check_run(
    path: Path, seen: dict[int, str] | None, now: float
) -> Iterator[Finding]:
    """Yield a run's faults; `seen` has its thread's numbers, with their runs.

    Without it, which takes a hundred bytes an event, a number is compared with the
    highest before it only.
    """
    log = RunLog(path)
    try:
        log.refresh()
        offset = highest = 0
        for row, line in enumerate(log.lines(range(len(log)))):
            place = FaultLocation(path, row, offset)
            offset += len(line)
            try:
                if len(line) > LONGEST:
                    raise CorruptLineError(f"longer than {LONGEST >> 20} MiB")
                event = RunEvent.of(decode(line))
            except CorruptLineError as error:
                yield Finding(place, Fault.BAD_LINE, error.reason)
                continue
            for kind, reason in _faults(log, event, line, now):
                yield Finding(place, kind, reason)
            repeated = event.seq == highest if seen is None else event.seq in seen
            if repeated:
                other = log.run_id if seen is None else seen[event.seq]
                reason = f"{event.seq} is in run {other} already"
                yield Finding(place, Fault.REPEATED, reason)
            elif event.seq < highest:
                reason = f"{event.seq} comes after {highest}"
                yield Finding(place, Fault.BACKWARD, reason)
            if seen is not None:
                seen.setdefault(event.seq, log.run_id)
            highest = max(highest, event.seq)
        if log.torn:
            place = FaultLocation(path, None, log.offset - log.torn)
            reason = f"{log.torn} bytes without an end: being written, or cut off"
            yield Finding(place, Fault.TORN_TAIL, reason)
    except (OSError, LogChangedError) as error:
        yield _unreadable(path, error)


def _faults(
    log: RunLog, event: RunEvent, line: bytes, now: float
) -> Iterator[tuple[Fault, str]]:
    if event.run_id not in ("", log.run_id):
        yield Fault.STRAY, f"belongs to run {event.run_id}"
    if event.thread_id not in ("", log.path.parent.parent.name):
        yield Fault.STRAY, f"belongs to thread {event.thread_id}"
    if event.time is not None and event.time > now + _SKEW:
        yield Fault.FUTURE, f"{event.created_at} is yet to come"
    if _SEPARATORS.search(line):
        reason = "holds U+2028, U+2029 or U+0085, where older readers split the line"
        yield Fault.SEPARATOR, reason


def _unreadable(path: Path, error: Exception) -> Finding:
    text = error.strerror if isinstance(error, OSError) else None
    return Finding(FaultLocation(path), Fault.UNREADABLE, text or str(error))
