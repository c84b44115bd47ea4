"""Ends the process soon, whatever it waits for."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable

_GRACE_S = 1.5
"""How long the program may need to end by itself, and finish what it has begun."""

_ending = threading.Lock()


def end_soon(restore: Callable[[], None]) -> None:
    """End the process after a moment, if it has not ended by then.

    A thread that waits for the terminal, or for a disk that does not answer, would keep
    it running. `restore` is called before the end, and must not wait.
    """
    if _ending.acquire(blocking=False):
        timer = threading.Timer(_GRACE_S, _end, (restore,))
        timer.daemon = True
        timer.start()


def on_signals(numbers: Iterable[int], call: Callable[[int], None]) -> None:
    """Have a thread of its own call a function when one of these signals comes.

    Python runs handlers of signals in the main thread, between two instructions. If
    that thread waits for a lock, for example for room in the queue of the terminal, a
    signal that comes just before the wait is not noticed until it ends.
    """
    wanted = frozenset(numbers)
    reader, writer = os.pipe()
    if sys.platform != "win32":
        os.set_blocking(writer, False)
    for number in wanted:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def watch() -> None:
        while True:
            for number in wanted.intersection(os.read(reader, 64)):
                call(number)

    threading.Thread(target=watch, name="signals", daemon=True).start()


def _end(restore: Callable[[], None]) -> None:
    try:
        restore()
    finally:
        os._exit(128 + signal.SIGTERM)
