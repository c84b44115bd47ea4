"""The agent at work in the newest thread of the demo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread

from whitetail.demo.folder import RunFile, ThreadFolder
from whitetail.demo.scenario import Turn
from whitetail.demo.speed import watchable

_MAX_GAP_S = 1.2
"""Longest wait between two events; two durations can add up to 2.4 s."""
_PAUSE_S = 3.0
"""Wait between two runs."""


def start_live_run(folder: ThreadFolder, turn: Turn) -> RunFile:
    """Return the file of a run that is written event by event, fast enough to watch."""
    return folder.start_run(turn, watchable, flush_events=1)


class LiveAgent(Thread):
    """A thread that writes one event after the other until it is stopped.

    It finishes `run`, the second turn of the scenario, adds the other turns in the same
    folder, and then repeats the whole scenario in new folders. It stops by itself when
    its folder is removed.
    """

    def __init__(
        self,
        threads: Path,
        folder: ThreadFolder,
        run: RunFile,
        clock: Callable[[], float],
        max_gap_s: float = _MAX_GAP_S,
        pause_s: float = _PAUSE_S,
    ) -> None:
        super().__init__(name="whitetail-demo", daemon=True)
        self._threads = threads
        self._folder = folder
        self._run = run
        self._clock = clock
        self._max_gap_s = max_gap_s
        self._pause_s = pause_s
        self._stopped = Event()

    def stop(self) -> None:
        """Stop before the next event and wait until the thread has ended."""
        self._stopped.set()
        self.join()

    def run(self) -> None:
        """Write until stopped, or until a file cannot be written."""
        # The folder was deleted or the disk is full. No more events are needed then.
        with suppress(OSError):
            for run in self._runs():
                if self._finish(run) or self._stopped.wait(self._pause_s):
                    return

    def _runs(self) -> Iterator[RunFile]:
        yield self._run
        scenario = self._folder.scenario
        for turn in scenario.turns[2:]:
            yield start_live_run(self._folder, turn)
        for number in count(1):
            seed = f"{scenario.title} {number}"
            folder = ThreadFolder(self._threads, scenario, seed)
            for turn in scenario.turns:
                yield start_live_run(folder, turn)

    def _finish(self, run: RunFile) -> bool:
        """Write the pending batches; return whether the agent was stopped first."""
        previous: float | None = None
        for batch in run.pending:
            gap = 0.0 if previous is None else batch.at - previous
            if self._stopped.wait(min(gap, self._max_gap_s)):
                return True
            run.append([batch], self._clock() - batch.at)
            previous = batch.at
        return False
