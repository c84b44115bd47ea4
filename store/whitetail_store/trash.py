"""`Trash`: deleted runs that can be restored until they are purged."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from whitetail_store.errors import RestoreConflictError
from whitetail_store.file_lock import lock_file
from whitetail_store.files import sync_folders
from whitetail_store.lock import LOCK_NAME, thread_lock
from whitetail_store.paths import run_path, stamp
from whitetail_store.writer import ThreadWriter

_FILE_NAME = re.compile(r"([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]+)\.jsonl")
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


class Discarded(NamedTuple):
    """A run's file that was moved to the trash."""

    thread_id: str
    run_id: str
    kept: Path
    """The path of the file in the trash."""
    path: Path
    """The path of the file before it was deleted."""


class Trash:
    """The deleted runs of one session, in a folder of `.trash` beside `threads`.

    Files are moved within the file system, never copied or rewritten. The session
    holds a lock on its folder, so that other sessions can distinguish it from the
    folder of a session that has crashed.
    """

    def __init__(self, base_dir: Path) -> None:
        """Use the trash in `base_dir`; its folder is created by the first `discard`."""
        self._threads = base_dir / "threads"
        self._root = base_dir / ".trash"
        self._folder = self._root / f"{time.time_ns()}-{os.getpid()}"
        self._session_lock: int | None = None
        self.kept: list[Discarded] = []
        """The runs of this session that are in the trash, in the order of deletion."""

    def discard(self, thread_id: str, run_id: str) -> Discarded | None:
        """Move a run's file to the trash; return None if there is no such file.

        Raises:
            OSError: The file cannot be moved; it is unchanged.

        """
        if stamp(run_path(self._threads, thread_id, run_id)) is None:
            return None
        writer = ThreadWriter(self._threads, thread_id)
        before = len(self.kept)
        try:
            with thread_lock(writer.lock_path, create=False) as lock:
                writer.remove(lock, [run_id], self.discard_file, remember=False)
        except FileNotFoundError:
            return None
        return self.kept[-1] if len(self.kept) > before else None

    def discard_file(self, path: Path) -> None:
        """Move a file to the trash, if it exists. The caller holds the thread's lock.

        Raises:
            OSError: The file cannot be moved; it is unchanged.

        """
        self._start_session()
        thread_id, run_id = path.parent.parent.name, path.stem
        number = 0
        kept = self._folder / f"{thread_id}.{run_id}.jsonl"
        while kept.exists():
            number += 1
            (self._folder / str(number)).mkdir(mode=0o700, exist_ok=True)
            kept = self._folder / str(number) / f"{thread_id}.{run_id}.jsonl"
        try:
            path.rename(kept)
        except FileNotFoundError:
            return
        sync_folders(path.parent, kept.parent)
        self.kept.append(Discarded(thread_id, run_id, kept, path))

    def restore(self, discarded: Discarded) -> None:
        """Move a run's file back to its former path.

        Raises:
            RestoreConflictError: A file exists there again; both are unchanged.
            OSError: The file cannot be moved; it stays in the trash.

        """
        kept, path = discarded.kept, discarded.path
        with thread_lock(path.with_name(LOCK_NAME)) as lock:
            lock.forget_files()
            try:
                _move_without_overwriting(kept, path)
            except FileExistsError as error:
                raise RestoreConflictError(path, kept) from error
        self._forget(discarded)
        sync_folders(path.parent, kept.parent)
        self._remove_empty_folders(kept.parent)

    def purge(self, discarded: Discarded) -> None:
        """Remove a run's file from the trash for good.

        Raises:
            OSError: The file cannot be removed.

        """
        discarded.kept.unlink(missing_ok=True)
        self._forget(discarded)
        self._remove_empty_folders(discarded.kept.parent)

    def leftovers(self) -> list[Discarded]:
        """Return the runs in the trash of sessions that have ended or crashed.

        Raises:
            OSError: The trash cannot be read.

        """
        found = []
        for folder in _folders(self._root):
            if folder == self._folder or not _is_abandoned(folder):
                continue
            for kept in sorted(folder.rglob("*.jsonl")):
                match = _FILE_NAME.fullmatch(kept.name)
                if match and stamp(kept):
                    path = run_path(self._threads, match[1], match[2])
                    found.append(Discarded(match[1], match[2], kept, path))
        return found

    def close(self) -> None:
        """Release the session's lock. Runs that were not purged are leftovers now."""
        if self._session_lock is not None:
            os.close(self._session_lock)
            self._session_lock = None
            self._remove_empty_folders(self._folder)

    def _forget(self, discarded: Discarded) -> None:
        if discarded in self.kept:
            self.kept.remove(discarded)

    def _remove_empty_folders(self, folder: Path) -> None:
        """Remove a folder and those above it in the trash, if empty and not in use."""
        while folder.is_relative_to(self._root):
            used = folder == self._folder and self._session_lock is not None
            if not used and [each.name for each in folder.iterdir()] == ["lock"]:
                (folder / "lock").unlink()
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def _start_session(self) -> None:
        if self._session_lock is None:
            self._root.mkdir(mode=0o700, exist_ok=True)
            self._folder.mkdir(mode=0o700)
            self._session_lock = os.open(
                self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600
            )
            lock_file(self._session_lock, wait=False)


def _move_without_overwriting(source: Path, target: Path) -> None:
    """Move a file with `link` and `unlink`, since a rename would replace the target.

    Raises:
        FileExistsError: The target exists.

    """
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Without hard links: first create the target as an empty file, if it is free.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        source.replace(target)
    else:
        source.unlink()


def _folders(root: Path) -> Iterator[Path]:
    if root.is_dir() and not root.is_symlink():
        yield from (each for each in sorted(root.iterdir()) if each.is_dir())


def _is_abandoned(folder: Path) -> bool:
    try:
        file = os.open(folder / "lock", os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        lock_file(file, wait=False)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True
