"""Runs statements with `%s` for values, whatever marks the driver has for them.

They are given to the driver as they are: to compile SQLAlchemy's expressions would
cost more than SQLite needs for a page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

import orjson
from sqlalchemy import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

COLUMNS = (
    "thread_id",
    "run_id",
    "user_id",
    "event_type",
    "category",
    "content",
    "event_metadata",
    "seq",
    "created_at",
)
_INSERT = (
    f"INSERT INTO run_events ({', '.join(COLUMNS)}) "
    f"VALUES ({', '.join(['%s'] * len(COLUMNS))})"
)

_NEWEST = "SELECT max(seq) FROM run_events WHERE thread_id = %s"
_INSERT_NUMBERED = f"""\
INSERT INTO run_events ({", ".join(COLUMNS)})
SELECT CAST(%s AS text), new.run_id, CAST(%s AS text), new.event_type, new.category,
    new.content, CAST(new.event_metadata AS json), newest.seq + new.number,
    new.created_at
FROM (
    SELECT coalesce(max(seq), 0) AS seq FROM run_events WHERE thread_id = %s
) AS newest, json_to_recordset(CAST(%s AS json)) AS new (
    number bigint, run_id text, event_type text, category text, content text,
    event_metadata text, created_at timestamp with time zone
)
WHERE newest.seq + CAST(%s AS bigint) <= %s
ORDER BY new.number
RETURNING seq
"""
"""Each statement is a trip to the server: this one also finds the newest row."""


_PART_CHARS = 1 << 18
"""How long the texts of one statement are about at most, if it has several rows."""
_AT_ONCE_CHARS = 1 << 16
"""What is encoded on the event loop; more is encoded in a thread."""
_COMMANDS = {"aiosqlite": "execute_fetchall", "psycopg": "execute"}
"""The methods of drivers that run a statement, by the names of the drivers."""


class Where(NamedTuple):
    """A condition on rows, with `%s` for each of its values."""

    text: str
    values: tuple[Any, ...]

    def and_(self, text: str, *values: Any) -> Where:
        """Return the condition that a row passes both."""
        return Where(f"{self.text} AND {text}", (*self.values, *values))

    def and_in(self, column: str, values: Sequence[Any]) -> Where:
        """Return the condition that a column also has one of some values."""
        if not values:
            return self.and_("1 = 0")
        marks = ", ".join(["%s"] * len(values))
        return self.and_(f"{column} IN ({marks})", *values)


async def execute(
    connection: AsyncConnection, statement: str, values: tuple[Any, ...] = ()
) -> CursorResult[Any]:
    """Run a statement and return its result."""
    marked = _marked(statement, connection.dialect.paramstyle)
    return await connection.exec_driver_sql(marked, values)


async def command(connection: AsyncConnection, statement: str) -> None:
    """Run a statement that has no values and no result, such as COMMIT.

    The driver runs it, where that is known to be safe: it needs less than half the time
    that SQLAlchemy does.

    Raises:
        DBAPIError: As SQLAlchemy does.

    """
    dialect = connection.dialect
    method = _COMMANDS.get(dialect.driver)
    if method is None or dialect.dbapi is None:
        await connection.exec_driver_sql(statement)
        return
    pooled = await connection.get_raw_connection()
    try:
        await getattr(pooled.driver_connection, method)(statement)
    except dialect.dbapi.Error as error:
        raise DBAPIError.instance(
            statement, None, error, dialect.dbapi.Error
        ) from error


async def insert(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, each given by its columns."""
    if connection.dialect.name == "sqlite":
        rows = [{**row, "created_at": _text(row["created_at"])} for row in rows]
    values = [tuple(row[column] for column in COLUMNS) for row in rows]
    marked = _marked(_INSERT, connection.dialect.paramstyle)
    await connection.exec_driver_sql(marked, values if len(values) > 1 else values[0])


async def insert_numbered(
    connection: AsyncConnection,
    thread_id: str,
    user_id: str | None,
    rows: Sequence[dict[str, Any]],
    max_seq: int,
) -> int | None:
    """Insert rows behind the newest row of their thread, which is locked.

    Returns the `seq` of the first one; None if that of the last one would be above
    `max_seq`: the transaction must be undone.
    """
    if connection.dialect.name == "sqlite":
        newest = await execute(connection, _NEWEST, (thread_id,))
        first: int = (newest.scalar() or 0) + 1
        if first + len(rows) - 1 > max_seq:
            return None
        own = {"user_id": user_id}
        numbered = [{**row, "seq": seq, **own} for seq, row in enumerate(rows, first)]
        await insert(connection, numbered)
        return first
    first_seqs: list[int] = []
    for part in _parts(rows):
        # All rows are one value: the driver needs longer for many.
        if _chars(part) > _AT_ONCE_CHARS:
            values = await asyncio.to_thread(_numbered, part)
        else:
            values = _numbered(part)
        result = await execute(
            connection,
            _INSERT_NUMBERED,
            (thread_id, user_id, thread_id, values, len(part), max_seq),
        )
        seqs = result.scalars().all()
        if not seqs:
            return None
        first_seqs.append(min(seqs))
    return first_seqs[0]


def _parts(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    """Yield rows in parts, each of one row or not too long for one statement."""
    begin = chars = 0
    for at, row in enumerate(rows):
        chars += _chars([row])
        if chars > _PART_CHARS and at > begin:
            yield rows[begin:at]
            begin, chars = at, _chars([row])
    yield rows[begin:]


def _chars(rows: Sequence[dict[str, Any]]) -> int:
    return sum(len(row["content"]) + len(row["event_metadata"]) for row in rows)


def _numbered(rows: Sequence[dict[str, Any]]) -> str:
    return orjson.dumps(
        [{**row, "number": number} for number, row in enumerate(rows, 1)]
    ).decode()


@lru_cache(256)
def _marked(statement: str, style: str) -> str:
    if style == "qmark":
        return statement.replace("%s", "?")
    if style == "numeric_dollar":
        numbers = count(1)
        first, *parts = statement.split("%s")
        return first + "".join(f"${next(numbers)}{part}" for part in parts)
    return statement


def _text(time: datetime) -> str:
    """Return a time as SQLAlchemy writes it to SQLite, which has no times."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
