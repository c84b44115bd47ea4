"""Hands the changes of runs from the thread that finds them to an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from whitetail_store.paths import RunKey, Stamp


@dataclass(frozen=True, slots=True)
class Changes:
    """The runs that changed since the last item, and the state of the watch."""

    runs: Mapping[RunKey, Stamp | None]
    """The new stamp of each run that changed; None if its file is gone."""
    status: str
    """How changes are found, for the status line."""
    problems: tuple[str, ...]
    """What cannot be read or watched at present, one sentence each."""
    first: bool = False
    """Whether `runs` lists every run: the first sweep was completed."""


class ChangeQueue:
    """Yields changes as an asynchronous iterator, to one reader.

    Changes that are not read in time are merged; the newest stamp of a run counts.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        """Set once it was closed: no more changes are wanted."""
        self._lock = threading.Lock()
        self._pending: Changes | None = None
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()
        self._first_published = threading.Event()

    def publish(self, changes: Changes) -> None:
        """Add changes, from any thread."""
        with self._lock:
            if (before := self._pending) is not None:
                runs = {**before.runs, **changes.runs}
                first = before.first or changes.first
                changes = Changes(runs, changes.status, changes.problems, first)
            self._pending = changes
        self._wake()

    def fail(self, error: BaseException) -> None:
        """Raise an error to the reader, instead of further changes."""
        self._error = error
        self._wake()

    def close(self) -> None:
        """End the iterator."""
        self.stop.set()
        self._wake()

    def wait_for_first(self) -> Changes | None:
        """Wait for the first changes and return them. Needs no event loop.

        None if it was closed or failed before.
        """
        self._first_published.wait()
        with self._lock:
            changes, self._pending = self._pending, None
        return changes

    def __aiter__(self) -> Self:
        """Return itself: only one reader gets the changes."""
        return self

    async def __anext__(self) -> Changes:
        """Return the changes since the last item, as soon as there are any.

        Raises:
            StopAsyncIteration: It was closed.
            BaseException: What `fail` was called with.

        """
        self._loop = asyncio.get_running_loop()
        while True:
            self._ready.clear()
            with self._lock:
                changes, self._pending = self._pending, None
            if self.stop.is_set() and self._error is None:
                raise StopAsyncIteration
            if changes is not None:
                return changes
            if self._error is not None:
                raise self._error
            await self._ready.wait()

    def _wake(self) -> None:
        self._first_published.set()
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._ready.set)
            except RuntimeError:
                # The loop is closed, so that no reader is left.
                self.stop.set()
