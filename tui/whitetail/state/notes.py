"""The notes of the user on the events of a run, as an export has them."""

from __future__ import annotations

from whitetail.source.protocols import RunRows
from whitetail.state.database import StateDatabase
from whitetail.state.identity import rows_of


def notes_of(database: StateDatabase, rows: RunRows) -> dict[int, str]:
    """Return the notes on events that are still in a run, by row. Waits for the disk.

    Raises:
        StoreError, OSError, IndexError: The rows cannot be read.

    """
    noted = [mark for mark in database.marks(rows.key) if mark.note]
    return {row: mark.note for row, mark in rows_of(rows, noted).items()}
