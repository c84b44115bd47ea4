"""Reads a Postgres server with psycopg."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from whitetail.source.database.address import DatabaseAddress
from whitetail.source.database.connection import Database
from whitetail.source.database.whole_rows import PostgresRows
from whitetail_store import DatabaseError

_CONNECT_TIMEOUT_S = 10
_PORTS = re.compile("[0-9,]*")
_SESSION = "SET statement_timeout = '60s'; SET lock_timeout = '5s'; SET TIME ZONE 'UTC'"
_READ = f"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; {_SESSION}"
_WRITE = f"SET datestyle = 'ISO'; SET extra_float_digits = 1; {_SESSION}"
"""Texts of values are those from which the server reads the same values again."""


class PostgresDatabase(Database):
    """A database of a Postgres server."""

    kind = "Postgres"
    numbers_can_be_late = True
    errors = (psycopg.Error, psycopg.Warning, UnicodeEncodeError)
    whole_rows = PostgresRows

    def __init__(self, address: DatabaseAddress) -> None:
        """Connect when a statement needs it.

        Raises:
            DatabaseError: The URL cannot be parsed.

        """
        super().__init__(address)
        try:
            self._options = conninfo_to_dict(address.url)
            is_valid = _PORTS.fullmatch(str(self._options.get("port", ""))) is not None
        except psycopg.Error:
            is_valid = False
        if not is_valid:
            # The driver's message has parts of the URL, perhaps of the password.
            raise DatabaseError(
                f"{self.name}: this is no URL of Postgres; special characters of a "
                "password are written as %40 for @ and %2F for /"
            )
        self._options.setdefault("connect_timeout", _CONNECT_TIMEOUT_S)
        self._options.setdefault("application_name", "whitetail")

    @property
    def identity(self) -> int:
        """Always 0: a server gives no sign that another one replaced it."""
        return 0

    def with_ids(self, ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
        """Return a condition for rows with one of these ids, and its values."""
        return "id = ANY(%s)", (list(ids),)

    def _connect(self) -> psycopg.Connection[Any]:
        return self._open(_READ)

    def _connect_to_write(self) -> psycopg.Connection[Any]:
        return self._open(_WRITE)

    def _open(self, session: str) -> psycopg.Connection[Any]:
        connection = psycopg.connect(
            make_conninfo("", **self._options), autocommit=True
        )
        with self._ending(connection):
            connection.execute(session.encode())
        return connection

    def _execute(
        self, connection: psycopg.Connection[Any], statement: str, values: Sequence[Any]
    ) -> psycopg.Cursor[Any]:
        return connection.execute(statement.encode(), values)
