"""Connections to a database, and transactions that number the events of a thread.

Needs SQLAlchemy and, by the kind of the database, aiosqlite or psycopg: they come
with the extra `whitetail[db]`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote
from weakref import WeakValueDictionary

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from whitetail_store.errors import DatabaseBusyError, DatabaseError
from whitetail_store.sql_errors import is_busy, is_lost, reason
from whitetail_store.sql_statements import command, execute

_T = TypeVar("_T")
Work = Callable[[AsyncConnection], Awaitable[_T]]
"""What is done on a connection."""
_CONNECTIONS = 5
"""The number of connections that a store has at most, whatever is asked of it."""
_BUSY_S = 0.05
"""How long SQLite itself waits for a lock; then other calls have their turn."""
_STATEMENT_TIMEOUT_S = 300.0
_CONNECT_TIMEOUT_S = 10
_LOCK = "SELECT pg_advisory_xact_lock(hashtext(CAST(%s AS text))::bigint)"
"""The lock that DeerFlow's store acquires before it numbers the events of a thread."""


class Database:
    """A SQLite or Postgres database, used on one event loop.

    Statements are committed one by one, unless `write` makes them a transaction.
    """

    def __init__(
        self,
        url_or_engine: str | URL | AsyncEngine,
        *,
        lock_timeout_s: float,
        create: bool = False,
    ) -> None:
        """Prepare the database; nothing is opened yet.

        `create`: a SQLite file that is not there is created.

        Raises:
            ValueError: It is no URL of SQLite or Postgres.

        """
        if isinstance(url_or_engine, AsyncEngine):
            url = url_or_engine.url
            engine = url_or_engine.execution_options(isolation_level="AUTOCOMMIT")
        else:
            url = make_url(url_or_engine)
            engine = _engine(url, lock_timeout_s, create=create)
        self.name = url.set(drivername=url.get_backend_name()).render_as_string()
        """The URL, without its password."""
        self._engine = engine
        self._is_own = not isinstance(url_or_engine, AsyncEngine)
        self._file: Path | None = None
        """The SQLite file, until it was seen to be there."""
        if self._is_own and self.is_sqlite and not create:
            self._file = _path(url)
        self._lock_timeout_s = lock_timeout_s
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite, and not Postgres."""
        return self._engine.dialect.name == "sqlite"

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    async def read(self, work: Work[_T]) -> _T:
        """Return what `work` reads. It is called again if the connection was lost.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """

        async def attempt() -> _T:
            connection = await self._connect()
            try:
                return await work(connection)
            finally:
                await connection.close()

        with self._errors():
            try:
                return await self._when_free(attempt)
            except DBAPIError as error:
                if not is_lost(error):
                    raise
                return await self._when_free(attempt)

    async def write(
        self,
        thread_id: str,
        work: Work[_T],
        *,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> _T:
        """Return the result of `work`, which changes a thread in one transaction.

        Calls on a thread are served in the order in which they were made, and at most
        one program at a time changes a thread. A call that is cancelled while it waits
        changes nothing; one that is cancelled later is done as a whole, or not at all.
        `prepare` is called before the transaction begins.

        Raises:
            DatabaseError: Nothing was changed, unless the connection was lost during
                the commit.

        """
        # A SQLite file has one writer at a time.
        name = "" if self.is_sqlite else thread_id
        turn = self._turns.setdefault(name, asyncio.Lock())
        async with turn:
            if prepare is not None:
                await prepare()
            with self._errors():
                return await self._write(thread_id, work)

    async def _write(self, thread_id: str, work: Work[_T]) -> _T:
        deadline = time.monotonic() + self._lock_timeout_s
        while True:
            connection = await self._begin(thread_id)
            done = asyncio.ensure_future(_finish(connection, work))
            try:
                return await asyncio.shield(done)
            except asyncio.CancelledError:
                # The next call has its turn afterwards.
                await asyncio.wait([done])
                raise
            except IntegrityError:
                # A program without the lock has given the same number.
                if time.monotonic() >= deadline:
                    raise

    async def _begin(self, thread_id: str) -> AsyncConnection:
        """Return a connection with a transaction that has the lock of a thread."""

        async def attempt() -> AsyncConnection:
            connection = await self._connect()
            try:
                if self.is_sqlite:
                    await command(connection, "BEGIN IMMEDIATE")
                else:
                    await connection.exec_driver_sql("BEGIN")
                    if not self._is_own:
                        timeout = _milliseconds(self._lock_timeout_s)
                        await execute(connection, f"SET LOCAL lock_timeout = {timeout}")
                    await execute(connection, _LOCK, (thread_id,))
            except BaseException:
                await _abandon(connection)
                raise
            return connection

        async def whole_attempt() -> AsyncConnection:
            # A statement of SQLite cannot be cancelled; it waits for 50 ms at most.
            began = asyncio.ensure_future(attempt())
            try:
                return await asyncio.shield(began)
            except asyncio.CancelledError:
                await asyncio.wait([began])
                if not began.cancelled() and began.exception() is None:
                    await _abandon(began.result())
                raise

        if self.is_sqlite:
            return await self._when_free(whole_attempt)
        try:
            return await attempt()
        except DBAPIError as error:
            if not is_lost(error):
                raise
            # Nothing was sent yet that changes anything.
            return await attempt()

    async def _when_free(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """Return the result of `attempt`, again and again while SQLite is locked."""
        deadline = time.monotonic() + self._lock_timeout_s
        pause_s = 0.001
        while True:
            try:
                return await attempt()
            except DBAPIError as error:
                is_over = time.monotonic() >= deadline
                if not (self.is_sqlite and is_busy(error)) or is_over:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, 0.05)

    async def _connect(self) -> AsyncConnection:
        if self._file is not None:
            # aiosqlite leaves a thread behind if a file cannot be opened.
            await asyncio.to_thread(_check_readable, self._file)
            self._file = None
        return await self._engine.connect()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the errors of SQLAlchemy and of the driver into those of the store."""
        try:
            yield
        except NoConnectionFree as error:
            raise DatabaseBusyError(
                f"{self.name}: all {_CONNECTIONS} connections are in use"
            ) from error
        except (DBAPIError, OSError) as error:
            if is_busy(error):
                raise DatabaseBusyError(
                    f"{self.name}: another program has held a lock for "
                    f"{self._lock_timeout_s:g} s"
                ) from error
            raise DatabaseError(f"{self.name}: {reason(error)}") from error


