"""`Workers`: the store's own threads, apart from the default pool of the program.

Keeps promises 9 (the event loop never waits) and 11 (waiting ends): no thread waits
for a lock, so a stopped process delays the calls on its own thread only.
"""

from __future__ import annotations

import atexit
import heapq
import os
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue

Job = Callable[[], Callable[[], object] | None]
"""Work for a worker. It reports its own errors, and never waits for a lock.

It returns a function that is called when the worker is free again, or None: a caller
that is woken too early finds no idle worker.
"""

# The work is short or waits for the disk; a file system that hangs blocks as many.
_MAX_WORKERS = 8
_MAX_EXIT_WAIT_S = 5.0


class Workers:
    """A few threads that run jobs, started when they are needed.

    They end with the program, which waits only for jobs that have begun.
    """

    def __init__(self, name: str) -> None:
        """Create workers without threads; `name` is that of the threads."""
        self._name = name
        self.reset()

    def reset(self) -> None:
        """Forget all threads and jobs, as after a fork: a child has no threads."""
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        # Entering the mutex is half the cost of entering the condition.
        self._mutex = threading.Lock()
        self._changed = threading.Condition(self._mutex)
        self._workers = self._idle = 0

    def submit(self, job: Job) -> None:
        """Have a thread run a job, as soon as one is free."""
        with self._mutex:
            # Jobs that no thread has fetched yet count as those of idle threads.
            self._idle -= 1
            if self._idle < 0 and self._workers < _MAX_WORKERS:
                self._workers += 1
                self._idle += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        self._jobs.put(job)

    def finish(self) -> None:
        """Wait until no job is running or waiting, for a few seconds at most."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._idle >= self._workers, _MAX_EXIT_WAIT_S
            )

    def _run(self) -> None:
        jobs, mutex, changed = self._jobs, self._mutex, self._changed
        while True:
            report = jobs.get()()
            with mutex:
                self._idle += 1
                if self._idle >= self._workers:
                    changed.notify_all()
            if report is not None:
                report()


class Timer:
    """Calls functions after a pause, in a thread of its own."""

    def __init__(self) -> None:
        """Create a timer without a thread."""
        self.reset()

    def reset(self) -> None:
        """Forget all calls, as after a fork."""
        self._changed = threading.Condition()
        self._calls: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()
        self._started = False

    def call_after(self, pause_s: float, call: Callable[[], object]) -> None:
        """Call a short function after a pause, in seconds."""
        entry = (time.monotonic() + pause_s, next(self._numbers), call)
        with self._changed:
            heapq.heappush(self._calls, entry)
            self._changed.notify()
            if not self._started:
                self._started = True
                threading.Thread(
                    target=self._run, name="whitetail-timer", daemon=True
                ).start()

    def _run(self) -> None:
        changed, calls = self._changed, self._calls
        while True:
            with changed:
                while not calls or calls[0][0] > time.monotonic():
                    changed.wait(calls[0][0] - time.monotonic() if calls else None)
                _, _, call = heapq.heappop(calls)
            call()


READERS = Workers("whitetail-reader")
"""Run the methods that read."""
WRITERS = Workers("whitetail-writer")
"""Run the methods that write: a reader of a large file does not delay them."""
TIMER = Timer()
"""Repeats the attempts to get a lock that another process holds."""


def _reset_all() -> None:
    for each in (READERS, WRITERS, TIMER):
        each.reset()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_all)
atexit.register(WRITERS.finish)
