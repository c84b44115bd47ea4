"""Opens, reads, appends to and syncs files.

Keeps promises 5 (a failed write leaves no trace) and 6 (durable writes).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# O_NOFOLLOW does not exist on Windows, which without O_BINARY translates line ends.
OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""The flags to open any file of the store: links are refused, bytes unchanged."""


def open_to_read(path: Path) -> int:
    """Return a descriptor of a regular file, open for reading.

    Never waits for another program, as opening a fifo would.

    Raises:
        OSError: The file is missing, cannot be read, or is a link, fifo or device.

    """
    file = os.open(path, os.O_RDONLY | OPEN_FLAGS | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


def read(file: int, start: int, end: int) -> bytes:
    """Return the bytes from `start` to `end`; fewer if the file ends earlier."""
    if sys.platform == "win32":
        os.lseek(file, start, os.SEEK_SET)
        return os.read(file, end - start)
    return os.pread(file, end - start, start)


def append_all(lines: Mapping[Path, bytes], *, durable: bool = False) -> int:
    """Append lines to files, to all or to none; return the number of bytes written.

    A torn last line is ended with a newline first, so that the new lines are not
    part of it. If a write fails, each file is truncated to its former length, unless
    another program has appended to it meanwhile: its bytes are never removed. If the
    process is killed in between, the files written so far have all of their lines
    and the others none. With `durable`, returns when everything is on the disk.

    Raises:
        OSError: A write failed.

    """
    appended: list[_AppendedFile] = []
    try:
        for path, data in lines.items():
            appended.append(_AppendedFile(path))
            appended[-1].write(data)
        if durable:
            for each in appended:
                os.fsync(each.file)
            for folder in {each.path.parent for each in appended if each.created}:
                sync_folders(folder, *list(folder.parents)[:3])
        return sum(each.written for each in appended)
    except BaseException:
        for each in reversed(appended):
            each.undo()
        raise
    finally:
        for each in appended:
            os.close(each.file)


def sync_folders(*folders: Path) -> None:
    """Write the entries of folders to the disk, so that they survive a power cut."""
    # Windows cannot open a folder; NTFS keeps a journal of its entries.
    if sys.platform != "win32":
        for folder in folders:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


class _AppendedFile:
    """A file that is open for appending; it is created if missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.created = False
        flags = os.O_RDWR | os.O_APPEND | OPEN_FLAGS
        try:
            self.file = os.open(path, flags)
        except FileNotFoundError:
            self.file = os.open(path, flags | os.O_CREAT, 0o666)
            self.created = True
        self._before = os.fstat(self.file).st_size
        self.written = 0
        """The bytes written so far, the newline that ends a torn line included."""

    def write(self, data: bytes) -> None:
        """Append all bytes of `data`, beginning on a new line."""
        end = self._before
        if end and read(self.file, end - 1, end) != b"\n":
            data = b"\n" + data
        # If the disk is full, the first write is partial and only the second one fails.
        while self.written < len(data):
            self.written += os.write(self.file, memoryview(data)[self.written :])

    def undo(self) -> None:
        """Remove the bytes written, unless another program has written after them."""
        # If this fails, too, a torn line is left: it does not damage its neighbours.
        with suppress(OSError):
            if os.fstat(self.file).st_size == self._before + self.written:
                os.ftruncate(self.file, self._before)
                if self.created and not self._before:
                    self.path.unlink(missing_ok=True)
