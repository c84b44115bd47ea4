"""Finds a database where there are no run files: in a DeerFlow folder, or by a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from whitetail.source.database.address import (
    AddressError,
    DatabaseAddress,
    address_of,
    address_of_file,
)
from whitetail.source.locate import has_runs
from whitetail_store.errors import DatabaseError

_NO_FILES = "there are no run files"
_CONNECT_TIMEOUT_S = 3
"""The variable may be meant for another program: its server delays the start less."""


def database_in(bases: Iterable[Path]) -> DatabaseAddress | None:
    """Return the first database in `.deer-flow` folders; None if there is none."""
    found = next(databases_in(bases), None)
    return found and replace(found, found_as=_NO_FILES)


def databases_in(bases: Iterable[Path]) -> Iterator[DatabaseAddress]:
    """Yield the files of SQLite in the folders `data` that have run events."""
    for base in bases:
        for path in sorted((base / "data").glob("*.db")):
            found = address_of_file(path)
            if found is not None and _has_events(found, path):
                yield found


def tree_around(path: Path) -> Path | None:
    """Return the `.deer-flow` with run files that has a database; None if none has."""
    data = path.absolute().parent
    base = data.parent
    is_tree = data.name == "data" and (base / "threads").is_dir()
    return base if is_tree and has_runs(base) else None


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
