"""Helpers for tests that watch runs: writing them, and waiting until they are seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source.change_queue import Changes
from whitetail.source.notifier import NotifyBackend, start_backend
from whitetail.source.run_files import TreeFiles
from whitetail.source.watcher import Watcher
from whitetail_store.paths import RunKey, Stamp, run_path, stamp

NO_SWEEPS_S = 3600.0
"""An interval so long that no second sweep comes during a test."""


class Recorder:
    """Records all changes that a watcher yields."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.runs: dict[RunKey, Stamp | None] = {}
        """The last stamp of each run; None if its file is gone."""
        self.items: list[Changes] = []

    @property
    def last(self) -> Changes:
        return self.items[-1]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Record changes until a condition is true."""
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            while not condition():
                changes = await anext(self.watcher.queue)
                self.items.append(changes)
                self.runs.update(changes.runs)

    async def until_seen(self, path: Path) -> None:
        """Record changes until the last stamp of a run is that of its file."""
        key = path.parent.parent.name, path.stem
        await self.until(lambda: self.runs.get(key) == stamp(path))


@asynccontextmanager
async def watching(
    threads: Path,
    *,
    notifications: bool = True,
    backend_factory: Callable[[list[str], bool], NotifyBackend] = start_backend,
    interval_s: float = 0.1,
) -> AsyncIterator[Recorder]:
    """Watch a folder; the recorder has the first listing."""
    watcher = Watcher(
        TreeFiles(threads),
        notifications=notifications,
        backend_factory=backend_factory,
        interval_s=interval_s,
    )
    recorder = Recorder(watcher)
    watcher.start()
    try:
        await recorder.until(lambda: bool(recorder.items))
        yield recorder
    finally:
        watcher.close()


@asynccontextmanager
async def watching_by_events(threads: Path) -> AsyncIterator[Recorder]:
    """Watch a folder by file events alone, without further sweeps."""
    async with watching(threads, interval_s=NO_SWEEPS_S) as recorder:
        await recorder.until(lambda: "scanning every" not in recorder.last.status)
        yield recorder


def append(threads: Path, thread_id: str, run_id: str, text: str = "{}\n") -> Path:
    """Append to a run's file, which need not exist, and return its path."""
    path = run_path(threads, thread_id, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)
    return path
