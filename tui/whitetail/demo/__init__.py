"""A temporary folder of made-up runs, with an agent at work in it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from whitetail.demo.folder import RunFile, ThreadFolder
from whitetail.demo.live import LiveAgent, start_live_run
from whitetail.demo.load import FINISHED, LIVE, load_scenario

_FIRST_BATCHES = 12
"""Batches of the live run that are written before the demo starts."""


@contextmanager
def demo_tree(*, live: bool = True, now: float | None = None) -> Iterator[Path]:
    """Yield a temporary `.deer-flow` folder with several threads.

    An agent goes on writing into the newest one, unless `live` is False. The same `now`
    (seconds since the epoch) gives the same bytes. The folder is removed at the end.

    Raises:
        OSError: The folder cannot be created or cannot be removed.

    """
    began = time.monotonic()
    start = time.time() if now is None else now
    top = Path(tempfile.mkdtemp(prefix="whitetail-demo-"))
    try:
        root = top / ".deer-flow"
        threads = root / "threads"
        threads.mkdir(parents=True)
        for name in FINISHED:
            _write_thread(threads, name, start)
        scenario = load_scenario(LIVE)
        newest = ThreadFolder(threads, scenario, scenario.title)
        run = _write_live_start(newest, start)
        if not live:
            yield root
            return
        agent = LiveAgent(
            threads, newest, run, lambda: start + time.monotonic() - began
        )
        agent.start()
        try:
            yield root
        finally:
            agent.stop()
    finally:
        _remove(top)


def _write_thread(threads: Path, name: str, now: float) -> None:
    """Write all runs of a scenario."""
    scenario = load_scenario(name)
    folder = ThreadFolder(threads, scenario, scenario.title)
    end = now - scenario.hours_ago * 3_600
    for turn in scenario.turns:
        end = folder.write_run(turn, end + turn.seconds_after)


def _write_live_start(newest: ThreadFolder, now: float) -> RunFile:
    """Write the first turn and the start of the second, whose last event is now.

    Returns:
        The second turn's run, with the other batches pending.

    """
    scenario = newest.scenario
    first, second = scenario.turns[:2]
    newest.write_run(first, now - scenario.hours_ago * 3_600)
    run = start_live_run(newest, second)
    written = list(islice(run.pending, _FIRST_BATCHES))
    run.append(written, now - written[-1].at)
    run.set_modified(now)
    return run


def _remove(top: Path) -> None:
    while top.exists():
        # The app may be deleting files in the folder at the same time.
        with suppress(FileNotFoundError):
            shutil.rmtree(top)
