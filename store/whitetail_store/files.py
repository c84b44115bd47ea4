"""Opens, reads, appends to and syncs files.

Keeps promises 5 (a failed write leaves no trace) and 6 (durable writes).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from whitetail_store.errors import LogChangedError

# O_NOFOLLOW does not exist on Windows, which without O_BINARY translates line ends.
OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""The flags to open any file of the store: links are refused, bytes unchanged."""
# A fifo is opened without waiting for its reader, so that it can be refused.
_APPEND_FLAGS = os.O_RDWR | os.O_APPEND | OPEN_FLAGS | getattr(os, "O_NONBLOCK", 0)


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


class AppendedFile:
    """A file to which lines are appended whole or, if that fails, not at all.

    A torn last line is ended with a newline first, so that the new lines are not
    part of it.
    """

    def __init__(self, path: Path, lines: bytes) -> None:
        """Open the file for appending if it exists; nothing is written yet.

        Raises:
            OSError: It cannot be opened, or is a link, fifo, device or folder.

        """
        self.path = path
        self.before: os.stat_result | None = None
        """The status of the file as it was opened; None if it did not exist."""
        self.data = lines
        """The bytes to be appended, the newline that ends a torn line included."""
        self._written = 0
        try:
            self._file: int | None = os.open(path, _APPEND_FLAGS)
        except FileNotFoundError:
            self._file = None
            return
        try:
            self.before = status = os.fstat(self._file)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "not a regular file", str(path))
            end = status.st_size
            if end and read(self._file, end - 1, end) != b"\n":
                self.data = b"\n" + lines
        except BaseException:
            self.close()
            raise

    @property
    def size_before(self) -> int:
        """The size of the file before, in bytes; 0 if it did not exist."""
        return self.before.st_size if self.before else 0

    def write(self) -> None:
        """Append all bytes; the file is created if it did not exist.

        Raises:
            LogChangedError: Another program has created the file meanwhile.
            OSError: A write failed.

        """
        if self._file is None:
            try:
                flags = _APPEND_FLAGS | os.O_CREAT | os.O_EXCL
                self._file = os.open(self.path, flags, 0o666)
            except FileExistsError as error:
                raise LogChangedError(self.path) from error
        data = memoryview(self.data)
        # If the disk is full, the first write is partial and only the second one fails.
        while self._written < len(data):
            self._written += os.write(self._file, data[self._written :])

    def sync(self) -> None:
        """Wait until the bytes are on the disk, and the entry of a new file.

        Raises:
            OSError: The disk reports an error.

        """
        if self._file is not None:
            os.fsync(self._file)
            if self.before is None:
                folder = self.path.parent
                sync_folders(folder, *list(folder.parents)[:4])

    def status(self) -> os.stat_result | None:
        """Return the present status of the open file; None if it does not exist."""
        return None if self._file is None else os.fstat(self._file)

    def undo(self) -> None:
        """Remove the bytes written, unless another program has written after them."""
        if self._file is None:
            return
        # If this fails, too, a torn line is left: it does not damage its neighbours.
        with suppress(OSError):
            if os.fstat(self._file).st_size == self.size_before + self._written:
                os.ftruncate(self._file, self.size_before)
                if self.before is None:
                    self.path.unlink(missing_ok=True)
                    self.close()

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
