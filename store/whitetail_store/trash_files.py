"""The folders of the trash: their locks, their files, and moves that lose nothing."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from whitetail_store.file_lock import lock_file

LOCK_NAME = "lock"
"""The file in the folder of a session that is locked while the session lasts."""
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


def move_without_overwriting(source: Path, target: Path) -> None:
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
        try:
            source.replace(target)
        except OSError:
            if target.stat().st_size == 0:
                target.unlink()
            raise
    else:
        # Another session may have removed it meanwhile.
        source.unlink(missing_ok=True)


@contextmanager
def cleaning(root: Path) -> Iterator[float | None]:
    """Hold the lock of a cleaning; None if there is no trash or another one cleans it.

    Otherwise the time of the first cleaning, in seconds since the epoch.
    """
    if not root.is_dir() or root.is_symlink():
        yield None
        return
    file = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        lock_file(file, wait=False)
    except BlockingIOError:
        yield None
    else:
        # Nothing is ever written to it.
        yield os.fstat(file).st_mtime
    finally:
        os.close(file)


def new_folder(session: Path) -> Path:
    """Create a folder in a session's folder, with the time as its name."""
    time_ns = time.time_ns()
    while True:
        folder = session / str(time_ns)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            return folder
        time_ns += 1


def files_in(folder: Path) -> Iterator[Path]:
    """Yield the paths of all files in a folder and in those below it."""

    def failed(error: OSError) -> None:
        # The end of another session removes empty folders.
        if not isinstance(error, FileNotFoundError):
            raise error

    for parent, _, names in os.walk(folder, onerror=failed):
        yield from (Path(parent, name) for name in sorted(names))


def folders_in(root: Path) -> Iterator[Path]:
    """Yield the folders in a folder; none if it is missing. Links are left out."""
    if root.is_dir() and not root.is_symlink():
        for each in sorted(root.iterdir()):
            if each.is_dir() and not each.is_symlink():
                yield each


def is_abandoned(folder: Path) -> bool:
    """Return whether the session of a folder has ended: its lock is free."""
    try:
        file = os.open(folder / LOCK_NAME, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        lock_file(file, wait=False)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True
