"""A delete that a database refuses leaves all as it is, and says why."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from tests.helpers.database_trash import rows, trash_of
from tests.helpers.privileges import file_modes_apply
from tests.helpers.table import Table
from whitetail.source.database.address import address_of
from whitetail.source.database.connection import open_database
from whitetail.source.database.trash import DatabaseTrash
from whitetail_store import DatabaseError

KEY = ("t", "r")


def test_a_file_that_can_only_be_read_is_a_sentence(
    sqlite_table: Table, tmp_path: Path
) -> None:
    sqlite_table.add(1)
    sqlite_table.path.chmod(0o444)
    with file_modes_apply() as apply:
        if not apply:
            pytest.skip("the modes of files do not apply here")
        with pytest.raises(DatabaseError, match=r"the database can only be read$"):
            trash_of(sqlite_table, tmp_path).discard([KEY])
    assert len(rows(sqlite_table)) == 1
    assert trash_of(sqlite_table, tmp_path).entries() == []


@contextmanager
def being_read(table: Table) -> Iterator[None]:
    """Read a table in a transaction, as a program that is slow to read it."""
    with closing(sqlite3.connect(table.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM run_events").fetchone()
        yield


@pytest.mark.parametrize("in_use", [Table.locked, being_read])
def test_a_file_that_another_program_uses_is_left_as_it_is(
    sqlite_table: Table,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_use: Callable[[Table], AbstractContextManager[None]],
) -> None:
    monkeypatch.setattr("whitetail.source.database.sqlite.LOCKED_S", 0.01)
    sqlite_table.add(1)
    trash = trash_of(sqlite_table, tmp_path)
    refused = pytest.raises(DatabaseError, match=r"has locked the database$")
    with in_use(sqlite_table), refused:
        trash.discard([KEY])
    assert len(rows(sqlite_table)) == 1
    assert (trash.entries(), trash.kept) == ([], [])


def test_a_user_who_may_not_delete_gets_a_sentence(
    postgres_table: Table, tmp_path: Path
) -> None:
    postgres_table.add(1)
    role = "-c%20role%3Dpg_read_all_data%20"
    url = postgres_table.url.replace("options=", f"options={role}", 1)
    address = address_of(url)
    assert address is not None
    database = open_database(address)
    trash = DatabaseTrash(tmp_path / "trash", database)
    with pytest.raises(DatabaseError, match=r"this user may not do that$"):
        trash.discard([KEY])
    database.close()
    assert trash.entries() == []
    assert len(rows(postgres_table)) == 1
