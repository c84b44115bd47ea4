"""Opens one file that a run produced, and nothing else of the thread's folder."""

from __future__ import annotations

import os
import stat
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

VIRTUAL_ROOT = "/mnt/user-data/"
"""The folder as the agent sees it; on this machine it is `user-data/` of the thread."""
_FOLDER = "user-data"
_AREAS = ("workspace", "uploads", "outputs")
_HEAD_BYTES = 1 << 16
"""How much of a file decides whether it is a text."""
_PIECE_BYTES = 1 << 20
_MAX_NAME_BYTES = 255


class ProducedFile:
    """A file of a thread that is open for reading. To be closed, or used with `with`.

    Everything is read from the open descriptor: the file cannot become another one.
    """

    def __init__(self, descriptor: int, path: Path) -> None:
        """Read from a descriptor of the regular file at `path`, which it owns now."""
        self._file = open(descriptor, "rb", buffering=0)  # noqa: SIM115
        self.path = path
        """Where it is on this machine."""
        self._status = os.fstat(descriptor)
        self.size = self._status.st_size
        """Its size in bytes."""
        self.is_text = _is_text(self._file.read(_HEAD_BYTES) or b"")
        """Whether it begins as a text in UTF-8."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def kind(self) -> str:
        """What it is, for the user: text, or the suffix of its name."""
        suffix = self.path.suffix.removeprefix(".")
        return "text" if self.is_text else suffix or "no text"

    def pieces(self) -> Iterator[str]:
        """Yield its text. Bytes that are not UTF-8 become U+FFFD. Blocks."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        self._file.seek(0)
        while data := self._file.read(_PIECE_BYTES):
            yield decode(data)

    def is_still_at_path(self) -> bool:
        """Return whether the path still leads to this very file. Blocks."""
        try:
            there = os.lstat(self.path)
        except OSError:
            return False
        same = self._status.st_dev, self._status.st_ino
        return (there.st_dev, there.st_ino) == same


def open_produced(threads: Path, thread: str, virtual: str) -> ProducedFile | None:
    """Open a file that a run named by its path below `/mnt/user-data/`. Blocks.

    None if there is no such file: it is missing, or no regular file, or a link leads to
    it at any step. No folder is listed.

    Raises:
        OSError: The file is there, but cannot be read.

    """
    parts = virtual.removeprefix(VIRTUAL_ROOT).split("/")
    allowed = virtual.startswith(VIRTUAL_ROOT) and parts[0] in _AREAS and len(parts) > 1
    steps = [thread, _FOLDER, *parts]
    if not allowed or not all(map(_is_name, steps)):
        return None
    path = threads.joinpath(*steps)
    try:
        descriptor = _open(threads, steps)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if _is_link_or_special(path):
            return None
        raise error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return ProducedFile(descriptor, path)


def _open(threads: Path, steps: list[str]) -> int:
    """Open a file step by step, so that no step can be a link."""
    # A fifo without a writer, or a device, must not block.
    reading = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    no_link = getattr(os, "O_NOFOLLOW", 0)
    if os.open not in os.supports_dir_fd:
        path = threads.joinpath(*steps)
        if path.resolve() != threads.resolve().joinpath(*steps):
            raise NotADirectoryError(path)
        return os.open(path, reading | getattr(os, "O_BINARY", 0))
    folder_flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
    with ExitStack() as stack:
        folder = os.open(threads, folder_flags)
        stack.callback(os.close, folder)
        for step in steps[:-1]:
            folder = os.open(step, folder_flags | no_link, dir_fd=folder)
            stack.callback(os.close, folder)
        return os.open(steps[-1], reading | no_link, dir_fd=folder)


def _is_name(step: str) -> bool:
    """Return whether a step can be the name of one entry of a folder."""
    try:
        if len(step.encode()) > _MAX_NAME_BYTES:
            return False
    except UnicodeEncodeError:
        return False
    return step not in ("", ".", "..") and not any(each in step for each in "/\\\0:")


def _is_link_or_special(path: Path) -> bool:
    """Return whether a link is on the way, or no regular file at its end."""
    try:
        links = any(parent.is_symlink() for parent in (path, *path.parents))
        return links or not path.is_file()
    except OSError:
        return False


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
