"""`OpenThreads`: the threads that a store has used, and the calls that use them.

Keeps promises 9 (the event loop never waits) and 11 (waiting ends): calls run on the
store's own threads, and end at their deadline.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakSet

from whitetail_store.errors import LogChangedError, UnsettledFilesError
from whitetail_store.lock import ThreadLock
from whitetail_store.log import retry_on_change
from whitetail_store.paths import check_thread_id
from whitetail_store.thread import ThreadLog
from whitetail_store.turns import Promise, Turn, Turns
from whitetail_store.workers import READERS
from whitetail_store.writer import ThreadWriter

T = TypeVar("T")

# An index costs 20 bytes an event: the least recently used threads are dropped.
_MAX_CACHED_THREADS = 64

_all: WeakSet[OpenThreads] = WeakSet()


@dataclass(frozen=True, slots=True)
class OpenThread:
    """What a store has of a thread."""

    log: ThreadLog
    writer: ThreadWriter
    turns: Turns


class OpenThreads:
    """The threads that a store used last, each with its index and waiting calls."""

    def __init__(self, threads: Path, *, durable: bool, lock_timeout: float) -> None:
        """Use the threads in the folder `threads`; none is opened yet."""
        self._threads = threads
        self._durable = durable
        self._lock_timeout = lock_timeout
        self.shared: set[str] = set()
        """The ids of threads in which a writer without the lock was noticed."""
        self.reset()
        _all.add(self)

    def reset(self) -> None:
        """Forget all threads, as after a fork: another thread may hold their locks."""
        self._lock = Lock()
        self._open: OrderedDict[str, OpenThread] = OrderedDict()

    @property
    def unreadable(self) -> dict[Path, OSError]:
        """The files that the last reads of the cached threads could not read."""
        with self._lock:
            logs = [thread.log for thread in self._open.values()]
        return {path: error for log in logs for path, error in log.unreadable.items()}

    async def read(self, thread_id: str, read: Callable[[ThreadLog], T]) -> T:
        """Return the result of `read`, called again while files change under it.

        Raises:
            UnsettledFilesError: They changed during each attempt.

        """
        log = self._thread(thread_id).log
        promise: Promise[T] = Promise()
        deadline = time.monotonic() + self._lock_timeout

        def work() -> T:
            return self._retry(promise, lambda: read(log), deadline)

        READERS.submit(lambda: promise.fulfil(work))
        return await promise.result()

    def write(
        self,
        thread_id: str,
        write: Callable[[OpenThread, ThreadLock], T],
        *,
        prepare: Callable[[], object] | None = None,
        create: bool = True,
    ) -> Promise[T]:
        """Have `write` called with the lock of the thread held; promise its result.

        Calls on a thread are served in order. `prepare` is called without the lock,
        before. `write` is called again if it raises `LogChangedError`.

        The result raises:
            FileNotFoundError: There is no such thread, and `create` is false.
            LockTimeoutError: Another process held the lock for too long.
            UnsettledFilesError: Files changed during each attempt.

        """
        thread = self._thread(thread_id)

        def work(lock: ThreadLock, deadline: float) -> T:
            try:
                return write(thread, lock)
            except LogChangedError:
                return self._retry(turn, lambda: write(thread, lock), deadline)
            finally:
                if thread.writer.shared:
                    self.shared.add(thread_id)

        turn: Turn[T] = Turn(
            work, prepare=prepare, create=create, timeout=self._lock_timeout
        )
        thread.turns.add(turn)
        return turn

    def _retry(
        self, promise: Promise[Any], work: Callable[[], T], deadline: float
    ) -> T:
        def attempt() -> T:
            if promise.given_up:
                raise asyncio.CancelledError
            return work()

        try:
            return retry_on_change(attempt, deadline)
        except LogChangedError as error:
            raise UnsettledFilesError(error.path, self._lock_timeout) from error

    def _thread(self, thread_id: str) -> OpenThread:
        """Return a thread, which is now the one used last."""
        check_thread_id(thread_id)
        with self._lock:
            thread = self._open.get(thread_id)
            if thread is None:
                thread = self._open[thread_id] = self._new_thread(thread_id)
                self._drop_idle()
            self._open.move_to_end(thread_id)
            return thread

    def _new_thread(self, thread_id: str) -> OpenThread:
        log = ThreadLog(self._threads, thread_id)
        writer = ThreadWriter(self._threads, thread_id, durable=self._durable)
        turns = Turns(writer.lock_path, durable=self._durable)
        return OpenThread(log, writer, turns)

    def _drop_idle(self) -> None:
        """Drop the threads used least recently, except those with waiting calls."""
        excess = len(self._open) - _MAX_CACHED_THREADS
        idle = (name for name, thread in self._open.items() if thread.turns.idle)
        for name in [name for name, _ in zip(idle, range(excess), strict=False)]:
            del self._open[name]


def _reset_all() -> None:
    for threads in _all:
        threads.reset()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_all)
