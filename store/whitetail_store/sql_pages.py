"""Reads records of a table in order of `seq`, so that the event loop never waits.

Keeps promises 9 and 10 of the store: rows are fetched in batches, and long texts one
by one, since a driver decodes all that it has received in one piece.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, case, cast, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from whitetail_store.base import Record
from whitetail_store.sql_rows import record_of
from whitetail_store.sql_table import RUN_EVENTS

_BATCH = 500
_LONG_BYTES = 16 * 1024
"""The length from which a text of Postgres is fetched by itself, in bytes."""
_DECODE_AT_ONCE_CHARS = 64 * 1024
"""What is decoded on the event loop; more is decoded in a thread."""

_columns = RUN_EVENTS.c
_metadata = cast(_columns.event_metadata, Text)
_BEFORE = (_columns.thread_id, _columns.run_id, _columns.event_type, _columns.category)
_BEHIND = (_columns.seq, cast(_columns.created_at, Text))
_SQLITE = select(*_BEFORE, _columns.content, _metadata, *_BEHIND)
# aiosqlite decodes in a thread of its own. The size of JSON is that on the disk, which
# needs no decompression.
_is_long = (func.coalesce(func.octet_length(_columns.content), 0) > _LONG_BYTES) | (
    func.coalesce(func.pg_column_size(_columns.event_metadata), 0) > _LONG_BYTES
)
_POSTGRES = select(
    *_BEFORE,
    case((_is_long, null()), else_=_columns.content),
    case((_is_long, null()), else_=_metadata),
    *_BEHIND,
    _columns.id,
    _is_long,
)
_TEXTS = select(_columns.content, _metadata)


async def read_records(
    connection: AsyncConnection,
    wanted: Sequence[ColumnElement[bool]],
    *,
    limit: int | None,
    before: int | None = None,
    after: int | None = None,
    backward: bool = False,
    keep: Callable[[Record], bool] | None = None,
) -> list[Record]:
    """Return the first records that pass, or `backward` the last ones, by `seq`.

    `before` and `after` are cursors. `keep` is asked of each record that `wanted`
    lets pass, before `limit` counts it.
    """
    found: list[Record] = []
    rest = None if limit is None else max(limit, 0)
    while rest is None or rest > 0:
        size = _BATCH if rest is None or keep is not None else min(rest, _BATCH)
        rows = await _fetch(connection, wanted, before, after, backward, size)
        if rows:
            last = rows[-1][6]
            before, after = (last, after) if backward else (before, last)
        records = await _decode(rows)
        kept = [each for each in records if keep is None or keep(each)]
        found += kept[:rest]
        if rest is not None:
            rest -= len(kept)
        if len(rows) < size:
            break
    return found[::-1] if backward else found


async def _fetch(
    connection: AsyncConnection,
    wanted: Sequence[ColumnElement[bool]],
    before: int | None,
    after: int | None,
    backward: bool,
    size: int,
) -> list[tuple[Any, ...]]:
    is_sqlite = connection.dialect.name == "sqlite"
    statement = (_SQLITE if is_sqlite else _POSTGRES).where(*wanted)
    if before is not None:
        statement = statement.where(_columns.seq < before)
    if after is not None:
        statement = statement.where(_columns.seq > after)
    order = _columns.seq.desc() if backward else _columns.seq.asc()
    result = await connection.execute(statement.order_by(order).limit(size))
    rows = result.all()
    if is_sqlite:
        return [tuple(row) for row in rows]
    return [await _with_texts(connection, row) for row in rows]


async def _with_texts(connection: AsyncConnection, row: Row[Any]) -> tuple[Any, ...]:
    """Return a row of Postgres with its long texts; empty ones if it was deleted."""
    *values, row_id, is_long = tuple(row)
    if is_long:
        texts = await connection.execute(_TEXTS.where(_columns.id == row_id))
        values[4:6] = texts.one_or_none() or (None, None)
    return tuple(values)


async def _decode(rows: list[tuple[Any, ...]]) -> list[Record]:
    chars = sum(len(row[4] or "") + len(row[5] or "") for row in rows)
    if chars <= _DECODE_AT_ONCE_CHARS:
        return [record_of(row) for row in rows]
    return await asyncio.to_thread(lambda: [record_of(row) for row in rows])
