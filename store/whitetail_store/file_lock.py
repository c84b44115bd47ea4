"""Locks an open file against other processes, on each operating system."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    # Others cannot read locked bytes: lock one far behind the note.
    _LOCKED_BYTE = 1 << 30

    def lock_file(file: int, *, wait: bool = True) -> None:
        """Lock an open file until its descriptor is closed.

        Raises:
            BlockingIOError: Another holder has it, and `wait` is false.

        """
        while True:
            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            try:
                # LK_LOCK gives up after ten seconds.
                msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                return
            except OSError as error:
                if not wait:
                    raise BlockingIOError(*error.args) from error

    def unlock_file(file: int) -> None:
        """Unlock an open file."""
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def lock_file(file: int, *, wait: bool = True) -> None:
        """Lock an open file until its descriptor is closed.

        Raises:
            BlockingIOError: Another holder has it, and `wait` is false.

        """
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def unlock_file(file: int) -> None:
        """Unlock an open file."""
        # Closing the file does not unlock it while a forked child has a copy.
        fcntl.flock(file, fcntl.LOCK_UN)
