"""`Turns`: serves the calls that write to a thread in the order of the calls.

Keeps promise 11: waiting ends.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from whitetail_store.errors import LockTimeoutError
from whitetail_store.lock import (
    FIRST_PAUSE_S,
    MAX_PAUSE_S,
    ThreadLock,
    try_thread_lock,
)
from whitetail_store.workers import TIMER, WRITERS

T = TypeVar("T")

# Then calls on other threads have their turn, if no worker is free.
_TURNS_IN_A_ROW = 20


class Promise(Generic[T]):
    """A future of an event loop, which any thread may fulfil."""

    def __init__(self) -> None:
        """Create a promise for the running loop."""
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[T] = self._loop.create_future()
        self.given_up = False
        """Whether no caller waits for the result any more."""

    async def result(self) -> T:
        """Return the result, or raise the error, once there is one."""
        try:
            return await self._future
        finally:
            self.given_up = True

    def fulfil(self, work: Callable[[], T]) -> Callable[[], None]:
        """Return a function that sets the result to that of `work`, or to its error.

        `work` is called now.
        """
        try:
            return partial(self._call, self._future.set_result, work())
        except BaseException as error:
            return self.failed(error)

    def failed(self, error: BaseException) -> Callable[[], None]:
        """Return a function that sets the result to an error."""
        return partial(self._call, self._future.set_exception, error)

    def _call(self, function: Callable[[Any], None], value: object) -> None:
        # The loop is closed: no caller waits for the result.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._set, function, value)

    def _set(self, function: Callable[[Any], None], value: object) -> None:
        if not self._future.done():
            function(value)


class Turn(Promise[T]):
    """A call that waits for its turn and for the lock between processes."""

    def __init__(
        self,
        work: Callable[[ThreadLock, float], T],
        *,
        prepare: Callable[[], object] | None = None,
        create: bool = True,
        timeout: float,
    ) -> None:
        """Create a turn of the running loop.

        `work` is called with the lock, which it holds meanwhile, and the deadline by
        `time.monotonic`. `prepare` is called before without the lock. `create`: the
        folder of the runs is created if it is missing.
        """
        super().__init__()
        self.work = work
        self.prepare = prepare
        self.create = create
        self.timeout = timeout
        self.deadline = time.monotonic() + timeout


class Turns:
    """The calls on one thread that wait for the lock, the first one first.

    One at a time is served, by a worker. If another process holds the lock, the
    attempt is repeated after a pause, in which no worker waits.
    """

    def __init__(self, lock_path: Path, *, durable: bool = False) -> None:
        """Serve calls that need the lock whose file is `lock_path`."""
        self._lock_path = lock_path
        self._durable = durable
        self._waiting: deque[Turn[Any]] = deque()
        self._mutex = threading.Lock()
        self._pause = FIRST_PAUSE_S
        self._lock: ThreadLock | None = None

    @property
    def idle(self) -> bool:
        """Whether no call is served or waits."""
        return not self._waiting

    def add(self, turn: Turn[Any]) -> None:
        """Serve a call after all that were added before."""
        with self._mutex:
            self._waiting.append(turn)
            if len(self._waiting) > 1:
                return
        WRITERS.submit(self._serve)

    def __del__(self) -> None:
        if self._lock is not None:
            self._lock.close()

    def _serve(self) -> Callable[[], None] | None:
        """Serve the first calls; if the lock is not free, try again later.

        Returns the function that reports the result of the last one.
        """
        for _ in range(_TURNS_IN_A_ROW):
            turn = self._waiting[0]
            report = None if turn.given_up else self._attempt(turn)
            if report is None and not turn.given_up:
                TIMER.call_after(self._pause, lambda: WRITERS.submit(self._serve))
                self._pause = min(self._pause * 2, MAX_PAUSE_S)
                return None
            self._pause = FIRST_PAUSE_S
            with self._mutex:
                self._waiting.popleft()
                more = bool(self._waiting)
            if not more:
                return report
            if report is not None:
                report()
        WRITERS.submit(self._serve)
        return None

    def _attempt(self, turn: Turn[Any]) -> Callable[[], None] | None:
        """Serve a call if the lock is free or its time is over.

        Returns the function that reports the result; None if the lock is not free.
        """
        try:
            if turn.prepare is not None:
                turn.prepare()
                turn.prepare = None
            kept, self._lock = self._lock, None
            lock = try_thread_lock(
                self._lock_path, create=turn.create, durable=self._durable, kept=kept
            )
            if lock is None:
                if time.monotonic() < turn.deadline:
                    return None
                raise LockTimeoutError(self._lock_path, turn.timeout)
        except BaseException as error:
            return turn.failed(error)
        return turn.fulfil(partial(self._work, turn, lock))

    def _work(self, turn: Turn[T], lock: ThreadLock) -> T:
        try:
            return turn.work(lock, turn.deadline)
        finally:
            if lock.release(keep_open=True):
                self._lock = lock
