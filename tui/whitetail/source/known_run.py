"""What is known of one run: its file, its summary and its metrics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from whitetail.trace.run_summary import RunSummary
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.verdict.status import (
    RunStatus,
    StatusFacts,
    is_growing,
    status_at,
)
from whitetail.view.lists.entries import ThreadEntry
from whitetail.view.lists.numbers import Numbers, add_up, run_numbers
from whitetail.view.text import one_line
from whitetail_store import RunKey, Stamp

_ROW_BYTES = 1 << 10
"""How much there is to read for a row, about, where the size of a run is not known."""
_EMPTY_SUMMARY = RunSummary()
_NO_FACTS = StatusFacts(empty=True)


@dataclass(slots=True)
class KnownRun:
    """The file of a run, its summary and its metrics, as far as they were read."""

    stamp: Stamp
    grew_at: float = 0.0
    """When the file was last seen to grow, in seconds since the epoch."""
    is_file: bool = True
    """Whether its stamp has its size."""
    head_stamp: Stamp | None = None
    """The file when its head and tail were last read; None if never."""
    summary: RunSummary = _EMPTY_SUMMARY
    row_count: int | None = None
    metrics_stamp: Stamp | None = None
    """The file when all of it was last read; None if never."""
    metrics: RunMetrics | None = None

    @property
    def size(self) -> int | None:
        """The size in bytes; None if it is not known."""
        return self.stamp.size if self.is_file else None

    @property
    def cost(self) -> int:
        """About how many bytes there are to be read."""
        size = self.size
        return (self.row_count or 0) * _ROW_BYTES if size is None else size

    @property
    def written_at(self) -> float:
        """When the file was last written, in seconds since the epoch."""
        return self.stamp.mtime_ns / 1e9

    @property
    def last_event_time(self) -> float:
        """When the last event or else the file was written; seconds since the epoch."""
        ended = self.summary.ended
        return self.written_at if ended is None else ended

    @property
    def rows_read(self) -> bool:
        """Whether all rows of the file as it is now were read."""
        return self.metrics_stamp == self.stamp

    def status(self, now: float) -> RunStatus:
        """Return the status by all rows if they were read, else by head and tail.

        A run that ended keeps its status while rows that follow its end are read.
        `now` is in seconds since the epoch.
        """
        facts = self.summary.facts
        if self.metrics is not None:
            by_all_rows = self.metrics.status_facts
            if self.rows_read or by_all_rows.final is not None:
                facts = by_all_rows
        elif self.head_stamp is None:
            facts = _NO_FACTS
        return status_at(facts, now, is_growing(self.grew_at, now))

    def numbers(self, status: RunStatus) -> Numbers:
        """Return the numbers of the run as far as it was read, given its status."""
        started, ended = self.summary.started, self.summary.ended
        took = None if started is None or ended is None else ended - started
        return run_numbers(status, self.size, took, self.row_count, self.metrics)


def start_order(run_item: tuple[str, KnownRun]) -> tuple[float, str]:
    """Return a sort key that orders runs by the time of their first event."""
    run_id, run = run_item
    started = run.summary.started
    return run.last_event_time if started is None else started, run_id


def untouched_entry(thread_id: str, runs: Iterable[KnownRun]) -> ThreadEntry:
    """Return the entry of a thread of which nothing was read yet.

    There may be thousands when the app starts.
    """
    runs = list(runs)
    time = max([run.stamp.mtime_ns for run in runs]) / 1e9
    size = sum([run.stamp.size for run in runs]) if runs[0].is_file else None
    count = len(runs)
    numbers = Numbers(count, size=size, unread=count)
    return ThreadEntry(thread_id, thread_id, False, count, time, numbers=numbers)


def thread_entry(
    thread_id: str,
    title: str,
    runs: Sequence[tuple[str, KnownRun]],
    statuses: Sequence[RunStatus],
    opened: Collection[RunKey],
) -> ThreadEntry:
    """Return the entry of a thread. Its runs and their statuses are in start order.

    `title` is empty if none is known; `opened` are the runs that the user has seen.
    """
    older_failed = any(
        status is RunStatus.FAILED and (thread_id, run_id) not in opened
        for (run_id, _), status in zip(runs[:-1], statuses[:-1], strict=True)
    )
    numbers = [
        run.numbers(status) for (_, run), status in zip(runs, statuses, strict=True)
    ]
    return ThreadEntry(
        thread_id,
        one_line(title or thread_id),
        bool(title) or all(run.head_stamp for _, run in runs),
        len(runs),
        max(run.last_event_time for _, run in runs),
        statuses[-1],
        older_failed,
        add_up(numbers),
        tuple(one_line(run.summary.prompt) for _, run in runs),
        _first_start(run for _, run in runs),
        _models(run for _, run in runs),
    )


def _first_start(runs: Iterable[KnownRun]) -> float | None:
    """Return when the first of some runs started that has a time or was not read."""
    starts = ((run.summary.started, run.head_stamp is None) for run in runs)
    return next((at for at, is_unread in starts if at is not None or is_unread), None)


def _models(runs: Iterable[KnownRun]) -> tuple[str, ...] | None:
    """Return the models of runs. None if no run was read completely."""
    read = [run.metrics.models for run in runs if run.metrics is not None]
    return tuple(sorted({name for names in read for name in names})) if read else None
