"""The paths of runs, checks of their ids, and the stamps of files."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from whitetail_store.errors import InvalidIdError

_THREAD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]+")
_SUFFIX = ".jsonl"
# More than a tick of the clocks of file systems.
_SETTLED_NS = 20_000_000

RunKey = tuple[str, str]
"""A thread id and a run id: the pair identifies a run."""


class Stamp(NamedTuple):
    """The identity, size and times of a file. Equal stamps: the file is unchanged.

    A change within one tick of the file system's clock that keeps the size is missed.
    """

    dev: int
    ino: int
    size: int
    """Bytes."""
    mtime_ns: int
    """The time of the last write, in nanoseconds since the epoch."""
    ctime_ns: int
    """The time of the last change of content or metadata, likewise."""

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return the stamp that a result of `os.stat` describes."""
        return cls(
            status.st_dev,
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )

    def is_settled(self, now_ns: int) -> bool:
        """Return whether a later change will give the file another stamp.

        `now_ns`: a time of the same file system that has passed. A file can change
        again within the same tick, which leaves its stamp; a clock that counts whole
        milliseconds at best has longer ticks.
        """
        is_fine = self.mtime_ns % 1_000_000 != 0
        return is_fine and self.mtime_ns + _SETTLED_NS < now_ns


def check_thread_id(thread_id: object) -> str:
    """Return the id if it is a safe folder name.

    Raises:
        InvalidIdError: It is not a string of 1 to 64 of `A-Za-z0-9_-`.

    """
    if isinstance(thread_id, str) and _THREAD_ID.fullmatch(thread_id):
        return thread_id
    raise InvalidIdError("thread", thread_id)


def check_run_id(run_id: object) -> str:
    """Return the id if it is a safe file name.

    Raises:
        InvalidIdError: It is not a string of one or more of `A-Za-z0-9_-`.

    """
    if isinstance(run_id, str) and _RUN_ID.fullmatch(run_id):
        return run_id
    raise InvalidIdError("run", run_id)


def runs_folder(threads: Path, thread_id: str) -> Path:
    """Return the path of a thread's `runs` folder, which need not exist.

    Raises:
        InvalidIdError: The id is not safe.

    """
    return threads / check_thread_id(thread_id) / "runs"


def run_path(threads: Path, thread_id: str, run_id: str) -> Path:
    """Return the path of a run's file, which need not exist.

    Raises:
        InvalidIdError: An id is not safe.

    """
    return runs_folder(threads, thread_id) / f"{check_run_id(run_id)}{_SUFFIX}"


def thread_ids(threads: Path) -> Iterator[str]:
    """Yield the names of the folders in `threads` that are thread ids, in any order.

    Links and files are left out.

    Raises:
        OSError: The folder is missing or cannot be read.

    """
    with os.scandir(threads) as entries:
        for entry in entries:
            if _THREAD_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                yield entry.name


def run_stamps(
    threads: Path, thread_id: str, irregular: list[Path] | None = None
) -> dict[str, Stamp]:
    """Return the stamp of each run file of a thread, by run id.

    Empty if the thread has no `runs` folder or it is a link. No file is opened.
    The paths of links, fifos, devices and folders that are named like runs are added
    to `irregular`.

    Raises:
        InvalidIdError: The id is not safe.
        OSError: The folder cannot be read.

    """
    folder = f"{threads}/{check_thread_id(thread_id)}/runs"
    try:
        exists = stat.S_ISDIR(os.lstat(folder).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        exists = False
    return stamps_in(folder, irregular) if exists else {}


def stamps_in(
    folder: str, irregular: list[Path] | None = None, *, any_name: bool = False
) -> dict[str, Stamp]:
    """Return the stamp of each run file in a `runs` folder, by run id.

    Links, fifos, devices and folders are left out, and added to `irregular`. Empty if
    the folder is missing. The caller checks that the folder itself is no link.
    `any_name`: also files whose names are not run ids, except hidden ones.

    Raises:
        OSError: The folder cannot be read.

    """
    found: dict[str, Stamp] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                run_id = entry.name.removesuffix(_SUFFIX)
                if run_id == entry.name:
                    continue
                allowed = any_name and not run_id.startswith(".")
                if not (allowed or _RUN_ID.fullmatch(run_id)):
                    continue
                with suppress(FileNotFoundError):
                    status = _status_of(entry)
                    if stat.S_ISREG(status.st_mode):
                        found[run_id] = Stamp.of(status)
                    elif irregular is not None:
                        irregular.append(Path(entry.path))
    except (FileNotFoundError, NotADirectoryError):
        return found
    return found


def _status_of(entry: os.DirEntry[str]) -> os.stat_result:
    # On Windows the status of an entry has no inode, and its size can be an old one.
    if sys.platform == "win32":
        return os.lstat(entry.path)
    return entry.stat(follow_symlinks=False)


def check_folder(folder: Path) -> os.stat_result:
    """Return the status of the `runs` folder of a thread, which must be a real folder.

    Raises:
        FileNotFoundError: It is missing.
        NotADirectoryError: It is a link, or no folder.

    """
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(
            errno.ENOTDIR, "not a folder, or a link to one", str(folder)
        )
    return status


def check_run_file(path: Path) -> None:
    """Check that the path of a run is free, or that of a regular file.

    Raises:
        OSError: A link, fifo, device or folder has the path.

    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise not_regular(path)


def not_regular(path: Path) -> OSError:
    """Return the error for a link, fifo, device or folder with the path of a run."""
    return OSError(errno.EINVAL, "not a regular file", str(path))


def stamp(path: Path | str) -> Stamp | None:
    """Return the stamp of a regular file; None if there is none or it is a link.

    Raises:
        OSError: The folder of the file cannot be read.

    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Stamp.of(status) if stat.S_ISREG(status.st_mode) else None
