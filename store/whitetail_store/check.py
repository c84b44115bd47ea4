"""Finds faults in the files of runs. Only reads.

Shows the lines that promises 1, 3 and 4 of the store (docs/store.md) speak of.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from whitetail_store.errors import LogChangedError
from whitetail_store.event import BadLine, RunEvent
from whitetail_store.log import RunLog
from whitetail_store.paths import (
    RunKey,
    check_folder,
    not_regular,
    run_path,
    run_stamps,
    runs_folder,
    thread_ids,
)
from whitetail_store.rows import LogRow

_SEPARATORS = tuple(each.encode() for each in ("\x85", "\u2028", "\u2029"))
_BATCH_ROWS = 100
# A subagent's step is the message of this number in the conversation of its task.
_STEP_KEYS, _MAX_STEPS = ("task_id", "message_index"), 1 << 16
# A time that is this little ahead is a difference between the clocks of two machines.
_CLOCK_SKEW_S = 60.0


class Fault(StrEnum):
    """The kinds of faults; the values are shown to the user."""

    BAD_LINE = "bad line"
    ENCODING = "encoding"
    TORN_TAIL = "unfinished line"
    FOREIGN = "wrong run or thread"
    REPEATED = "repeated seq"
    REPEATED_STEP = "repeated step"
    BACKWARD = "descending seq"
    FUTURE = "time in the future"
    SEPARATOR = "line separator"
    UNREADABLE = "unreadable"
    ORPHANED_LOCK = "lock without runs"
    LEFTOVER = "deleted run"


@dataclass(frozen=True, slots=True)
class FaultLocation:
    """The location of a fault."""

    path: Path
    row: int | None = None
    """The row, from 0; None if the fault is not that of a single row."""
    offset: int | None = None
    """The byte at which the fault begins, from 0; None if it has no such byte."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of a file or folder."""

    location: FaultLocation
    kind: Fault
    reason: str
    """The details of the fault, in a few words."""


def check_run(path: Path, *, now: float | None = None) -> Iterator[Finding]:
    """Yield the faults of a run's file, in the order of the file.

    `now`, in seconds since the epoch, is the time after which a `created_at` is in
    the future; the present time by default. A file that changes during the check is
    reported as unreadable: check it again. No file at all is no fault.
    """
    return _check_run(path, None, time.time() if now is None else now)


def check_tree(base_dir: Path, *, now: float | None = None) -> Iterator[Finding]:
    """Yield the faults of all runs below a folder, of its locks and of its trash.

    `base_dir` is the folder that holds `threads`. Each `seq` is compared with those
    of all runs of its thread. `now` as in `check_run`.

    Raises:
        OSError: The folder `threads` is missing or cannot be read.

    """
    # Imported here: `RunExaminer` needs no part of the store that writes.
    from whitetail_store.lock import LOCK_NAME
    from whitetail_store.trash import Trash

    threads = base_dir / "threads"
    now = time.time() if now is None else now
    for thread_id in sorted(thread_ids(threads)):
        folder = runs_folder(threads, thread_id)
        irregular: list[Path] = []
        try:
            check_folder(folder)
            run_ids = sorted(run_stamps(threads, thread_id, irregular))
            locked = (folder / LOCK_NAME).exists()
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                yield _unreadable(folder, error)
            continue
        for path in sorted(irregular):
            yield _unreadable(path, not_regular(path))
        seen: dict[int, str] = {}
        for run_id in run_ids:
            yield from _check_run(run_path(threads, thread_id, run_id), seen, now)
        if locked and not run_ids:
            location = FaultLocation(folder / LOCK_NAME)
            yield Finding(location, Fault.ORPHANED_LOCK, "the folder has no run")
    for left in Trash(base_dir).leftovers():
        reason = f"run {left.run_id} of {left.thread_id}: deleted, still in the trash"
        yield Finding(FaultLocation(left.kept), Fault.LEFTOVER, reason)


