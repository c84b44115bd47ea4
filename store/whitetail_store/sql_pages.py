"""Reads records of a table in order of `seq`, so that the event loop never waits.

Keeps promises 9 and 10 of the store: rows are fetched in batches, and long texts one
by one, since a driver decodes all that it has received in one piece.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from whitetail_store.base import Record
from whitetail_store.sql_rows import record_of
from whitetail_store.sql_statements import Where, execute

_BATCH = 500
_LONG_BYTES = 16 * 1024
"""The length from which a text of Postgres is fetched by itself, in bytes."""
_DECODE_AT_ONCE_CHARS = 64 * 1024
"""What is decoded on the event loop; more is decoded in a thread."""

_SQLITE = """
SELECT thread_id, run_id, event_type, category, content,
    CAST(event_metadata AS TEXT), seq, CAST(created_at AS TEXT)
FROM run_events WHERE """
# aiosqlite decodes in a thread of its own. The size of JSON is that on the disk, which
# needs no decompression.
_IS_LONG = (
    f"(coalesce(octet_length(content), 0) > {_LONG_BYTES} "
    f"OR coalesce(pg_column_size(event_metadata), 0) > {_LONG_BYTES})"
)
_POSTGRES = f"""
SELECT thread_id, run_id, event_type, category,
    CASE WHEN {_IS_LONG} THEN NULL ELSE content END,
    CASE WHEN {_IS_LONG} THEN NULL ELSE CAST(event_metadata AS TEXT) END,
    seq, CAST(created_at AS TEXT), id, {_IS_LONG}
FROM run_events WHERE """
_TEXTS = "SELECT content, CAST(event_metadata AS TEXT) FROM run_events WHERE id = %s"


async def read_records(
    connection: AsyncConnection,
    where: Where,
    *,
    limit: int | None,
    before: int | None = None,
    after: int | None = None,
    backward: bool = False,
    keep: Callable[[Record], bool] | None = None,
) -> list[Record]:
    """Return the first records that pass, or `backward` the last ones, by `seq`.

    `before` and `after` are cursors. `keep` is asked of each record that `where`
    lets pass, before `limit` counts it.
    """
    found: list[Record] = []
    rest = None if limit is None else max(limit, 0)
    while rest is None or rest > 0:
        size = _BATCH if rest is None or keep is not None else min(rest, _BATCH)
        rows = await _fetch(connection, where, before, after, backward, size)
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
    where: Where,
    before: int | None,
    after: int | None,
    backward: bool,
    size: int,
) -> list[tuple[Any, ...]]:
    if before is not None:
        where = where.and_("seq < %s", before)
    if after is not None:
        where = where.and_("seq > %s", after)
    is_sqlite = connection.dialect.name == "sqlite"
    select = _SQLITE if is_sqlite else _POSTGRES
    order = "DESC" if backward else "ASC"
    statement = f"{select}{where.text} ORDER BY seq {order} LIMIT %s"
    rows = (await execute(connection, statement, (*where.values, size))).all()
    if is_sqlite:
        return [tuple(row) for row in rows]
    return [await _with_texts(connection, tuple(row)) for row in rows]


async def _with_texts(
    connection: AsyncConnection, row: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Return a row of Postgres with its long texts; empty ones if it was deleted."""
    *values, row_id, is_long = row
    if is_long:
        texts = await execute(connection, _TEXTS, (row_id,))
        values[4:6] = texts.one_or_none() or (None, None)
    return tuple(values)


async def _decode(rows: list[tuple[Any, ...]]) -> list[Record]:
    chars = sum(len(row[4] or "") + len(row[5] or "") for row in rows)
    if chars <= _DECODE_AT_ONCE_CHARS:
        return [record_of(row) for row in rows]
    return await asyncio.to_thread(lambda: [record_of(row) for row in rows])
