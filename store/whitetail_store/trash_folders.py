"""`TrashFolders`: the folders with deleted runs, of this session and of others.

A deleted run is `{root}/{session}/{time of the delete}/{thread_id}.{run_id}.jsonl`.
Sessions of older versions have no folders of times, and a number if there are several
of a name.
"""

from __future__ import annotations

import errno
import os
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from whitetail_store.file_lock import lock_file
from whitetail_store.files import sync_folders
from whitetail_store.paths import Stamp, stamp
from whitetail_store.trash_files import (
    LOCK_NAME,
    cleaning,
    files_in,
    folders_in,
    is_abandoned,
)

_TIME_NAME = re.compile(r"[0-9]{16,20}")
_SESSION_NAME = re.compile(r"([0-9]{16,20})-[0-9]+")


class Discarded(NamedTuple):
    """A deleted run in the trash."""

    thread_id: str
    run_id: str
    kept: Path
    """The path of its file in the trash."""
    path: Path
    """The path of the file before it was deleted; of a row of a table, its database."""
    deleted_at: float
    """The time of the delete, in seconds since the epoch.

    For a delete by an older version: the latest time that is known to be before it.
    """
    size: int
    """Bytes."""


class TrashFolders(ABC):
    """The deleted runs of a tree or a database: of this session, and of all others.

    A session holds a lock on its folder, so that other sessions can distinguish it from
    the folder of a session that has ended.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        """Use the folders `roots`, which are created when they are needed."""
        self._roots = roots
        self._session_name = f"{time.time_ns()}-{os.getpid()}"
        self._session_locks: dict[Path, int] = {}
        """The descriptor of the locked file in each folder of this session."""
        self.kept: list[Discarded] = []
        """The runs of this session that are in the trash, in the order of deletion."""

    @abstractmethod
    def restore(self, discarded: Discarded) -> None:
        """Put a deleted run back to where it was.

        Raises:
            FileNotFoundError: It is no longer in the trash.
            OSError, StoreError: It cannot be restored; it stays in the trash.

        """

    @abstractmethod
    def _describe(self, kept: Path) -> Discarded | None:
        """Return what a file in the trash is; None if it is no deleted run."""

    def purge(self, discarded: Discarded) -> None:
        """Remove a run's file from the trash for good.

        Raises:
            OSError: The file cannot be removed.

        """
        discarded.kept.unlink(missing_ok=True)
        self._forget(discarded)
        self._remove_empty_folders(discarded.kept.parent)

    def entries(self) -> list[Discarded]:
        """Return the runs in the trash, of all sessions, the last deleted first.

        Raises:
            OSError: The trash cannot be read.

        """
        found = (each for root in self._roots for each in self._in_root(root))
        return sorted(found, key=attrgetter("deleted_at"), reverse=True)

    def leftovers(self) -> list[Discarded]:
        """Return the runs in the trash of sessions that have ended or crashed.

        Raises:
            OSError: The trash cannot be read.

        """
        return [
            each
            for root in self._roots
            for each in self._in_root(root, sessions=is_abandoned)
        ]

    def clean(self, keep_s: float, max_bytes: float, now: float) -> list[Discarded]:
        """Remove old runs of sessions that have ended for good, and return them.

        They are those that were deleted more than `keep_s` seconds before `now`, and
        the oldest ones while the trash has more than `max_bytes` on a device. Does
        nothing while another session does it.

        Raises:
            OSError: The trash cannot be read, or a file cannot be removed.

        """
        removed = []
        for root in self._roots:
            with cleaning(root) as first_cleaned:
                if first_cleaned is None:
                    continue
                left = self._in_root(root)
                total = sum(each.size for each in left)
                for each in self._in_root(root, sessions=is_abandoned):
                    kept_since = each.deleted_at
                    if not _TIME_NAME.fullmatch(each.kept.parent.name):
                        # An older version asked before it removed such a run. So it
                        # is listed for the whole time first.
                        kept_since = max(kept_since, first_cleaned)
                    if now - kept_since > keep_s or total > max_bytes:
                        self.purge(each)
                        total -= each.size
                        removed.append(each)
            self._remove_empty_folders(root)
        return removed

    def close(self) -> None:
        """Release the session's locks. Runs that were not purged are leftovers now."""
        for folder in list(self._session_locks):
            self._end_session(folder)

    def _require(self, discarded: Discarded) -> None:
        """Raise `FileNotFoundError` if a run is no longer in the trash."""
        if stamp(discarded.kept) is None:
            self._forget(discarded)
            kept = str(discarded.kept)
            raise FileNotFoundError(errno.ENOENT, "not in the trash", kept)

    def _forget(self, discarded: Discarded) -> None:
        if discarded in self.kept:
            self.kept.remove(discarded)

    def _in_root(
        self, root: Path, sessions: Callable[[Path], bool] = lambda _: True
    ) -> list[Discarded]:
        """Return the runs in some of the sessions' folders, the first deleted first."""
        folders = filter(sessions, folders_in(root))
        paths = (path for folder in folders for path in files_in(folder))
        found = (each for path in paths if (each := self._describe(path)))
        return sorted(found, key=attrgetter("deleted_at"))

    def _remove_empty_folders(self, folder: Path) -> None:
        """Remove a folder and those above it in the trash, if empty and not in use."""
        while any(folder.is_relative_to(root) for root in self._roots):
            try:
                names = [each.name for each in folder.iterdir()]
                if names == [LOCK_NAME] and is_abandoned(folder):
                    (folder / LOCK_NAME).unlink()
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def _start_session(self, root: Path) -> Path:
        """Return the folder of this session in `root`, which is created and locked."""
        folder = root / self._session_name
        if folder in self._session_locks and folder.is_dir():
            return folder
        self._end_session(folder)
        root.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700)
        file = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        self._session_locks[folder] = file
        lock_file(file, wait=False)
        sync_folders(folder, root, root.parent)
        return folder

    def _end_session(self, folder: Path) -> None:
        file = self._session_locks.pop(folder, None)
        if file is not None:
            os.close(file)
        self._remove_empty_folders(folder)


def deleted_at(kept: Path, found: Stamp) -> float:
    """Return when a file was moved to the trash, given its path there."""
    folder = kept.parent.name
    if _TIME_NAME.fullmatch(folder):
        return int(folder) / 1e9
    # Older versions: the session began before the delete. A move is the last change.
    names = (_SESSION_NAME.fullmatch(each.name) for each in kept.parents)
    return max(
        [int(match[1]) / 1e9 for match in names if match] + [found.ctime_ns / 1e9]
    )
