"""`Trash`: deleted files of runs that can be restored until they are purged."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from whitetail_store.errors import RestoreConflictError
from whitetail_store.files import sync_folders
from whitetail_store.lock import LOCK_NAME, thread_lock
from whitetail_store.paths import run_path, stamp
from whitetail_store.trash_files import move_without_overwriting, new_folder
from whitetail_store.trash_folders import Discarded, TrashFolders, deleted_at
from whitetail_store.writer import ThreadWriter

_FILE_NAME = re.compile(r"([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]+)\.jsonl")
_OTHER_DEVICE = {errno.EXDEV, errno.EROFS, errno.EACCES}
"""Why a run may be impossible to move beside `threads`, but not within it."""


class Trash(TrashFolders):
    """The deleted runs of a tree: those of this session, and those that others left.

    They are in `.trash` beside `threads`, or in `threads/.whitetail-trash` if `threads`
    is on another device. Files are moved within the file system, never copied or
    rewritten.
    """

    def __init__(self, base_dir: Path) -> None:
        """Use the trash in `base_dir`; its folder is created by the first `discard`."""
        self._threads = base_dir / "threads"
        super().__init__((base_dir / ".trash", self._threads / ".whitetail-trash"))

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
        beside, within = self._roots
        try:
            kept = self._move_to(beside, path)
        except OSError as error:
            if error.errno not in _OTHER_DEVICE:
                raise
            session = beside / self._session_name
            if not any(each.kept.is_relative_to(session) for each in self.kept):
                self._end_session(session)
            kept = self._move_to(within, path)
        if kept is not None and (discarded := self._describe(kept)):
            self.kept.append(discarded)

    def restore(self, discarded: Discarded) -> None:
        """Move a run's file back to its former path.

        Raises:
            RestoreConflictError: A file exists there again; both are unchanged.
            FileNotFoundError: It is no longer in the trash.
            OSError: The file cannot be moved; it stays in the trash.

        """
        kept, path = discarded.kept, discarded.path
        self._require(discarded)
        with thread_lock(path.with_name(LOCK_NAME)) as lock:
            lock.forget_files()
            try:
                move_without_overwriting(kept, path)
            except FileExistsError as error:
                raise RestoreConflictError(path, kept) from error
        self._forget(discarded)
        sync_folders(path.parent, kept.parent)
        self._remove_empty_folders(kept.parent)

    def _describe(self, kept: Path) -> Discarded | None:
        """Return what a file in the trash is; None if it is no deleted run."""
        match = _FILE_NAME.fullmatch(kept.name)
        found = stamp(kept) if match else None
        if match is None or found is None:
            return None
        path = run_path(self._threads, match[1], match[2])
        when = deleted_at(kept, found)
        return Discarded(match[1], match[2], kept, path, when, found.size)

    def _move_to(self, root: Path, path: Path) -> Path | None:
        """Move a file to the trash in `root`; None if there is no such file."""
        session = self._start_session(root)
        folder = new_folder(session)
        kept = folder / f"{path.parent.parent.name}.{path.stem}.jsonl"
        try:
            path.rename(kept)
        except OSError as error:
            folder.rmdir()
            if isinstance(error, FileNotFoundError):
                return None
            raise
        sync_folders(folder, session, path.parent)
        return kept
