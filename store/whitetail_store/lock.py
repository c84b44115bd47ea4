"""A lock between processes, and the note that its file keeps for the next writer.

Keeps promise 7: no seq is given twice, and writers without the lock are noticed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from whitetail_store.files import OPEN_FLAGS, read

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

    def _unlock(file: int) -> None:
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

    def _unlock(file: int) -> None:
        # Closing the file does not unlock it while a forked child has a copy.
        fcntl.flock(file, fcntl.LOCK_UN)


LOCK_NAME = ".whitetail.lock"
"""The lock file in a thread's `runs` folder. Its suffix is not that of a run."""
_NOTE_BYTES = 64


class LockNote(NamedTuple):
    """The state of a thread as the last writer with the lock left it.

    The writer notes a range of sizes before it writes, which is true even if it is
    killed, and the exact size afterwards.
    """

    seq: int
    """The highest seq that was given, or was about to be given."""
    min_size: int
    """The least size of all run files of the thread, in bytes."""
    max_size: int
    """Their greatest size, in bytes; below `min_size` if the size is unknown."""

    @property
    def size_known(self) -> bool:
        """Whether the size of the run files was known."""
        return self.min_size <= self.max_size

    def fits(self, size: int) -> bool:
        """Return whether run files of `size` bytes can be as the writer left them."""
        return self.min_size <= size <= self.max_size


UNKNOWN_SIZE = LockNote(0, 1, 0)
"""The note of a thread whose runs were added or removed without being read."""


class ThreadLock:
    """A lock that is held, with access to its note."""

    def __init__(self, path: Path, file: int) -> None:
        """Wrap `file`, the open and locked descriptor of the lock file at `path`."""
        self._path = path
        self._file = file

    def read_note(self) -> LockNote | None:
        """Return the note; None if there is none or it is malformed."""
        words = read(self._file, 0, _NOTE_BYTES).split()
        if len(words) == 3 and all(word.isdigit() for word in words):
            return LockNote(*map(int, words))
        return None

    def write_note(self, note: LockNote, *, durable: bool = False) -> None:
        """Replace the note.

        Raises:
            OSError: The write failed.

        """
        line = b"%d %d %d" % note
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, line.ljust(_NOTE_BYTES - 1) + b"\n")
        if durable:
            os.fsync(self._file)

    def narrow_note(self, note: LockNote) -> None:
        """Replace the note by one with a narrower range of sizes.

        An error is ignored: the old note is still true, and the events are written.
        """
        with suppress(OSError):
            self.write_note(note)

    def forget_size(self) -> None:
        """Mark the size as unknown, since runs are added or removed unread.

        Raises:
            OSError: The write failed.

        """
        note = self.read_note()
        if note is not None:
            self.write_note(UNKNOWN_SIZE._replace(seq=note.seq))

    def remove(self) -> None:
        """Remove the lock file. The next `seq` of the thread is then 1."""
        self.write_note(UNKNOWN_SIZE)
        # Windows cannot remove an open file; the note has the same effect.
        with suppress(PermissionError):
            self._path.unlink(missing_ok=True)


@contextmanager
def thread_lock(path: Path, *, create: bool = True) -> Iterator[ThreadLock]:
    """Hold the lock whose file is `path`; wait for it without a limit.

    Only one holder in all processes has it. The lock ends with its process, however
    that ends. A lock file without a note is removed, so deletes leave no new file.

    Raises:
        FileNotFoundError: The folder is missing, and `create` is false.
        OSError: The lock file cannot be opened for writing.

    """
    while True:
        file = _open(path, create=create)
        try:
            lock_file(file)
            # If not, the folder was removed while this process waited.
            if _is_same_file(file, path):
                try:
                    yield ThreadLock(path, file)
                finally:
                    if os.fstat(file).st_size == 0:
                        with suppress(PermissionError):
                            path.unlink(missing_ok=True)
                    _unlock(file)
                return
        finally:
            os.close(file)


def _open(path: Path, *, create: bool) -> int:
    flags = os.O_RDWR | os.O_CREAT | OPEN_FLAGS
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        if not create:
            raise
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o666)


def _is_same_file(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.lstat(path))
    except FileNotFoundError:
        return False
