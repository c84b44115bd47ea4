"""The file of the user's settings: where it is; how it is read and written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Any

CONFIG_VARIABLE = "WHITETAIL_CONFIG"
FILE_NAME = "config.toml"
_MAX_BYTES = 1 << 20

Stamp = tuple[int, int, int, int]
"""Device, inode, size and time: they differ if a file was changed or replaced."""


class NoHomeError(Exception):
    """The user has no home folder, so there is no folder for settings."""

    def __init__(self) -> None:
        super().__init__(
            "there is no home folder for settings; --config or "
            f"{CONFIG_VARIABLE} names a file"
        )


def locate(environ: Mapping[str, str], argument: Path | None = None) -> Path:
    """Return the path of the user's settings, which need not exist.

    It is that of an argument, else of `WHITETAIL_CONFIG`, else in the folder that the
    platform has for it.

    Raises:
        NoHomeError: None of them is known.

    """
    if argument is not None:
        return argument.absolute()
    named = environ.get(CONFIG_VARIABLE, "")
    if named:
        return Path(named).absolute()
    # Textual imports it, too. Before the first screen it costs nothing.
    from platformdirs import user_config_path

    try:
        folder = user_config_path("whitetail", appauthor=False)
    except RuntimeError as error:
        raise NoHomeError from error
    # In older versions of the library, a `~` stays at the beginning.
    if not folder.is_absolute():
        raise NoHomeError
    return folder / FILE_NAME


def stamp(path: Path) -> Stamp | None:
    """Return the stamp of a file; None if there is none that can be looked at."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def read_text(path: Path) -> str:
    """Return the content of a regular file of UTF-8, without a byte order mark.

    Raises:
        OSError: It cannot be read.
        UnicodeDecodeError: It is not UTF-8.
        ValueError: It is no regular file, or too large; the message is a sentence.

    """
    # O_NONBLOCK: opening a pipe without a writer, or some devices, would wait.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not S_ISREG(status.st_mode):
            raise ValueError("it is not a file")
        if status.st_size > _MAX_BYTES:
            raise ValueError(f"it is larger than {_MAX_BYTES >> 20} MiB")
        return file.read(_MAX_BYTES).decode("utf-8-sig")


def replace_text(path: Path, text: str) -> None:
    """Write a text beside a file, and rename it to that. A link stays a link.

    Raises:
        OSError: It cannot be written.

    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(".tmp", f".{target.name}.", target.parent)
    written = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            written.chmod(S_IMODE(target.stat().st_mode))
        written.replace(target)
    except BaseException:
        written.unlink(missing_ok=True)
        raise


def write_value(path: Path, table: str, key: str, value: str) -> None:
    """Set one value in a file; comments, order and all other values stay.

    Raises:
        OSError: It cannot be read or written.
        ValueError: It is not TOML, or no file that can be read.

    """
    import tomllib

    try:
        before = read_text(path)
    except FileNotFoundError:
        before = ""
    try:
        values = tomllib.loads(before)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError("it is not TOML") from error
    section = values.setdefault(table, {})
    if not isinstance(section, dict):
        raise ValueError(f"{table} is no table")
    if section.get(key) == value:
        return
    section[key] = value
    after = _with_value(before, table, key, value)
    # What tomlkit writes is compared with what it should be: it is a user's file.
    if tomllib.loads(after) != values:
        raise ValueError(f"{table}.{key} cannot be changed in it")
    replace_text(path, after)


def _with_value(text: str, table: str, key: str, value: str) -> str:
    import tomlkit

    document: Any = tomlkit.parse(text)
    if table not in document:
        document[table] = tomlkit.table()
    document[table][key] = value
    return tomlkit.dumps(document)
