"""The trash of a table in a test, and what the table has left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.helpers.table import Table
from whitetail.source.database.trash import DatabaseTrash


def trash_of(table: Table, folder: Path) -> DatabaseTrash:
    """Return the trash of a table, in a folder that is not there yet."""
    return DatabaseTrash(folder / "a" / "trash", table.open())


def rows(table: Table, condition: str = "1 = 1") -> list[Any]:
    """Return all columns of the rows that pass a condition of SQL, by `seq`."""
    statement = f"SELECT * FROM run_events WHERE {condition} ORDER BY seq"
    return table.run(statement)
