"""Ends the process soon, whatever it waits for."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

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


def _end(restore: Callable[[], None]) -> None:
    try:
        restore()
    finally:
        os._exit(128 + signal.SIGTERM)
