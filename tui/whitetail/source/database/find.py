"""Finds the database of a DeerFlow folder that has no run files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from whitetail.source.database.address import DatabaseAddress, address_of_file


def database_in(bases: Iterable[Path]) -> DatabaseAddress | None:
    """Return the first file of SQLite in a folder `data` that has run events.

    None if there is none in any of the `.deer-flow` folders.
    """
    for base in bases:
        for path in sorted((base / "data").glob("*.db")):
            found = address_of_file(path)
            if found is not None and _has_events(found, path):
                return replace(found, is_found=True)
    return None


def _has_events(address: DatabaseAddress, path: Path) -> bool:
    # The driver is imported here: most users have no database.
    from whitetail.source.database.sqlite import SqliteDatabase
    from whitetail.source.database.statements import LAST_ID
    from whitetail_store import DatabaseError

    database = SqliteDatabase(address, path)
    try:
        return database.select(LAST_ID)[0][0] is not None
    except DatabaseError:
        # Another table, or a file that is locked: the user can still name it.
        return False
    finally:
        database.close()
