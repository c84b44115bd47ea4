"""Connections to a database: those that read are kept, and shared by threads."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from threading import BoundedSemaphore, Lock
from typing import Any, NamedTuple

from whitetail.source.database.address import DatabaseAddress
from whitetail.source.database.whole_rows import WholeRows
from whitetail_store import DatabaseBusyError, DatabaseError
from whitetail_store.sql_errors import is_busy, is_lost, reason

_CONNECTIONS = 4
"""How many statements run at the same time at most."""
_TABLE = re.compile(r"\brun_events\b(?: AS (\w+))?")
_OF_USER = "(SELECT * FROM run_events WHERE user_id || '' = %s) AS "
"""The rows of a user. Of a term, databases do not use the index: sorting all rows of a
user would be slower than the indexes that the statements are meant for."""


class Selected(NamedTuple):
    """The result of a statement."""

    names: list[str]
    """The names of the columns."""
    rows: list[tuple[Any, ...]]


class Database(ABC):
    """A database. Every method may be called by any thread.

    All connections are only read from, except that of `writing`.
    """

    kind: str
    """The name of its kind, for the user."""
    numbers_can_be_late: bool
    """Whether an `id` can be seen after a higher one: when transactions overlap."""
    errors: tuple[type[Exception], ...]
    """What its driver raises, of values that it cannot send, too."""
    whole_rows: type[WholeRows]
    """Reads and changes its rows with all of their columns."""

    def __init__(self, address: DatabaseAddress) -> None:
        """Open nothing before the first statement."""
        self.name = address.name
        """What the user sees of it, without a password."""
        self.path = address.path
        """The file of SQLite; None for a server."""
        self.user_id = address.user_id
        """The user whose rows are read; None for the rows of all users."""
        self._free: list[Any] = []
        self._closed = False
        self._lock = Lock()
        self._slots = BoundedSemaphore(_CONNECTIONS)

    @property
    @abstractmethod
    def identity(self) -> int:
        """A number that changes when another database is there now."""

    @abstractmethod
    def with_ids(self, ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
        """Return a condition for rows with one of these ids, and its values."""

    def select(
        self, statement: str, values: Sequence[Any] = (), *, of_all_users: bool = False
    ) -> list[Any]:
        """Return the rows of a statement, with `%s` for each value. Blocks.

        The table has only the rows of the user in it, unless `of_all_users`.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """
        return self.select_named(statement, values, of_all_users=of_all_users).rows

    def select_named(
        self, statement: str, values: Sequence[Any] = (), *, of_all_users: bool = False
    ) -> Selected:
        """Return the rows of a statement with the names of the columns. Blocks.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """
        if self.user_id is not None and not of_all_users:
            statement, values = narrowed(statement, values, self.user_id)
        with self._slots:
            connection = self._kept()
            if connection is not None:
                try:
                    return self._select(connection, statement, values)
                except self.errors as error:
                    if not is_lost(error):
                        raise self._error(error) from error
                    # Only reads are sent, so a second one does no harm.
                    self._end_kept()
            try:
                connection = self._connect()
                return self._select(connection, statement, values)
            except OSError as error:
                raise self._error(error) from error
            except self.errors as error:
                raise self._error(error) from error

    @contextmanager
    def writing(self) -> Iterator[WholeRows]:
        """Yield the table on a connection of its own, on which rows can be changed.

        What is not committed by then is undone at the end.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """
        try:
            connection = self._connect_to_write()
        except OSError as error:
            raise self._error(error) from error
        except self.errors as error:
            raise self._error(error) from error
        try:
            yield self.whole_rows(partial(self._execute, connection))
        except self.errors as error:
            raise self._error(error) from error
        finally:
            self._end(connection)

    def close(self) -> None:
        """Close all connections; those in use, after their statements."""
        self._closed = True
        self._end_kept()

    def _end_kept(self) -> None:
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            self._end(connection)

    @abstractmethod
    def _connect(self) -> Any:
        """Open a connection on which nothing can be written."""

    @abstractmethod
    def _connect_to_write(self) -> Any:
        """Open a connection on which rows can be changed."""

    @abstractmethod
    def _execute(self, connection: Any, statement: str, values: Sequence[Any]) -> Any:
        """Run a statement; return its cursor."""

    def _kept(self) -> Any | None:
        """Return a connection that was used before; None if there is none."""
        with self._lock:
            return self._free.pop() if self._free else None

    def _select(
        self, connection: Any, statement: str, values: Sequence[Any]
    ) -> Selected:
        with self._ending(connection):
            cursor = self._execute(connection, statement, values)
            rows = cursor.fetchall()
            names = [column[0] for column in cursor.description]
        with self._lock:
            if not self._closed:
                self._free.append(connection)
                connection = None
        if connection is not None:
            self._end(connection)
        return Selected(names, rows)

    @contextmanager
    def _ending(self, connection: Any) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._end(connection)
            raise

    def _end(self, connection: Any) -> None:
        # It may have ended already.
        with suppress(*self.errors):
            connection.close()

    def _error(self, error: Exception) -> DatabaseError:
        kind = DatabaseBusyError if is_busy(error) else DatabaseError
        return kind(f"{self.name}: {reason(error)}")


def narrowed(
    statement: str, values: Sequence[Any], user_id: str
) -> tuple[str, list[Any]]:
    """Return a statement whose table has only the rows of a user, and its values."""
    parts: list[str] = []
    given: list[Any] = []
    rest, end = iter(values), 0
    for table in _TABLE.finditer(statement):
        before = statement[end : table.start()]
        parts += before, _OF_USER, table[1] or "run_events"
        given += *islice(rest, before.count("%s")), user_id
        end = table.end()
    return "".join((*parts, statement[end:])), [*given, *rest]


def open_database(address: DatabaseAddress) -> Database:
    """Return the database at an address, which was not looked at yet.

    Raises:
        DatabaseError: Its driver is not installed, or the URL cannot be parsed.

    """
    # The drivers are imported here: most users open none.
    if address.path is not None:
        from whitetail.source.database.sqlite import SqliteDatabase

        return SqliteDatabase(address, address.path)
    try:
        from whitetail.source.database.postgres import PostgresDatabase
    except ImportError as error:
        raise DatabaseError(
            f"{address.name}: psycopg is missing ({error}); "
            "pip install 'whitetail[db]' installs it"
        ) from error
    return PostgresDatabase(address)
