"""A demo thread on disk: its folder and the files of its runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from whitetail.demo.journal import FLUSH_EVENTS, Batch, Journal, split_into_batches
from whitetail.demo.scenario import Scenario, Turn
from whitetail.demo.speed import Speed, realistic
from whitetail.demo.writer import Writer


class RunFile:
    """The file of a run, with the batches that are not written yet."""

    def __init__(self, path: Path, journal: Journal, pending: Iterator[Batch]) -> None:
        self.path = path
        self.pending = pending
        """The batches to `append`, in order."""
        self._journal = journal

    def append(self, batches: Iterable[Batch], start: float) -> None:
        """Write batches at once. The run began at `start`, in seconds since the epoch.

        Each write opens the file by its name, as DeerFlow does: a file that was
        deleted appears again, without its first events.

        Raises:
            FileNotFoundError: The folder was removed.

        """
        lines = self._journal.encode(self.path.stem, batches, start)
        with self.path.open("ab", buffering=0) as file:
            file.write(lines)

    def set_modified(self, at: float) -> None:
        """Set the file's time of modification, in seconds since the epoch."""
        os.utime(self.path, (at, at))


class ThreadFolder:
    """The folder of a thread, to which runs are added in the scenario's order.

    The same seed gives the same ids and durations.

    Raises:
        FileNotFoundError: `threads` was removed.

    """

    def __init__(self, threads: Path, scenario: Scenario, seed: str) -> None:
        self.scenario = scenario
        self._writer = Writer(scenario, seed)
        self._journal = Journal(self._writer.thread_id)
        self._runs = threads / self._writer.thread_id / "runs"
        self._runs.parent.mkdir()
        self._runs.mkdir()

    def start_run(
        self, turn: Turn, speed: Speed = realistic, flush_events: int = FLUSH_EVENTS
    ) -> RunFile:
        """Return the next run's file, with all batches pending."""
        run_id, events = self._writer.write(turn, speed)
        pending = split_into_batches(
            events, flush_events=flush_events, process_died=turn.process_died
        )
        return RunFile(self._runs / f"{run_id}.jsonl", self._journal, pending)

    def write_run(self, turn: Turn, start: float) -> float:
        """Write the whole next run and return its end, in seconds since the epoch."""
        run = self.start_run(turn)
        batches = list(run.pending)
        end = start + batches[-1].at
        run.append(batches, start)
        run.set_modified(end)
        return end