class RunExaminer:
    """Finds faults in the rows of one run; its caller passes them in order.

    It opens no file, so rows that were read for another purpose are not read again.
    """

    def __init__(
        self,
        path: Path,
        *,
        key: RunKey | None = None,
        seen: dict[int, str] | None = None,
        now: float | None = None,
    ) -> None:
        """Examine the rows of the file at `path`.

        `key` has the ids that events should have; by default those of the path.
        `seen` maps each `seq` of the thread's other events to its run id, and grows.
        Without it, a `seq` is compared only with the highest one before it: to keep
        all of them would cost 100 bytes an event. A time after `now`, in seconds
        since the epoch, is a fault; None for the time of each call.
        """
        self._path = path
        self._key = key or (path.parent.parent.name, path.stem)
        self._seen = seen
        self._now = now
        self._highest = 0
        self._steps: dict[str, int] = {}
        """The numbers of the steps of each subagent, as bits."""

    def examine(
        self, row: int, offset: int, line: bytes, parsed: LogRow
    ) -> Iterator[Finding]:
        """Yield the faults of the next row.

        `offset` is its first byte in the file, `line` its bytes, `parsed` its event.
        """
        location = FaultLocation(self._path, row, offset)
        if isinstance(parsed, BadLine):
            yield Finding(location, Fault.BAD_LINE, parsed.reason)
            return
        now = time.time() if self._now is None else self._now
        for kind, reason in _event_faults(self._key, parsed, line, now):
            yield Finding(location, kind, reason)
        if fault := self._seq_fault(parsed.seq):
            yield Finding(location, *fault)
        if fault := self._step_fault(parsed):
            yield Finding(location, *fault)

    def torn_tail(self, end: int, torn: int) -> Iterator[Finding]:
        """Yield the fault of a file of `end` bytes, the last `torn` of them no row."""
        if torn:
            location = FaultLocation(self._path, None, end - torn)
            reason = f"{torn} bytes without a line end: being written, or cut off"
            yield Finding(location, Fault.TORN_TAIL, reason)

    def _step_fault(self, event: RunEvent) -> tuple[Fault, str] | None:
        """Return the fault of a subagent's step that was written before."""
        task_id, number = (event.metadata.get(key) for key in _STEP_KEYS)
        if (
            event.event_type != "subagent.step"
            or not isinstance(task_id, str)
            or type(number) is not int
            or not 0 <= number < _MAX_STEPS
        ):
            return None
        seen = self._steps.get(task_id, 0)
        self._steps[task_id] = seen | 1 << number
        if not seen >> number & 1:
            return None
        return Fault.REPEATED_STEP, f"step {number} of task {task_id} is written twice"

    def _seq_fault(self, seq: int) -> tuple[Fault, str] | None:
        fault = None
        run_id = self._key[1]
        other = self._seen.get(seq) if self._seen is not None else None
        if other is not None or (self._seen is None and seq == self._highest):
            fault = Fault.REPEATED, f"seq {seq} is already in run {other or run_id}"
        elif seq < self._highest:
            fault = Fault.BACKWARD, f"seq {seq} comes after {self._highest}"
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
    key: RunKey, event: RunEvent, line: bytes, now: float
) -> Iterator[tuple[Fault, str]]:
    thread_id, run_id = key
    if event.run_id not in ("", run_id):
        yield Fault.FOREIGN, f"belongs to run {event.run_id}"
    if event.thread_id not in ("", thread_id):
        yield Fault.FOREIGN, f"belongs to thread {event.thread_id}"
    if event.time is not None and event.time > now + _CLOCK_SKEW_S:
        yield Fault.FUTURE, f"{event.created_at} is in the future"
    if any(separator in line for separator in _SEPARATORS):
        reason = "has U+2028, U+2029 or U+0085, where older readers split the line"
        yield Fault.SEPARATOR, reason


def _unreadable(path: Path, error: Exception) -> Finding:
    text = error.strerror if isinstance(error, OSError) else None
    return Finding(FaultLocation(path), Fault.UNREADABLE, text or str(error))
