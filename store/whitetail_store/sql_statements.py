"""Runs statements with `%s` for values, whatever marks the driver has for them.

They are given to the driver as they are: to compile SQLAlchemy's expressions would
cost more than SQLite needs for a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import CursorResult
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


async def insert(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, each given by its columns."""
    if connection.dialect.name == "sqlite":
        rows = [{**row, "created_at": _text(row["created_at"])} for row in rows]
    values = [tuple(row[column] for column in COLUMNS) for row in rows]
    marked = _marked(_INSERT, connection.dialect.paramstyle)
    await connection.exec_driver_sql(marked, values if len(values) > 1 else values[0])


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
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