def _check_readable(path: Path) -> None:
    with path.open("rb"):
        pass


async def _finish(connection: AsyncConnection, work: Work[_T]) -> _T:
    try:
        result = await work(connection)
        await command(connection, "COMMIT")
    except BaseException:
        await _abandon(connection)
        raise
    await connection.close()
    return result


async def _abandon(connection: AsyncConnection) -> None:
    """Undo the transaction of a connection, whatever its state is.

    On a server it ends with its connection, and so does a statement that waits for
    a lock.
    """
    if connection.dialect.name == "sqlite":
        # SQLAlchemy knows of no transaction, since it began none.
        pooled = await connection.get_raw_connection()
        assert pooled.driver_connection is not None
        await pooled.driver_connection.rollback()
    else:
        await connection.invalidate()
    await connection.close()


def _path(url: URL) -> Path:
    return Path((url.database or "").removeprefix("file:").partition("?")[0]).absolute()


def _milliseconds(seconds: float) -> int:
    """Return a time as Postgres wants it, which is never 0: that means no limit."""
    return max(int(seconds * 1000), 1)


def _engine(url: URL, lock_timeout_s: float, *, create: bool) -> AsyncEngine:
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ValueError("a database in memory cannot be shared: name a file")
        mode = url.query.get("mode", "rwc" if create else "rw")
        url = url.set(
            drivername="sqlite+aiosqlite",
            database=f"file:{quote(str(_path(url)))}",
            query={"mode": mode, "uri": "true"},
        )
        options["connect_args"] = {"timeout": _BUSY_S}
    elif url.get_backend_name() == "postgresql":
        # A host may be a folder with a socket, whose slashes are escaped.
        host = unquote(url.host) if url.host else None
        url = url.set(drivername="postgresql+psycopg", host=host)
        wanted = url.query.get("options", "")
        if isinstance(wanted, tuple):
            wanted = " ".join(wanted)
        timeouts = (
            f"-c statement_timeout={_milliseconds(_STATEMENT_TIMEOUT_S)} "
            f"-c lock_timeout={_milliseconds(lock_timeout_s)}"
        )
        options["connect_args"] = {
            "connect_timeout": _CONNECT_TIMEOUT_S,
            # What the URL says comes last, and wins.
            "options": f"{timeouts} {wanted}".strip(),
        }
        url = url.difference_update_query(["options"])
    else:
        raise ValueError(f"no SQLite or Postgres database: {url.get_backend_name()}")
    engine = create_async_engine(url, pool_size=_CONNECTIONS, max_overflow=0, **options)
    # A rollback after each call would cost SQLite a fifth of a `put`. There is nothing
    # to roll back: transactions are committed or abandoned. SQLAlchemy 2.0.43 or later.
    engine.dialect.skip_autocommit_rollback = True
    return engine
