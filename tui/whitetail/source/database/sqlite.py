"""Reads a file of SQLite with the driver of the standard library."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whitetail.source.database.address import DatabaseAddress
from whitetail.source.database.connection import Database
from whitetail.source.database.whole_rows import SqliteRows

LOCKED_S = 2.0
"""How long a statement waits while another program has locked the file."""


class _Connection(sqlite3.Connection):
    """A connection that has the device and the number of its file."""

    file = (0, 0)


class SqliteDatabase(Database):
    """A file of SQLite."""

    kind = "SQLite"
    numbers_can_be_late = False
    errors = (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeEncodeError)
    whole_rows = SqliteRows

    def __init__(self, address: DatabaseAddress, path: Path) -> None:
        """Open the file at `path`, for reading only, when a statement needs it."""
        super().__init__(address)
        self._path = path.absolute()
        self._opened = (0, 0)
        """The device and the number of the file that was opened last."""

    @property
    def identity(self) -> int:
        """The number of the file."""
        return self._opened[1]

    def with_ids(self, ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
        """Return a condition for rows with one of these ids, and its values."""
        return f"id IN ({', '.join(['%s'] * len(ids))})", tuple(ids)

    def _connect(self) -> sqlite3.Connection:
        found = self._path.stat()
        connection = self._open("ro")
        # A text that is no UTF-8 would be an error for all rows of a statement.
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        self._opened = connection.file = found.st_dev, found.st_ino
        return connection

    def _connect_to_write(self) -> sqlite3.Connection:
        connection = self._open("rw")
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        return connection

    def _open(self, mode: str) -> _Connection:
        return sqlite3.connect(
            f"{self._path.as_uri()}?mode={mode}",
            uri=True,
            timeout=LOCKED_S,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
        )

    def _execute(
        self, connection: sqlite3.Connection, statement: str, values: Sequence[Any]
    ) -> sqlite3.Cursor:
        return connection.execute(statement.replace("%s", "?"), tuple(values))

    def _kept(self) -> Any | None:
        """Return a connection to the file that is there now."""
        connection = super()._kept()
        if connection is None or self._is_at_path(connection.file):
            return connection
        # It was replaced or deleted: its old content is of no use.
        self._end(connection)
        self._end_kept()
        return None

    def _is_at_path(self, file: tuple[int, int]) -> bool:
        try:
            found = self._path.stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == file
