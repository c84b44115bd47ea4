"""A folder of made-up runs to look at, with an agent at work in it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from whitetail.demo.folder import RunFile, ThreadFolder
from whitetail.demo.live import Agent, begin
from whitetail.demo.tales import FINISHED, LIVE

_SEEN = 12


@contextmanager
def demo_tree(*, live: bool = True, now: float | None = None) -> Iterator[Path]:
    """Yield a temporary `.deer-flow` with some threads, an agent at work in the newest.

    The same `now` (seconds since the epoch) gives the same bytes; without `live`,
    nothing is written after them. On leaving, the folder goes.

    Raises:
        OSError: The folder can't be made, or can't be removed.

    """
    began = time.monotonic()
    start = time.time() if now is None else now
    top = Path(tempfile.mkdtemp(prefix="whitetail-demo-"))
    try:
        root = top / ".deer-flow"
        threads = root / "threads"
        threads.mkdir(parents=True)
        for tale in FINISHED:
            folder = ThreadFolder(threads, tale, tale.title)
            end = start - tale.ago * 3_600
            for turn in tale.turns:
                end = folder.tell(turn, end + turn.after)
        newest = ThreadFolder(threads, LIVE, LIVE.title)
        run = _begun(newest, start)
        if not live:
            yield root
            return
        agent = Agent(threads, newest, run, lambda: start + time.monotonic() - began)
        agent.start()
        try:
            yield root
        finally:
            agent.stop()
    finally:
        _remove(top)


def _begun(newest: ThreadFolder, now: float) -> RunFile:
    """Return the run at work, with its first rows written, the last of them now."""
    first, second = LIVE.turns[:2]
    newest.tell(first, now - LIVE.ago * 3_600)
    run = begin(newest, second)
    rows = list(islice(run.rest, _SEEN))
    for row in rows:
        run.append(row, now - rows[-1].at)
    run.touch(now)
    return run


def _remove(top: Path) -> None:
    while top.exists():
        # Whoever looked at the folder may be deleting in it at the same time.
        with suppress(FileNotFoundError):
            shutil.rmtree(top)
