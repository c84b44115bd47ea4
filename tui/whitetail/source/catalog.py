"""Every thread and run there is, and what is known of each so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from heapq import nlargest
from pathlib import Path

from whitetail.trace.run_summary import RunSummary, State, state, summarise
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.verdict.status import RunStatus
from whitetail.view import text
from whitetail.view.lists.entries import RunEntry, ThreadEntry
from whitetail_store import HeadAndTail, RunKey, Stamp, read_head_and_tail
from whitetail_store.paths import run_path

_GROWING = 20.0
_TITLES = 3
_FEW, _MANY = 16, 128


_NOTHING = RunSummary()


@dataclass(slots=True)
class _Run:
    """What is known of a run."""

    stamp: Stamp
    grew_at: float = 0.0
    read_stamp: Stamp | None = None
    """The file when its ends were last read."""
    summary: RunSummary = _NOTHING
    row_count: int | None = None
    measured_stamp: Stamp | None = None
    """The file when all of it was last read."""
    metrics: RunMetrics | None = None

    @property
    def last_event_time(self) -> float:
        """When its last event was written, as well as that is known."""
        ended = self.summary.ended
        return self.stamp.mtime_ns / 1e9 if ended is None else ended


class Catalog:
    """The tree as it was last seen, and the summaries that were read since.

    Nothing here touches a disk but `read`, which is for a thread of its own.
    """

    def __init__(self, threads: Path, clock: Callable[[], float]) -> None:
        """Know nothing yet. `now` tells the time, in seconds since the epoch."""
        self._threads_folder = threads
        self._clock = clock
        self._threads: dict[str, dict[str, _Run]] = {}
        self._hidden: set[RunKey] = set()
        self._entries: dict[str, ThreadEntry] = {}
        self._updated: set[str] = set()

    @property
    def thread_count(self) -> int:
        """How many threads have runs."""
        return len(self._threads)

    def apply(self, changes: Mapping[RunKey, Stamp | None]) -> bool:
        """Take in what the disk looks like now; return whether runs came or went."""
        moved = False
        for (thread_id, run_id), stamp in changes.items():
            self._entries.pop(thread_id, None)
            runs = self._threads.setdefault(thread_id, {})
            if stamp is None:
                moved |= runs.pop(run_id, None) is not None
            elif run := runs.get(run_id):
                if stamp.size > run.stamp.size:
                    run.grew_at = self._clock()
                    self._updated.add(thread_id)
                if stamp.size < run.stamp.size or stamp[:2] != run.stamp[:2]:
                    run.metrics = None
                run.stamp = stamp
            else:
                moved = True
                runs[run_id] = _Run(stamp)
            if not runs:
                self._threads.pop(thread_id)
        return moved

    def hide(self, keys: Iterable[RunKey]) -> None:
        """Leave runs out of the lists, since they are being deleted."""
        self._hidden.update(keys)
        self._entries.clear()

    def unhide(self, keys: Iterable[RunKey]) -> None:
        """Show runs again."""
        self._hidden.difference_update(keys)
        self._entries.clear()

    def path(self, key: RunKey) -> Path:
        """Return a run's file."""
        return run_path(self._threads_folder, *key)

    def run_keys(self, thread_id: str) -> list[RunKey]:
        """Return the runs of a thread, in any order."""
        return [(thread_id, run_id) for run_id, _ in self._runs(thread_id)]

    def size(self, key: RunKey) -> int:
        """Return how large a run's file is, in bytes."""
        run = self._run(key)
        return run.stamp.size if run else 0

    def state(self, key: RunKey) -> State:
        """Return how a run stands."""
        run = self._run(key)
        if run is None or (run.read_stamp is None and not self._is_growing(run)):
            return State.UNKNOWN
        return state(run.summary, growing=self._is_growing(run), now=self._clock())

    def thread_entries(self) -> list[ThreadEntry]:
        """Return the threads that have runs, the one written last first."""
        for thread_id in self._threads:
            entry = self._entries.get(thread_id)
            if entry is None or entry.live:
                self._entries[thread_id] = self._thread_entry(thread_id)
        shown = [entry for entry in self._entries.values() if entry.runs]
        shown.sort(key=lambda entry: (-(entry.time or 0), entry.key))
        return shown

    def run_entries(self, thread_id: str) -> list[RunEntry]:
        """Return a thread's runs, the one begun last first."""
        runs = sorted(self._runs(thread_id), key=_start_order, reverse=True)
        return [self._run_entry((thread_id, run_id), run) for run_id, run in runs]

    def runs_to_read(
        self, threads: Iterable[str], runs: Iterable[RunKey]
    ) -> list[RunKey]:
        """Return the runs to read so that some threads and runs can be shown."""
        keys = [key for key in runs if self._is_stale(key)]
        for thread_id in threads:
            ordered = [
                (thread_id, run_id)
                for run_id, _ in sorted(self._runs(thread_id), key=_start_order)
            ]
            ends = [*ordered[:1], *ordered[-1:]]
            if not self._title(thread_id):
                ends += ordered[1:_TITLES]
            keys += [key for key in ends if self._is_stale(key)]
        return list(dict.fromkeys(keys))

    def unread(self, limit: int) -> list[RunKey]:
        """Return runs that were never read, the one written last first."""
        unread = (
            (run.stamp.mtime_ns, thread_id, run_id)
            for thread_id, runs in self._threads.items()
            for run_id, run in runs.items()
            if run.read_stamp is None
        )
        newest = nlargest(limit, unread)
        return [(thread_id, run_id) for _, thread_id, run_id in newest]

    def read_head_and_tail(self, key: RunKey) -> HeadAndTail:
        """Read both ends of a run's file. Not for the event loop's thread.

        Raises:
            OSError: It may not be read, or is gone.

        """
        path = self.path(key)
        ends = read_head_and_tail(path)
        if summarise(ends.head).prompt or len(ends.head) < _FEW:
            return ends
        # The rows of subagents can stand before the prompt, a batch at a time.
        return read_head_and_tail(path, _MANY)

    def set_head_and_tail(self, key: RunKey, ends: HeadAndTail | None) -> None:
        """Take in what was read of a run; None if that could not be done."""
        run = self._run(key)
        if run is None:
            return
        self._entries.pop(key[0], None)
        self._updated.add(key[0])
        run.read_stamp = ends.stamp if ends else run.stamp
        if ends:
            # It may be newer than what was told so far: no reason to read it again.
            self.apply({key: ends.stamp})
            run.summary = summarise(ends.head, ends.tail)
            run.row_count = run.row_count if ends.rows is None else ends.rows

    def set_row_count(self, key: RunKey, rows: int) -> None:
        """Take in how many rows a run has."""
        if run := self._run(key):
            run.row_count = rows

    def unmeasured(self, runs: Iterable[RunKey]) -> list[RunKey]:
        """Return those of some runs whose ends are known, but not all they say now."""
        return [
            key
            for key in runs
            if (run := self._run(key))
            and run.read_stamp is not None
            and run.measured_stamp != run.stamp
        ]

    def set_metrics(
        self, key: RunKey, metrics: RunMetrics | None, stamp: Stamp | None
    ) -> None:
        """Take in what all of a run's file says; None if that could not be read."""
        run = self._run(key)
        if run is None:
            return
        run.measured_stamp = stamp or run.stamp
        # What was told meanwhile is newer than what was read.
        if stamp and stamp.mtime_ns > run.stamp.mtime_ns:
            self.apply({key: stamp})
        run.metrics = metrics
        if metrics:
            run.row_count = metrics.rows

    def needs_row_count(self, key: RunKey) -> bool:
        """Return whether a run was read but is too long for its rows to be known."""
        run = self._run(key)
        return run is not None and run.read_stamp is not None and run.row_count is None

    def _run(self, key: RunKey) -> _Run | None:
        return self._threads.get(key[0], {}).get(key[1])

    def _runs(self, thread_id: str) -> list[tuple[str, _Run]]:
        runs = self._threads.get(thread_id, {}).items()
        if not self._hidden:
            return list(runs)
        return [each for each in runs if (thread_id, each[0]) not in self._hidden]

    def _is_stale(self, key: RunKey) -> bool:
        run = self._run(key)
        return run is not None and run.read_stamp != run.stamp

    def _is_growing(self, run: _Run) -> bool:
        return self._clock() - run.grew_at < _GROWING

    def _title(self, thread_id: str) -> str:
        """Return the first title among a thread's runs, else the first prompt."""
        runs = [run for _, run in sorted(self._runs(thread_id), key=_start_order)]
        titles = (run.summary.title for run in runs)
        prompts = (run.summary.prompt for run in runs)
        return next(filter(None, titles), "") or next(filter(None, prompts), "")

    def _thread_entry(self, thread_id: str) -> ThreadEntry:
        if thread_id not in self._updated and not self._hidden:
            # So it is with thousands when the app starts.
            untouched = self._threads[thread_id].values()
            time = max([run.stamp.mtime_ns for run in untouched]) / 1e9
            return ThreadEntry(thread_id, thread_id, False, len(untouched), time, False)
        runs = self._runs(thread_id)
        if not runs:
            return ThreadEntry(thread_id, thread_id, False, 0, None, False)
        title = self._title(thread_id)
        states = [self.state((thread_id, run_id)) for run_id, _ in runs]
        newest = max(range(len(runs)), key=lambda at: _start_order(runs[at]))
        return ThreadEntry(
            thread_id,
            text.one_line(title or thread_id),
            bool(title) or all(run.read_stamp for _, run in runs),
            len(runs),
            max(run.last_event_time for _, run in runs),
            State.RUNNING in states,
            states[newest],
        )

    def _status(self, run: _Run, state: State) -> RunStatus | None:
        """Return how a run stands by all of its rows, unless its end is news."""
        if run.metrics is None:
            return None
        outlook = run.metrics.outlook
        over = state in (State.FINISHED, State.FAILED)
        if over and outlook.ended is None and run.measured_stamp != run.stamp:
            return None
        now = self._clock()
        # It may have grown before anybody looked.
        young = abs(now - run.stamp.mtime_ns / 1e9) < _GROWING
        return outlook.at(now, young or self._is_growing(run))

    def _run_entry(self, key: RunKey, run: _Run) -> RunEntry:
        summary, stands = run.summary, self.state(key)
        return RunEntry(
            key,
            text.one_line(summary.prompt or key[1]),
            run.read_stamp is not None,
            stands,
            summary.started,
            summary.ended,
            run.row_count,
            run.stamp.size,
            run.metrics,
            self._status(run, stands),
        )


def _start_order(each: tuple[str, _Run]) -> tuple[float, str]:
    run_id, run = each
    started = run.summary.started
    return run.last_event_time if started is None else started, run_id
