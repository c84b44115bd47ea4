"""Which names are safe, where runs live, and what is there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from whitetail_store.errors import InvalidIdError

_THREAD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]+")
_SUFFIX = ".jsonl"

RunKey = tuple[str, str]
"""A thread id and a run id: together they name one run."""


class Stamp(NamedTuple):
    """What the file system says of a file; two equal stamps, an unchanged file."""

    dev: int
    ino: int
    size: int
    """Bytes."""
    mtime_ns: int
    """Last write, nanoseconds since the epoch."""
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return the stamp of a file from its `stat`."""
        return cls(
            status.st_dev,
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )


def check_thread_id(thread_id: object) -> str:
    """Return the id, which is a safe folder name.

    Raises:
        InvalidIdError: It is not 1 to 64 of `A-Za-z0-9_-`.

    """
    if isinstance(thread_id, str) and _THREAD_ID.fullmatch(thread_id):
        return thread_id
    raise InvalidIdError("thread", thread_id)


def check_run_id(run_id: object) -> str:
    """Return the id, which is a safe file name.

    Raises:
        InvalidIdError: It is not one or more of `A-Za-z0-9_-`.

    """
    if isinstance(run_id, str) and _RUN_ID.fullmatch(run_id):
        return run_id
    raise InvalidIdError("run", run_id)


def runs_folder(threads: Path, thread_id: str) -> Path:
    """Return the folder that holds a thread's runs, there or not."""
    return threads / check_thread_id(thread_id) / "runs"


def run_path(threads: Path, thread_id: str, run_id: str) -> Path:
    """Return the file that holds a run's events, there or not."""
    return runs_folder(threads, thread_id) / f"{check_run_id(run_id)}{_SUFFIX}"


def thread_ids(threads: Path) -> Iterator[str]:
    """Yield the folders in `threads` that are named as threads are, in any order.

    Links are left out, and so are names that DeerFlow would not give.

    Raises:
        OSError: The folder is missing or may not be read.

    """
    with os.scandir(threads) as entries:
        for entry in entries:
            if _THREAD_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                yield entry.name


def run_stamps(threads: Path, thread_id: str) -> dict[str, Stamp]:
    """Return the stamp of each run's file of a thread, by run id.

    A thread without a `runs` folder has none. Nothing is opened, and nothing
    else below the thread is looked at.

    Raises:
        OSError: The folder may not be read.

    """
    folder = f"{threads}/{check_thread_id(thread_id)}/runs"
    try:
        there = stat.S_ISDIR(os.lstat(folder).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        there = False
    return stamps_in(folder) if there else {}


def stamps_in(folder: str) -> dict[str, Stamp]:
    """Return the stamp of each run's file in a `runs` folder that is no link.

    Raises:
        OSError: The folder may not be read.

    """
    found: dict[str, Stamp] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                run_id = entry.name.removesuffix(_SUFFIX)
                if run_id == entry.name or not _RUN_ID.fullmatch(run_id):
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        found[run_id] = Stamp.of(status)
    except (FileNotFoundError, NotADirectoryError):
        return found
    return found


def runs_size(folder: Path) -> int:
    """Return how many bytes the files of runs in a folder have.

    Raises:
        OSError: The folder is missing or may not be read.

    """
    with os.scandir(folder) as entries:
        runs = [entry for entry in entries if entry.name.endswith(_SUFFIX)]
    try:
        return sum([entry.stat(follow_symlinks=False).st_size for entry in runs])
    except FileNotFoundError:
        return runs_size(folder)


def stamp(path: Path | str) -> Stamp | None:
    """Return a regular file's stamp, or None where there is none (links count as none).

    Raises:
        OSError: The file may not be looked at.

    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Stamp.of(status) if stat.S_ISREG(status.st_mode) else None
