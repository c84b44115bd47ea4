"""A lock between processes, in whose file a note for the next writer is kept.

Keeps promises 7 (several processes write one thread) and 11 (waiting ends).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from whitetail_store.errors import LockTimeoutError, LockUnsupportedError
from whitetail_store.file_lock import lock_file, unlock_file
from whitetail_store.files import OPEN_FLAGS, give_owner_of, make_folder, read, write
from whitetail_store.note import SLOT_BYTES, Note, newest, slot_of, slot_size
from whitetail_store.paths import Stamp, check_folder

LOCK_NAME = ".whitetail.lock"
"""The lock file in a thread's `runs` folder. Its suffix is not that of a run."""
LOCK_TIMEOUT_S = 30.0
"""How long a call waits for the lock of another process, unless the caller decides."""
FIRST_PAUSE_S, MAX_PAUSE_S = 0.001, 0.05
"""The pause after the first attempt to get a lock; each is twice as long as the last,
up to the second value."""
# Most notes are shorter.
_FIRST_READ_BYTES = 256
_MAX_ATTEMPTS = 16
"""How often a folder is made that other programs remove at once."""
_SLOT_STARTS = (0, SLOT_BYTES)
# Windows cannot remove an open file, nor its folder.
_CAN_KEEP_OPEN = sys.platform != "win32"
_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}

# The locks that this process holds or tries to get. The guard is held while a lock
# file is opened or closed, and during a fork: the child then knows which to close.
_open_locks: set[ThreadLock] = set()
# Re-entrant, since the garbage collector closes lock files, too, at any moment.
_guard = threading.RLock()


class ThreadLock:
    """The lock of a thread, with access to its note.

    Closed in a forked child: a lock ends with the process that got it.
    """

    def __init__(self, path: Path, file: int) -> None:
        """Wrap `file`, the open descriptor of the lock file at `path`."""
        self.path = path
        self._file: int | None = file
        self.written_ns = 0
        """The time of a write to the file before the lock was acquired.

        It is by the clock of the file system. Not earlier than the last change of the
        folder, if that was some ticks ago.
        """
        self._folder = path.parent
        # Of the folder: its stamp when the lock was acquired, until it is used; and
        # the one that it has while the lock file is the one with the path.
        self._acquired: Stamp | None = None
        self._current: Stamp | None = None
        self._turn: int | None = None
        self._note: Note | None = None
        # The slots as this object has written them; empty if they may be others.
        self._slots = [b"", b""]

    def read_note(self) -> Note | None:
        """Return the newest note; None if there is none or it is malformed.

        Raises:
            LockVersionError: It is of a later version.

        """
        if not all(self._slots) or self._slots != [
            read(self._descriptor, start, start + len(slot))
            for start, slot in zip(_SLOT_STARTS, self._slots, strict=True)
        ]:
            self._slots = [b"", b""]
            slots = [self._read_slot(start) for start in _SLOT_STARTS]
            self._turn, self._note = newest(slots)
        return self._note

    def write_note(self, note: Note, *, durable: bool = False) -> None:
        """Replace the note. If that fails, the one before is left.

        Raises:
            OSError: The write failed.

        """
        if self._turn is None:
            self.read_note()
        assert self._turn is not None
        turn = self._turn + 1
        slot, data = turn % 2, slot_of(turn, note)
        self._slots[slot] = b""
        write(self._descriptor, data, _SLOT_STARTS[slot])
        self._turn, self._note, self._slots[slot] = turn, note, data
        if durable:
            os.fsync(self._descriptor)

    def try_write_note(self, note: Note) -> None:
        """Replace a note of an intent by the result.

        An error is ignored: the old note is still true, and the events are written.
        """
        with suppress(OSError):
            self.write_note(note)

    def forget_files(self) -> None:
        """Mark the state of the files as unknown: one is added or removed unread.

        Raises:
            OSError: The write failed.

        """
        note = self.read_note()
        if note is not None:
            self.write_note(Note(note.seq, None))

    def remove(self) -> None:
        """Remove the lock file. The next `seq` of the thread is then 1."""
        self.write_note(Note(0, None))
        # Windows cannot remove an open file; the note has the same effect.
        with suppress(PermissionError):
            self.path.unlink(missing_ok=True)

    def acquire(self) -> bool:
        """Try to get the lock; return whether this is its holder now.

        Raises:
            LockUnsupportedError: The file system has no locks.

        """
        try:
            lock_file(self._descriptor, wait=False)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                raise LockUnsupportedError(self.path, error) from error
            raise
        return True

    @property
    def is_current(self) -> bool:
        """Whether the lock file still has its path: else the folder was removed.

        Raises:
            NotADirectoryError: The folder is a link, or no folder any more.

        """
        try:
            folder = Stamp.of(check_folder(self._folder))
            if folder != self._current:
                status = os.lstat(self.path)
                if not os.path.samestat(os.fstat(self._descriptor), status):
                    return False
                self.written_ns = status.st_mtime_ns
                self._current = folder if folder.is_settled(self.written_ns) else None
        except FileNotFoundError:
            return False
        self._acquired = folder
        return True

    def folder_stamp(self, *, at_once: bool = False) -> Stamp:
        """Return the present stamp of the folder.

        `at_once`: the first time, the one from when the lock was acquired is enough.

        Raises:
            OSError: The folder is missing, a link, or cannot be read.

        """
        acquired, self._acquired = self._acquired, None
        if at_once and acquired is not None:
            return acquired
        return Stamp.of(check_folder(self._folder))

    def release(self, *, keep_open: bool = False) -> bool:
        """Release the lock; return whether its file is still open.

        With `keep_open`, it is, if that is of use. A lock file without a note is
        removed, so deletes leave no new file.
        """
        if self._file is None:
            return False
        kept = False
        try:
            if not self._turn and os.fstat(self._file).st_size == 0:
                with suppress(PermissionError):
                    self.path.unlink(missing_ok=True)
                keep_open = False
            unlock_file(self._file)
            kept = keep_open and _CAN_KEEP_OPEN
        finally:
            if not kept:
                self.close()
        return kept

    def close(self) -> None:
        """Close the lock file. In a forked child, the lock of the parent remains."""
        with _guard:
            self._close()

    def _close(self) -> None:
        _open_locks.discard(self)
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _read_slot(self, start: int) -> bytes:
        data = read(self._descriptor, start, start + _FIRST_READ_BYTES)
        size = slot_size(data)
        if size > len(data) == _FIRST_READ_BYTES:
            return read(self._descriptor, start, start + size)
        return data

    @property
    def _descriptor(self) -> int:
        if self._file is None:
            raise OSError(errno.EBADF, "the lock was released", str(self.path))
        return self._file


