"""An agent at work: writes one run after the other into the newest thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread

from whitetail.demo.folder import RunFile, ThreadFolder
from whitetail.demo.pace import hurried
from whitetail.demo.story import Turn

_LONGEST = 1.2
_PAUSE = 3.0


def begin(folder: ThreadFolder, turn: Turn) -> RunFile:
    """Return the file of a run that is written row by row, at a pace to watch."""
    return folder.begin(turn, hurried, every=1)


class Agent(Thread):
    """Writes what happens next, event by event, until it is stopped.

    It goes on with `run`, the tale's second turn, then tells the other turns in the
    same folder and the whole tale again in new ones. When its folder is gone, it stops.
    """

    def __init__(
        self,
        threads: Path,
        folder: ThreadFolder,
        run: RunFile,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(name="whitetail-demo", daemon=True)
        self._threads = threads
        self._folder = folder
        self._run = run
        self._clock = clock
        self._stopped = Event()

    def stop(self) -> None:
        """Stop before the next event, and return when that is so."""
        self._stopped.set()
        self.join()

    def run(self) -> None:
        """Write until stopped, or until there is nowhere to write."""
        # A folder that was deleted, a disk that is full: a demo has nobody to tell.
        with suppress(OSError):
            for run in self._runs():
                if self._finish(run) or self._stopped.wait(_PAUSE):
                    return

    def _runs(self) -> Iterator[RunFile]:
        yield self._run
        tale = self._folder.tale
        for turn in tale.turns[2:]:
            yield begin(self._folder, turn)
        for number in count(1):
            folder = ThreadFolder(self._threads, tale, f"{tale.title} {number}")
            for turn in tale.turns:
                yield begin(folder, turn)

    def _finish(self, run: RunFile) -> bool:
        """Write the rest of a run; return whether it was stopped before the end."""
        at: float | None = None
        for batch in run.rest:
            gap = 0.0 if at is None else min(batch.at - at, _LONGEST)
            if self._stopped.wait(gap):
                return True
            run.append(batch, self._clock() - batch.at)
            at = batch.at
        return False
