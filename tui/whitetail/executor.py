"""`DaemonExecutor`: threads that do not keep the program from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_MAX_THREADS = 8
"""Threads that read wait for the disk or for the interpreter: more are no help."""


class DaemonExecutor(ThreadPoolExecutor):
    """Runs work in daemon threads, which end with the process.

    As the default executor of an event loop it serves `asyncio.to_thread`. A thread
    that reads a long run, or waits for a disk that does not answer, would otherwise
    keep the program from ending. Work that must be finished belongs elsewhere.
    """

    def __init__(self) -> None:
        super().__init__(_MAX_THREADS)
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._thread_count = 0

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Run a function in a thread, and return its future."""
        future: Future[T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    result = fn(*args, **kwargs)
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(result)

        self._work.put(run)
        if not self._idle.acquire(blocking=False) and self._thread_count < _MAX_THREADS:
            self._thread_count += 1
            name = f"reading {self._thread_count}"
            threading.Thread(target=self._serve, name=name, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Return at once: nothing that runs here is waited for."""

    def _serve(self) -> None:
        while True:
            self._work.get()()
            self._idle.release()
