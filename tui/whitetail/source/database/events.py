"""Turns rows of a database into events, and into the lines that a file would have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from whitetail.source.database.connection import Database
from whitetail.source.database.statements import COLUMNS
from whitetail_store import BadLine, LogRow, RunEvent
from whitetail_store.event import MAX_SEQ, dump_json, encode
from whitetail_store.sql_rows import record_of

_BATCH = 200
"""The number of rows that one statement reads; more would delay a key."""


class StoredRow(NamedTuple):
    """A row of the table with all that an event has."""

    id: int
    record: dict[str, Any]
    size: int
    """The number of characters of its content and its metadata."""

    @property
    def line(self) -> bytes:
        """The line that a file would have of it."""
        if self._fault:
            return dump_json(self.record) + b"\n"
        return encode(self.record)

    @property
    def event(self) -> LogRow:
        """Its event; a bad line if the table has values that no event has."""
        if not self._fault:
            return RunEvent.of(self.record)
        line = dump_json(self.record)
        return BadLine(0, len(line), self._fault, line)

    @property
    def _fault(self) -> str:
        seq = self.record["seq"]
        if type(seq) is not int:
            return "seq is not an integer"
        return "" if 1 <= seq <= MAX_SEQ else "seq is not from 1 to 2**53 - 1"


def stored_rows(rows: Iterable[Sequence[Any]]) -> list[StoredRow]:
    """Return the rows of a statement that selects `COLUMNS`."""
    return [
        StoredRow(row[0], record_of(_texts(row)), len(row[5] or "") + len(row[6] or ""))
        for row in rows
    ]


def rows_with(database: Database, ids: Sequence[int]) -> dict[int, StoredRow]:
    """Return the rows with these ids, by id; those that are gone are missing.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    found = select_with(database, COLUMNS, ids)
    return {row.id: row for row in stored_rows(found)}


def select_with(database: Database, columns: str, ids: Sequence[int]) -> list[Any]:
    """Return columns of the rows with these ids, in any order.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    found: list[Any] = []
    for first in range(0, len(ids), _BATCH):
        condition, values = database.with_ids(ids[first : first + _BATCH])
        statement = f"SELECT {columns} FROM run_events WHERE {condition}"
        found += database.select(statement, values)
    return found


def raw_row(database: Database, row_id: int) -> bytes | None:
    """Return all columns of a row as JSON; None if it is gone.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    condition, values = database.with_ids([row_id])
    names, rows = database.select_named(
        f"SELECT * FROM run_events WHERE {condition}", values
    )
    if not rows:
        return None
    columns = dict(zip(names, rows[0], strict=True))
    metadata = columns.get("event_metadata")
    if isinstance(metadata, str):
        # What is no JSON stays the text that it is.
        with suppress(ValueError, RecursionError):
            columns["event_metadata"] = json.loads(metadata)
    return json.dumps(columns, default=str, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def _texts(row: Sequence[Any]) -> tuple[Any, ...]:
    """Return the values of an event; SQLite keeps any type in any column."""
    _, *names, content, metadata, seq, time = row
    return (*map(_text, names), content, metadata, seq, time)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
