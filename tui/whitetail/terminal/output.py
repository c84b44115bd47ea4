"""`TerminalOutput`: writes to a terminal that may disappear."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress

_WAIT_S = 0.1
"""How long to wait for room before looking whether the output is discarded."""


class TerminalOutput:
    """Writes text to a terminal as UTF-8, whatever the locale is.

    If the terminal is gone, `lost` is called and everything is discarded. A writer that
    ended with an error would leave its queue full, and the event loop waiting for room.
    """

    def __init__(self, file: int, lost: Callable[[], None]) -> None:
        """Write to the open descriptor `file`."""
        self._descriptor = file
        self._lost = lost
        self._discarding = False

    def write(self, text: str) -> None:
        """Write a text; wait until the terminal has accepted it."""
        data = memoryview(text.encode("utf-8", "replace"))
        while data and not self._discarding:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                # Another program has left the terminal in non-blocking mode.
                select.select([], [self._descriptor], [], _WAIT_S)
            except OSError:
                self.discard()
                self._lost()

    def write_now(self, text: str) -> None:
        """Write a short text if the terminal accepts it at once."""
        if sys.platform == "win32":
            return
        flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK
        # Other programs share the descriptor, so its own flags must stay.
        with suppress(OSError):
            file = os.open(os.ttyname(self._descriptor), flags)
            try:
                os.write(file, text.encode())
            finally:
                os.close(file)

    def flush(self) -> None:
        """Do nothing: `write` keeps nothing back."""

    def fileno(self) -> int:
        """Return the descriptor of the terminal."""
        return self._descriptor

    def discard(self) -> None:
        """Write nothing any more."""
        self._discarding = True
