"""A lock between processes, and what they leave for each other in its file."""

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

    # A lock there keeps others from reading what it covers: far behind the note.
    _FAR = 1 << 30

    def lock(file: int, *, wait: bool = True) -> None:
        """Lock an open file for this descriptor, and until it is closed.

        Raises:
            BlockingIOError: Somebody else has it, and `wait` is false.

        """
        while True:
            os.lseek(file, _FAR, os.SEEK_SET)
            try:
                # This one gives up after ten seconds.
                msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                return
            except OSError as error:
                if not wait:
                    raise BlockingIOError(*error.args) from error

    def _unlock(file: int) -> None:
        os.lseek(file, _FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def lock(file: int, *, wait: bool = True) -> None:
        """Lock an open file for this descriptor, and until it is closed.

        Raises:
            BlockingIOError: Somebody else has it, and `wait` is false.

        """
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def _unlock(file: int) -> None:
        # By name: closing is not enough while a forked child has a copy.
        fcntl.flock(file, fcntl.LOCK_UN)


LOCK_NAME = ".whitetail.lock"
"""The lock's file in a thread's `runs` folder. No reader takes it for a run."""
_NOTE_BYTES = 64


class LockNote(NamedTuple):
    """What the last writer of ours noted of a thread.

    It notes a range of sizes before it writes, which holds whatever becomes of it,
    and the exact size afterwards.
    """

    seq: int
    """The highest number that was given, or was about to be."""
    min_size: int
    """How many bytes the thread's runs have at least."""
    max_size: int
    """How many they have at most."""

    @property
    def size_known(self) -> bool:
        """Whether the note tells how many bytes the runs have."""
        return self.min_size <= self.max_size

    def fits(self, size: int) -> bool:
        """Tell whether runs of this size are as the writer left them."""
        return self.min_size <= size <= self.max_size


UNKNOWN_SIZE = LockNote(0, 1, 0)
"""What to note when runs come or go that were not looked into."""


class ThreadLock:
    """A folder's lock, held."""

    def __init__(self, path: Path, file: int) -> None:
        """Take a lock's file, open and locked."""
        self._path = path
        self._file = file

    def read_note(self) -> LockNote | None:
        """Return the note; None if there is none that can be understood."""
        words = read(self._file, 0, _NOTE_BYTES).split()
        if len(words) == 3 and all(word.isdigit() for word in words):
            return LockNote(*map(int, words))
        return None

    def write_note(self, note: LockNote, *, durable: bool = False) -> None:
        """Put another note in place of the last.

        Raises:
            OSError: It could not be written.

        """
        line = b"%d %d %d" % note
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, line.ljust(_NOTE_BYTES - 1) + b"\n")
        if durable:
            os.fsync(self._file)

    def narrow_note(self, note: LockNote) -> None:
        """Replace the note by one with a narrower range, if that is possible.

        An error is not raised: the wider note stays true, and the work is done.
        """
        with suppress(OSError):
            self.write_note(note)

    def forget_size(self) -> None:
        """Note that runs come or go which nobody has looked into.

        Raises:
            OSError: It could not be written.

        """
        note = self.read_note()
        if note is not None:
            self.write_note(UNKNOWN_SIZE._replace(seq=note.seq))

    def remove(self) -> None:
        """Remove the file, after which numbers begin anew; others make another."""
        self.write_note(UNKNOWN_SIZE)
        # Windows removes no open file; the note does as well.
        with suppress(PermissionError):
            self._path.unlink(missing_ok=True)


@contextmanager
def thread_lock(path: Path, *, create: bool = True) -> Iterator[ThreadLock]:
    """Hold a lock by its file, which only one at a time can, in whatever process.

    Waits for it. The lock goes with its process, however that ends; its file goes
    when it holds no note, so that who only deletes leaves nothing behind.

    Raises:
        FileNotFoundError: The folder is not there and was not to be created.
        OSError: The lock's file may not be written.

    """
    while True:
        file = _open(path, create=create)
        try:
            lock(file)
            # Else its folder was removed while this one waited.
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
