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
from whitetail_store.paths import Stamp, not_regular

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


def write(file: int, data: bytes, start: int) -> None:
    """Write bytes to an open file, the first one at `start`.

    Raises:
        OSError: The write failed; a part of the bytes can have been written.

    """
    written = 0
    while written < len(data):
        if sys.platform == "win32":
            os.lseek(file, start + written, os.SEEK_SET)
            written += os.write(file, data[written:])
        else:
            written += os.pwrite(file, data[written:], start + written)


def make_folder(folder: Path, *, durable: bool) -> None:
    """Create a folder, and those above it, if they are missing."""
    if os.path.lexists(folder):
        return
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    folder.mkdir(parents=True, exist_ok=True)
    if durable:
        sync_folders(*(each.parent for each in missing))


def give_owner_of(folder: Path, file: int) -> None:
    """Give a new lock file the owner and the permissions of its folder.

    Else a delete by root leaves a file that the owner of the runs cannot open.
    """
    if sys.platform != "win32":
        status = folder.stat()
        # Only root may give a file away; for others the file is as good as theirs.
        with suppress(PermissionError):
            os.fchmod(file, status.st_mode & 0o666)
            if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file, status.st_uid, status.st_gid)


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


def _open_to_append(path: Path) -> tuple[int, Stamp] | None:
    """Return a descriptor of a regular file and its stamp; None if there is none."""
    try:
        file = os.open(path, _APPEND_FLAGS)
    except FileNotFoundError:
        return None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise not_regular(path)
    except BaseException:
        os.close(file)
        raise
    return file, Stamp.of(status)


class AppendedFile:
    """A file to which lines are appended whole or, if that fails, not at all.

    A torn last line is ended with a newline first, so that the new lines are not
    part of it.
    """

    def __init__(
        self, path: Path, lines: bytes, kept: tuple[int, Stamp] | None = None
    ) -> None:
        """Open the file for appending if it exists; nothing is written yet.

        `kept`: a descriptor of the file, from `detach`, and its present stamp.

        Raises:
            OSError: It cannot be opened, or is a link, fifo, device or folder.

        """
        self.path = path
        self.before: Stamp | None = None
        """The stamp of the file as it was opened; None if it did not exist."""
        self.size_before = 0
        """The size of the file before, in bytes; 0 if it did not exist."""
        self.data = lines
        """The bytes to be appended, the newline that ends a torn line included."""
        self._file: int | None = None
        self._written = 0
        kept = kept or _open_to_append(path)
        if kept is None:
            return
        self._file, self.before = file, stamp = kept
        self.size_before = end = stamp.size
        try:
            if end and read(file, end - 1, end) != b"\n":
                self.data = b"\n" + lines
        except BaseException:
            self.close()
            raise

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

    def stamp(self) -> Stamp | None:
        """Return the present stamp of the open file; None if it does not exist."""
        return None if self._file is None else Stamp.of(os.fstat(self._file))

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

    def detach(self) -> int | None:
        """Return the descriptor, which the caller closes; None if it is closed."""
        file, self._file = self._file, None
        return file

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
