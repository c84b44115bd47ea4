"""The few things that the store asks of a file system."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

# Windows has no links to be afraid of here, but would translate line ends.
PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""Flags with which every file of the store is opened."""


def open_to_read(path: Path) -> int:
    """Return a descriptor of a file, which must not be a link.

    Raises:
        OSError: It may not be read, or is not there.

    """
    return os.open(path, os.O_RDONLY | PLAIN)


def read(file: int, start: int, end: int) -> bytes:
    """Return a file's bytes from `start` to `end`, or to where it ends."""
    if sys.platform == "win32":
        os.lseek(file, start, os.SEEK_SET)
        return os.read(file, end - start)
    return os.pread(file, end - start, start)


def append_all(lines: Mapping[Path, bytes], *, durable: bool = False) -> None:
    """Append lines to the ends of files, to all of them or to none.

    A torn last line is ended first, so that it takes nothing with it. When a write
    fails, each file gets its former length back, unless somebody else has appended
    since: what others wrote is never cut. A process that is killed in between
    leaves the files written so far, each whole. With `durable`, all is on the disk
    before this returns.

    Raises:
        OSError: A write failed.

    """
    appended: list[_Appended] = []
    with ExitStack() as closing:
        try:
            for path, data in lines.items():
                file, created = _open_to_append(path)
                closing.callback(os.close, file)
                size = os.fstat(file).st_size
                if size and read(file, size - 1, size) != b"\n":
                    data = b"\n" + data
                appended.append(_Appended(path, file, created, size))
                appended[-1].write(data)
            if durable:
                for each in appended:
                    os.fsync(each.file)
                for folder in {each.path.parent for each in appended if each.created}:
                    sync_folders(folder, *list(folder.parents)[:3])
        except BaseException:
            for each in reversed(appended):
                each.take_back()
            raise


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


@dataclass(slots=True)
class _Appended:
    """A file that is appended to."""

    path: Path
    file: int
    created: bool
    before: int
    """How long it was."""
    written: int = 0
    """How much of ours it has now."""

    def write(self, data: bytes) -> None:
        """Write all; a disk that is full says so at the second attempt."""
        while self.written < len(data):
            self.written += os.write(self.file, memoryview(data)[self.written :])

    def take_back(self) -> None:
        """Cut off what was written, unless others have written, too."""
        # A disk that fails here as well leaves a torn line, which costs only itself.
        with suppress(OSError):
            if os.fstat(self.file).st_size == self.before + self.written:
                os.ftruncate(self.file, self.before)
                if self.created and not self.before:
                    self.path.unlink(missing_ok=True)


def _open_to_append(path: Path) -> tuple[int, bool]:
    flags = os.O_RDWR | os.O_APPEND | PLAIN
    try:
        return os.open(path, flags), False
    except FileNotFoundError:
        return os.open(path, flags | os.O_CREAT, 0o666), True
