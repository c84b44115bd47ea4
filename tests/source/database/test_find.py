"""Which database is opened without a name, and which are offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from tests.helpers.table import Table
from whitetail.source.database.address import DatabaseAddress
from whitetail.source.database.connection import open_database
from whitetail.source.database.source import DatabaseSource
from whitetail.source.locate import NoTreeError, TreeLocation, locate, offered
from whitetail.source.source import FileSource

REFUSED = "postgresql://deer:secret@127.0.0.1:1/runs"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, which has no runs."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def locate_with(url: str) -> TreeLocation | DatabaseAddress:
    return locate(None, {"DATABASE_URL": url})


def test_the_variable_names_a_database_with_the_table(
    table: Table, folder: Path
) -> None:
    found = locate_with(table.url)
    assert isinstance(found, DatabaseAddress)
    assert found.found_as == "$DATABASE_URL; there are no run files"
    named = locate(table.url, {})
    assert (found.path, found.url) == (named.path, named.url)  # type: ignore[union-attr]


def test_local_runs_precede_the_variable(sqlite_table: Table, folder: Path) -> None:
    local = Table(f"sqlite:///{folder}/.deer-flow/data/deerflow.db")
    local.path.parent.mkdir(parents=True)
    local.create()
    local.add(1)
    found = locate_with(sqlite_table.url)
    assert isinstance(found, DatabaseAddress)
    assert found.path == local.path
    Disk(folder).write_run("t", "r", "a question", "an answer")
    assert isinstance(locate_with(sqlite_table.url), TreeLocation)


def test_a_database_without_the_table_is_not_used(empty: Table, folder: Path) -> None:
    empty.run("CREATE TABLE other (id INTEGER)")
    found = locate_with(empty.url)
    assert isinstance(found, TreeLocation)
    assert found.unused.endswith("it has no table `run_events`")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (REFUSED, "postgresql://deer@127.0.0.1:1/runs: no server answers"),
        ("mysql://deer:secret@h/runs", "mysql: whitetail reads SQLite and Postgres"),
        ("secret", "it is no URL of a database"),
        ("sqlite:////nonexistent/secret.db?a=b", "/nonexistent/secret.db: the file"),
    ],
)
async def test_the_reason_is_listed_beside_the_folders_and_has_no_password(
    folder: Path, url: str, reason: str
) -> None:
    found = locate_with(url)
    assert isinstance(found, TreeLocation)
    assert found.unused.startswith(reason)
    assert "secret@" not in found.unused
    entry = (await FileSource(found).trees())[-1]
    assert (entry.path, entry.problem) == ("$DATABASE_URL", found.unused)


def test_the_reason_is_shown_to_those_who_want_the_events_of_a_user(
    folder: Path,
) -> None:
    with pytest.raises(NoTreeError) as caught:
        locate(None, {"DATABASE_URL": "mysql://deer:secret@h/runs"}, "deer")
    assert str(caught.value) == (
        "--user needs a database, and there is none; $DATABASE_URL was not used: "
        "mysql: whitetail reads SQLite and Postgres"
    )


def test_an_unset_variable_has_no_reason(folder: Path) -> None:
    for environment in ({}, {"DATABASE_URL": ""}):
        found = locate(None, environment)
        assert isinstance(found, TreeLocation)
        assert found.unused == ""


async def test_a_database_and_the_tree_around_it_are_offered_to_each_other(
    folder: Path,
) -> None:
    Disk(folder).write_run("t", "r", "a question", "an answer")
    tree = locate(None, {})
    assert isinstance(tree, TreeLocation)
    files = FileSource(tree)
    assert await files.beside() == []
    table = Table(f"sqlite:///{folder}/.deer-flow/data/deerflow.db")
    table.path.parent.mkdir()
    table.create()
    assert await files.beside() == []
    table.add(1)
    (entry,) = await files.beside()
    assert (entry.key, entry.has_runs, entry.runs) == (str(table.path), True, None)
    assert (await files.trees())[-1] == entry

    database = offered(tree, entry.key)
    assert isinstance(database, DatabaseAddress)
    assert database == locate(str(table.path), {})
    source = DatabaseSource(open_database(database))
    (back,) = await source.beside()
    assert offered(database, back.key) == TreeLocation(tree.base)
    source.close()
    assert await DatabaseSource(Table("sqlite:///elsewhere.db").open()).beside() == []
