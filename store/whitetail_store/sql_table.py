"""The table `run_events` as DeerFlow creates it, and how a new database gets one."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import UserDefinedType


class _Json(UserDefinedType[str]):
    """A JSON column whose text we write ourselves."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "JSON"


RUN_EVENTS = Table(
    "run_events",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("thread_id", String(64), nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("user_id", String(64), index=True),
    Column("event_type", String(32), nullable=False),
    Column("category", String(16), nullable=False),
    Column("content", Text),
    Column("event_metadata", _Json),
    Column("seq", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True)),
    UniqueConstraint("thread_id", "seq", name="uq_events_thread_seq"),
    Index("ix_events_thread_cat_seq", "thread_id", "category", "seq"),
    Index("ix_events_run", "thread_id", "run_id", "seq"),
    sqlite_autoincrement=True,
)
"""One row is one event. In SQLite, unlike in DeerFlow's table, no id is given twice."""


async def let_readers_read(connection: AsyncConnection) -> None:
    """Choose the mode of SQLite in which readers need not wait for a writer."""
    await connection.exec_driver_sql("PRAGMA journal_mode = WAL")


async def create_table(connection: AsyncConnection) -> None:
    """Create the table if there is none; one that is there stays as it is."""
    await connection.run_sync(RUN_EVENTS.metadata.create_all)
