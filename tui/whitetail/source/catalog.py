"""Holds every thread and run, with its summary and its metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import nlargest
from itertools import chain
from pathlib import Path

from whitetail.source.known_run import (
    KnownRun,
    start_order,
    thread_entry,
    untouched_entry,
)
from whitetail.source.run_files import RunFiles
from whitetail.trace.run_summary import RunSummary, summarize_run
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.verdict.status import (
    RunStatus,
    is_growing,
)
from whitetail.view import text
from whitetail.view.lists.entries import RunEntry, ThreadEntry
from whitetail_store import HeadAndTail, RunKey, Stamp

_TITLE_RUNS = 3
"""The first runs of a thread, which are read to find its title."""


class Catalog:
    """The threads and runs of a `.deer-flow` folder, and their summaries.

    It reads no file. Its methods are for one thread at a time.
    """

    def __init__(self, files: RunFiles | None, clock: Callable[[], float]) -> None:
        """Start without threads; `files` has the paths of runs, None if they have none.

        `clock` returns seconds since the epoch.
        """
        self._files = files
        self._clock = clock
        self._threads: dict[str, dict[str, KnownRun]] = {}
        self._hidden: set[RunKey] = set()
        self._entries: dict[str, ThreadEntry] = {}
        self._updated: set[str] = set()
        self._opened: set[RunKey] = set()
        self._unreadable: set[RunKey] = set()

    @property
    def thread_count(self) -> int:
        """The number of threads that have runs."""
        return len(self._threads)

    def apply(self, changes: Mapping[RunKey, Stamp | None]) -> bool:
        """Apply changes on disk; return whether runs were added or removed.

        Each run maps to the new stamp of its file, None if the file is gone.
        """
        added_or_removed = False
        for (thread_id, run_id), stamp in changes.items():
            self._entries.pop(thread_id, None)
            runs = self._threads.setdefault(thread_id, {})
            if stamp is None:
                added_or_removed |= runs.pop(run_id, None) is not None
            elif run := runs.get(run_id):
                if stamp.size > run.stamp.size:
                    run.grew_at = self._clock()
                    self._updated.add(thread_id)
                if stamp.size < run.stamp.size or stamp[:2] != run.stamp[:2]:
                    run.metrics = None
                run.stamp = stamp
            else:
                added_or_removed = True
                # It may have grown right before it was first seen.
                run = KnownRun(stamp, stamp.mtime_ns / 1e9, self._files is not None)
                runs[run_id] = run
                if self._is_growing(run):
                    self._updated.add(thread_id)
            if not runs:
                self._threads.pop(thread_id)
        return added_or_removed

    def hide(self, keys: Iterable[RunKey]) -> None:
        """Leave runs out of the lists while they are being deleted."""
        self._hidden.update(keys)
        self._entries.clear()

    def unhide(self, keys: Iterable[RunKey]) -> None:
        """Show hidden runs again."""
        self._hidden.difference_update(keys)
        self._entries.clear()

    def known(self, key: RunKey) -> KnownRun | None:
        """Return what is known of a run; None if it is gone."""
        return self._threads.get(key[0], {}).get(key[1])

    def path(self, key: RunKey) -> Path:
        """Return the path of a run's file."""
        assert self._files is not None, "the runs are no files"
        return self._files.path(key)

    def run_keys(self, thread_id: str) -> list[RunKey]:
        """Return the runs of a thread, in any order."""
        return [(thread_id, run_id) for run_id, _ in self._runs(thread_id)]

    def newest_run(self, thread_id: str) -> RunKey | None:
        """Return the run of a thread that was started last; None if there is none."""
        runs = self._runs(thread_id)
        return (thread_id, max(runs, key=start_order)[0]) if runs else None

    def cost(self, key: RunKey) -> int:
        """Return about how many bytes are to be read of a run, to decide when."""
        return run.cost if (run := self.known(key)) else 0

    def status(self, key: RunKey) -> RunStatus:
        """Return the status of a run, by as much of it as was read."""
        run = self.known(key)
        return RunStatus.UNKNOWN if run is None else run.status(self._clock())

    def thread_status(self, thread_id: str) -> RunStatus:
        """Return the status of a thread: that of its newest run."""
        key = self.newest_run(thread_id)
        return RunStatus.UNKNOWN if key is None else self.status(key)

    def is_growing(self, key: RunKey) -> bool:
        """Return whether a run is being written."""
        return (run := self.known(key)) is not None and self._is_growing(run)

    def mark_opened(self, key: RunKey) -> None:
        """Record that the user has seen a run."""
        self._opened.add(key)
        self._entries.pop(key[0], None)

    def thread_entries(self) -> list[ThreadEntry]:
        """Return the threads that have runs, the one written to last first."""
        for thread_id in self._threads:
            entry = self._entries.get(thread_id)
            if entry is None or entry.status.may_be_written:
                self._entries[thread_id] = self.thread_entry(thread_id)
        shown = [entry for entry in self._entries.values() if entry.runs]
        shown.sort(key=lambda entry: (-(entry.time or 0), entry.key))
        return shown

    def run_entries(self, thread_id: str) -> list[RunEntry]:
        """Return a thread's runs, the one started last first."""
        runs = sorted(self._runs(thread_id), key=start_order, reverse=True)
        title = text.one_line(self.title(thread_id))
        return [
            self._run_entry((thread_id, run_id), run, title) for run_id, run in runs
        ]

    def run_entry(self, key: RunKey, title: str) -> RunEntry | None:
        """Return a run as the list shows it, with its thread's title; None if gone."""
        run = self.known(key)
        return None if run is None else self._run_entry(key, run, text.one_line(title))

    def summary(self, key: RunKey) -> RunSummary:
        """Return title, prompt and times of a run, as far as they were read."""
        run = self.known(key)
        return RunSummary() if run is None else run.summary

    def title(self, thread_id: str) -> str:
        """Return the first title among a thread's runs, else the first prompt."""
        runs = [run for _, run in sorted(self._runs(thread_id), key=start_order)]
        titles = (run.summary.title for run in runs)
        prompts = (run.summary.prompt for run in runs)
        return next(filter(None, titles), "") or next(filter(None, prompts), "")

    def thread_entry(self, thread_id: str) -> ThreadEntry:
        """Return a thread as the list shows it, by as much of it as was read."""
        if thread_id not in self._updated and not self._hidden:
            return untouched_entry(thread_id, self._threads[thread_id].values())
        runs = sorted(self._runs(thread_id), key=start_order)
        if not runs:
            return ThreadEntry(thread_id, thread_id, False, 0, None)
        statuses = [run.status(self._clock()) for _, run in runs]
        return thread_entry(
            thread_id, self.title(thread_id), runs, statuses, self._opened
        )

    def runs_to_read(
        self, threads: Iterable[str], runs: Iterable[RunKey]
    ) -> list[RunKey]:
        """Return the runs to read so that these threads and runs can be shown."""
        keys = [key for key in runs if self._is_stale(key)]
        for thread_id in threads:
            ordered = [
                (thread_id, run_id)
                for run_id, _ in sorted(self._runs(thread_id), key=start_order)
            ]
            shown = [*ordered[:1], *ordered[-1:]]
            if not self.title(thread_id):
                shown += ordered[1:_TITLE_RUNS]
            keys += [key for key in shown if self._is_stale(key)]
        return list(dict.fromkeys(keys))

    def unread(self, limit: int) -> list[RunKey]:
        """Return up to `limit` runs never read, the one written to last first."""
        return self._newest(limit, lambda run: run.head_stamp is None)

    def set_head_and_tail(self, key: RunKey, found: HeadAndTail | None) -> None:
        """Record the first and last rows of a run; None if they could not be read."""
        run = self.known(key)
        if run is None:
            return
        self._entries.pop(key[0], None)
        self._updated.add(key[0])
        run.head_stamp = found.stamp if found else run.stamp
        if found:
            # The file may have grown since the last change that was applied.
            # Without this, the growth would be a reason to read it again.
            self.apply({key: found.stamp})
            run.summary = summarize_run(found.head, found.tail)
            run.row_count = run.row_count if found.rows is None else found.rows
        else:
            self._unreadable.add(key)

    def set_row_count(self, key: RunKey, row_count: int) -> None:
        """Record the number of rows of a run."""
        if (run := self.known(key)) and run.row_count != row_count:
            run.row_count = row_count
            self._entries.pop(key[0], None)

    def without_metrics(self, runs: Iterable[RunKey]) -> list[RunKey]:
        """Return those of `runs` whose head and tail were read, but not all rows."""
        return [
            key
            for key in runs
            if (run := self.known(key))
            and run.head_stamp is not None
            and not run.rows_read
        ]

    def set_metrics(
        self, key: RunKey, metrics: RunMetrics | None, stamp: Stamp | None
    ) -> None:
        """Record the metrics of a whole run; None if it could not be read.

        `stamp` is that of the file that was read; None if there was none.
        """
        run = self.known(key)
        if run is None:
            return
        run.metrics_stamp = stamp or run.stamp
        # A change that was applied meanwhile is newer than the file that was read.
        if stamp and stamp.mtime_ns > run.stamp.mtime_ns:
            self.apply({key: stamp})
        run.metrics = metrics
        self._entries.pop(key[0], None)
        if metrics:
            run.row_count = metrics.rows
        else:
            self._unreadable.add(key)

    def set_cached(
        self, key: RunKey, summary: RunSummary, metrics: RunMetrics, stamp: Stamp
    ) -> None:
        """Record what was read of a whole run before, unless its file has changed."""
        if (run := self.known(key)) and run.stamp == stamp:
            run.summary, run.head_stamp = summary, stamp
            self._updated.add(key[0])
            self.set_metrics(key, metrics, stamp)

    def reread_metrics(self) -> None:
        """Have the metrics of all runs read again; those of before stay meanwhile."""
        for run in chain.from_iterable(map(dict.values, self._threads.values())):
            run.metrics_stamp = None

    def retry_unreadable(self) -> set[RunKey]:
        """Have runs read again that could not be read; return which these are."""
        keys, self._unreadable = self._unreadable, set()
        for run in filter(None, map(self.known, keys)):
            run.head_stamp = run.metrics_stamp = None
        return keys

    def newest_without_metrics(self, limit: int, max_size: int) -> list[RunKey]:
        """Return up to `limit` runs of which not all rows were read, the newest first.

        Runs that are growing, or of more than about `max_size` bytes, are left out.
        """
        return self._newest(
            limit,
            lambda run: (
                not run.rows_read and run.cost <= max_size and not self._is_growing(run)
            ),
        )

    def needs_row_count(self, key: RunKey) -> bool:
        """Return whether a run was read but was too long to count its rows."""
        run = self.known(key)
        return run is not None and run.head_stamp is not None and run.row_count is None

    def _newest(self, limit: int, wanted: Callable[[KnownRun], bool]) -> list[RunKey]:
        found = (
            (run.stamp.mtime_ns, thread_id, run_id)
            for thread_id, runs in self._threads.items()
            for run_id, run in runs.items()
            if wanted(run)
        )
        return [(thread_id, run_id) for _, thread_id, run_id in nlargest(limit, found)]

    def _runs(self, thread_id: str) -> list[tuple[str, KnownRun]]:
        runs = self._threads.get(thread_id, {}).items()
        if not self._hidden:
            return list(runs)
        return [each for each in runs if (thread_id, each[0]) not in self._hidden]

    def _is_stale(self, key: RunKey) -> bool:
        run = self.known(key)
        return run is not None and run.head_stamp != run.stamp

    def _is_growing(self, run: KnownRun) -> bool:
        return is_growing(run.grew_at, self._clock())

    def _run_entry(self, key: RunKey, run: KnownRun, title: str) -> RunEntry:
        summary = run.summary
        return RunEntry(
            key,
            text.one_line(summary.prompt or key[1]),
            run.head_stamp is not None,
            run.status(self._clock()),
            summary.started,
            summary.ended,
            run.row_count,
            run.size,
            run.metrics,
            title,
        )
