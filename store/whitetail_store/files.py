"""The few things that the store asks of a file system."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# Windows has no links to be afraid of here, but would translate line ends.
OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""Flags with which every file of the store is opened."""


def open_to_read(path: Path) -> int:
    """Return a descriptor of a file, which must not be a link.

    Raises:
        OSError: It may not be read, or is not there.

    """
    return os.open(path, os.O_RDONLY | OPEN_FLAGS)


def read(file: int, start: int, end: int) -> bytes:
    """Return a file's bytes from `start` to `end`, or to where it ends."""
    if sys.platform == "win32":
        os.lseek(file, start, os.SEEK_SET)
        return os.read(file, end - start)
    return os.pread(file, end - start, start)


def append_all(lines: Mapping[Path, bytes], *, durable: bool = False) -> int:
    """Append lines to the ends of files, to all or to none; return the bytes written.

    A torn last line is ended first, so that it takes nothing with it. When a write
    fails, each file gets its former length back, unless somebody else has appended
    since: what others wrote is never cut. A process that is killed in between
    leaves the files written so far, each whole. With `durable`, all is on the disk
    before this returns.

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
    """Make what was created, moved or removed in folders survive a power cut."""
    # Windows opens no folders; NTFS journals what happens in them.
    if sys.platform != "win32":
        for folder in folders:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


class _AppendedFile:
    """A file, open to be appended to."""

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
        """How many bytes the file has got so far, the end of a torn line included."""

    def write(self, data: bytes) -> None:
        """Write all, on a line of its own."""
        end = self._before
        if end and read(self.file, end - 1, end) != b"\n":
            data = b"\n" + data
        # A disk that is full takes a part, and says so at the second attempt.
        while self.written < len(data):
            self.written += os.write(self.file, memoryview(data)[self.written :])

    def undo(self) -> None:
        """Cut off what was written, unless others have written, too."""
        # A disk that fails here as well leaves a torn line, which costs only itself.
        with suppress(OSError):
            if os.fstat(self.file).st_size == self._before + self.written:
                os.ftruncate(self.file, self._before)
                if self.created and not self._before:
                    self.path.unlink(missing_ok=True)