def try_thread_lock(
    path: Path,
    *,
    create: bool = True,
    durable: bool = False,
    kept: ThreadLock | None = None,
) -> ThreadLock | None:
    """Return the lock whose file is `path`; None if another holder has it.

    Only one holder in all processes has it. The lock ends with its process, however
    that ends. Never waits. With `durable`, new folders are written to the disk.
    `kept` is a lock whose file was kept open; it is used if it is still current.

    Raises:
        FileNotFoundError: The folder is missing, and `create` is false.
        LockUnsupportedError: The file system has no locks.
        OSError: The folder is a link, or the lock file cannot be opened for writing.

    """
    lock = kept
    while True:
        lock = lock or _open(path, create=create, durable=durable)
        try:
            if not lock.acquire():
                lock.close()
                return None
            if lock.is_current:
                return lock
        except BaseException:
            lock.close()
            raise
        lock.close()
        lock = None


@contextmanager
def thread_lock(
    path: Path, *, create: bool = True, timeout: float = LOCK_TIMEOUT_S
) -> Iterator[ThreadLock]:
    """Hold the lock whose file is `path`; the calling thread waits for it.

    Raises:
        LockTimeoutError: Another process had it for `timeout` seconds.
        FileNotFoundError: The folder is missing, and `create` is false.
        LockUnsupportedError, OSError: As `try_thread_lock`.

    """
    deadline = time.monotonic() + timeout
    pause = FIRST_PAUSE_S
    while (lock := try_thread_lock(path, create=create)) is None:
        if time.monotonic() >= deadline:
            raise LockTimeoutError(path, timeout)
        time.sleep(pause)
        pause = min(pause * 2, MAX_PAUSE_S)
    try:
        yield lock
    finally:
        lock.release()


def _open(path: Path, *, create: bool, durable: bool) -> ThreadLock:
    """Open a lock file. A folder that another program removes meanwhile is made again.

    Only a few times: some file systems report every new folder as missing.
    """
    attempts = 0
    while True:
        attempts += 1
        try:
            if create:
                make_folder(path.parent, durable=durable)
            check_folder(path.parent)
            return _open_file(path)
        except FileNotFoundError:
            if not create or attempts == _MAX_ATTEMPTS:
                raise


def _open_file(path: Path) -> ThreadLock:
    flags = os.O_RDWR | OPEN_FLAGS | getattr(os, "O_NONBLOCK", 0)
    with _guard:
        try:
            file, created = os.open(path, flags), False
        except FileNotFoundError:
            file, created = os.open(path, flags | os.O_CREAT, 0o666), True
        lock = ThreadLock(path, file)
        _open_locks.add(lock)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if created:
            give_owner_of(path.parent, file)
    except BaseException:
        lock.close()
        raise
    return lock


def _close_locks_of_parent() -> None:
    # Not unlocked: that would unlock the file for the parent, too.
    for lock in list(_open_locks):
        lock._close()
    _guard.release()


if sys.platform != "win32":
    os.register_at_fork(
        before=_guard.acquire,
        after_in_parent=_guard.release,
        after_in_child=_close_locks_of_parent,
    )
