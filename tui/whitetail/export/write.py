"""Writes an export to a file: all of it or nothing, and over no other file."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from stat import S_IMODE, S_ISREG

_MAX_NAME_CHARS = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


class TargetError(Exception):
    """The file cannot be written there; the message is one sentence."""


class TargetExistsError(TargetError):
    """There is a file already, which may not be replaced."""


def write_file(chunks: Iterable[bytes], target: Path, *, force: bool = False) -> int:
    """Write a file; return its size in bytes.

    It is written next to the target and renamed, so that the target is either whole or
    as it was. Whatever stops it, also an exception of `chunks`, leaves nothing behind.

    Raises:
        TargetError: The target exists, and `force` is not set, or is not a file.
        OSError: It cannot be written; `filename` is set.

    """
    mode = check_target(target, force=force)
    # A link stays one: the file that it leads to is replaced.
    real = target.resolve() if target.is_symlink() else target
    draft = real.with_name(f".{real.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        size = _write_new(chunks, draft, mode)
        _rename(draft, real, force=force)
        _sync_folder(real.parent)
    except BaseException as error:
        # What stopped it is the error to report: on a read-only file system, for
        # example, nothing can be removed, and there is nothing to remove.
        with suppress(OSError):
            draft.unlink()
        if isinstance(error, OSError) and error.filename in (None, str(draft)):
            error.filename, error.filename2 = str(target), None
        raise
    return size


def check_target(target: Path, *, force: bool) -> int | None:
    """Return the mode of the file that will be replaced; None if there is none.

    Raises:
        TargetError: It exists, and may not be replaced.
        OSError: It cannot be looked at.

    """
    try:
        status = target.stat()
    except FileNotFoundError:
        if target.is_symlink():
            raise TargetError(f"{target} is a link that leads nowhere") from None
        return None
    if not S_ISREG(status.st_mode):
        raise TargetError(f"{target} is not a file")
    if not force:
        raise TargetExistsError(f"{target} exists")
    return S_IMODE(status.st_mode)


def file_name(kind: str, name: str, suffix: str) -> str:
    """Return a name for the file of a run or a thread, which is no path.

    `name` can be any text. Only letters, digits, `-` and `_` are kept of it.
    """
    safe = _UNSAFE.sub("_", name)[:_MAX_NAME_CHARS].strip("_") or "unnamed"
    return f"{kind}-{safe}{suffix}"


def free_name(name: str, suffix: str, is_used: Callable[[str], bool]) -> str:
    """Return a name, or else the first with a number before its suffix, that is free.

    `suffix` is the ending of the name, which can have several dots.
    """
    numbered = (f"{name.removesuffix(suffix)}-{number}{suffix}" for number in count(2))
    return next(each for each in chain([name], numbered) if not is_used(each))


def _write_new(chunks: Iterable[bytes], draft: Path, mode: int | None) -> int:
    size = 0
    with draft.open("xb") as file:
        if mode is not None and sys.platform != "win32":
            os.fchmod(file.fileno(), mode)
        for chunk in chunks:
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size


def _rename(draft: Path, target: Path, *, force: bool) -> None:
    """Rename a file; without `force`, only if there is no target at that moment."""
    if force:
        draft.replace(target)
        return
    try:
        # Reserves the name: another program may have written the file meanwhile.
        target.open("xb").close()
    except FileExistsError as error:
        raise TargetExistsError(f"{target} exists") from error
    try:
        draft.replace(target)
    except OSError:
        target.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    """Have the new name survive a loss of power, where folders can be synced."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some file systems cannot sync a folder.
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
