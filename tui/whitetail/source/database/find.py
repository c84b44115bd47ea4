"""Finds a database where there are no run files: in a DeerFlow folder, or by a URL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from whitetail.source.database.address import (
    AddressError,
    DatabaseAddress,
    address_of,
    address_of_file,
)
from whitetail_store.errors import DatabaseError

_NO_FILES = "there are no run files"
_CONNECT_TIMEOUT_S = 3
"""The variable may be meant for another program: its server delays the start less."""


def database_in(bases: Iterable[Path]) -> DatabaseAddress | None:
    """Return the first file of SQLite in a folder `data` that has run events.

    None if there is none in any of the `.deer-flow` folders.
    """
    for base in bases:
        for path in sorted((base / "data").glob("*.db")):
            found = address_of_file(path)
            if found is not None and _has_events(found, path):
                return replace(found, found_as=_NO_FILES)
    return None


def database_at(url: str) -> DatabaseAddress:
    """Return the database that `$DATABASE_URL` names. Waits for its server.

    Raises:
        DatabaseError: It is no database with run events, or is not reachable. The
            message has no password.

    """
    from whitetail.source.database.connection import open_database
    from whitetail.source.database.statements import CHECK

    try:
        address = address_of(url)
    except AddressError as error:
        raise DatabaseError(str(error)) from error
    if address is None:
        raise DatabaseError("it is no URL of a database")
    limit = f"{'&' if '?' in address.url else '?'}connect_timeout={_CONNECT_TIMEOUT_S}"
    has_limit = not address.url or "connect_timeout=" in address.url
    tried = address if has_limit else replace(address, url=address.url + limit)
    database = open_database(tried)
    try:
        database.select(CHECK)
    finally:
        database.close()
    return replace(address, found_as=f"$DATABASE_URL; {_NO_FILES}")


def _has_events(address: DatabaseAddress, path: Path) -> bool:
    # The driver is imported here: most users have no database.
    from whitetail.source.database.sqlite import SqliteDatabase
    from whitetail.source.database.statements import LAST_ID

    database = SqliteDatabase(address, path)
    try:
        return database.select(LAST_ID)[0][0] is not None
    except DatabaseError:
        # Another table, or a file that is locked: the user can still name it.
        return False
    finally:
        database.close()
