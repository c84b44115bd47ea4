"""A demo thread on disk: its folder, and its runs' files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from whitetail.demo.journal import EVERY, Batch, Journal, batches
from whitetail.demo.pace import Pace, usual
from whitetail.demo.story import Tale, Turn
from whitetail.demo.telling import Telling


class RunFile:
    """The file of a run, and what is still to be written to it."""

    def __init__(self, path: Path, journal: Journal, rest: Iterator[Batch]) -> None:
        self.path = path
        self.rest = rest
        """What will be written; `append` does it."""
        self._journal = journal

    def append(self, batch: Batch, began: float) -> None:
        """Write a batch at once; the run `began` at seconds since the epoch.

        The file is opened by its name, as DeerFlow does: one that was deleted comes
        back headless.

        Raises:
            FileNotFoundError: The folder is gone.

        """
        lines = self._journal.lines(self.path.stem, batch, began)
        with self.path.open("ab", buffering=0) as file:
            file.write(lines)

    def touch(self, when: float) -> None:
        """Make the file look last written at `when`, in seconds since the epoch."""
        os.utime(self.path, (when, when))


class ThreadFolder:
    """A thread's folder, to which runs are added in the order of the tale.

    Raises:
        FileNotFoundError: `threads` is gone.

    """

    def __init__(self, threads: Path, tale: Tale, seed: str) -> None:
        self.tale = tale
        self._telling = Telling(tale, seed)
        self._journal = Journal(self._telling.thread_id)
        self._runs = threads / self._telling.thread_id / "runs"
        self._runs.parent.mkdir()
        self._runs.mkdir()

    def begin(self, turn: Turn, pace: Pace = usual, every: int = EVERY) -> RunFile:
        """Return the next run's file, with nothing in it yet."""
        run_id, happenings = self._telling.run(turn, pace)
        rest = batches(happenings, every=every, died=turn.died)
        return RunFile(self._runs / f"{run_id}.jsonl", self._journal, rest)

    def tell(self, turn: Turn, began: float) -> float:
        """Write the next run as a whole; return when it ended."""
        run = self.begin(turn)
        end = began
        for batch in run.rest:
            run.append(batch, began)
            end = began + batch.at
        run.touch(end)
        return end
