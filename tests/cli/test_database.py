"""The commands over a database give the answers that they give over files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.any_store import location
from tests.helpers.commands import command, records, started
from tests.helpers.disk import Disk
from tests.helpers.postgres import new_schema
from tests.helpers.table import Table
from whitetail_store import JsonlRunEventStore, copy
from whitetail_store.sql import DbRunEventStore

OF_FILES = ("size_bytes", "path")


@pytest.fixture(params=["sqlite", "postgres"])
def table(
    request: pytest.FixtureRequest, disk: Disk, tmp_path: Path
) -> Iterator[Table]:
    """Return a table with the runs of the tree."""
    kind = str(request.param)
    server = request.getfixturevalue("postgres") if kind == "postgres" else ""
    with location(kind, tmp_path, server) as url:
        asyncio.run(fill(url, disk))
        yield Table(url)


async def fill(url: str, disk: Disk) -> None:
    target = DbRunEventStore(url, create=True)
    await copy(JsonlRunEventStore(disk.base), target)
    await target.close()


def without_files(answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return an answer without what only files have."""
    return [
        {name: value for name, value in each.items() if name not in OF_FILES}
        for each in answer
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "--json"),
        ("ls", "status:failed", "--json"),
        ("ls", "--threads", "--json"),
        ("show", "aaa1", "--overview", "--json"),
        ("show", "bbb1", "--json"),
        ("show", "elk/aaa2", "--answer", "--json"),
        ("grep", "elk", "--json"),
        ("stats", "--json"),
        ("tail", "aaa2", "-n", "2", "--json"),
    ],
)
def test_answers_are_those_over_files(
    disk: Disk, table: Table, arguments: tuple[str, ...]
) -> None:
    over_files = records(*arguments, "-t", disk.base)
    assert over_files
    assert without_files(records(*arguments, "-t", table.url)) == without_files(
        over_files
    )


def test_a_check_names_the_run_and_never_the_password(table: Table) -> None:
    found = records("check", "--json", "-t", table.url, code=1)
    assert [each["status"] for each in found].count("failed") == 1
    assert all(each["path"].endswith(f"/{each['run_id']}") for each in found)


def test_an_export_as_jsonl_has_the_lines_of_the_files(
    disk: Disk, table: Table, tmp_path: Path
) -> None:
    exported = [tmp_path / name for name in ("files.jsonl", "table.jsonl")]
    trees = str(disk.base), table.url
    for tree, path in zip(trees, exported, strict=True):
        result = command("export", "aaa1", "-t", tree, "-o", path)
        assert (result.returncode, result.stderr) == (0, "")
    first, second = (path.read_text() for path in exported)
    assert second.count("\n") == first.count("\n") > 1
    assert "user_id" not in second


def test_a_run_is_followed(table: Table) -> None:
    with started("tail", "bbb1", "-f", "-n", "1", "-t", table.url) as process:
        assert process.stdout is not None
        assert "no fox" in process.stdout.readline()


def test_new_events_of_any_run_are_followed(table: Table) -> None:
    arguments = ("tail", "--all", "-f", "-n", "1", "--json", "-t", table.url)
    table.add(1, "the first", thread_id="new", created_at=table.time(time.time()))
    with started(*arguments) as process:
        assert process.stdout is not None
        assert "the first" in process.stdout.readline()
        table.add(2, "the second", thread_id="new")
        assert "the second" in process.stdout.readline()


def test_the_database_of_the_variable_is_opened_where_there_are_no_runs(
    table: Table, tmp_path: Path
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    found = command("ls", cwd=folder, env={"DATABASE_URL": table.url})
    assert (found.stdout, found.stderr) == (command("ls", "-t", table.url).stdout, "")


@pytest.mark.parametrize("is_there", [False, True])
def test_a_variable_that_is_not_used_is_explained_without_its_password(
    tmp_path: Path, is_there: bool
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    if is_there:
        (folder / ".deer-flow").mkdir()
    url = "postgresql://u:secret@127.0.0.1:1/d"
    found = command("ls", cwd=folder, env={"DATABASE_URL": url})
    reason = "$DATABASE_URL was not used: postgresql://u@127.0.0.1:1/d: no server"
    assert (found.returncode, found.stdout) == (0 if is_there else 2, "")
    assert reason in found.stderr
    assert ("there is no such folder; " in found.stderr) is not is_there
    assert "secret" not in found.stderr


def test_only_the_events_of_a_user_are_read(table: Table) -> None:
    table.add(90, "mine", run_id="mine", user_id="deer")
    table.add(91, "of another", run_id="mine", user_id="elk")
    of_user = ("-t", table.url, "--user", "deer")
    assert [each["run_id"] for each in records("ls", *of_user)] == ["mine"]
    for found in (
        records("tail", "mine", *of_user),
        records("show", "mine", *of_user),
        records("grep", "mine OR another", *of_user),
    ):
        assert [each.get("seq") for each in found] == [90]
    assert len(records("ls", "-t", table.url)) > 1


@pytest.mark.parametrize("name", ["ls", None])
def test_files_have_no_users(disk: Disk, name: str | None) -> None:
    tree = ("-t", disk.base) if name else (disk.base,)
    result = command(*filter(None, [name]), *tree, "--user", "deer")
    assert (result.returncode, result.stdout) == (2, "")
    reason = f"--user needs a database, and the runs in {disk.base} are files"
    assert result.stderr == f"whitetail: {reason}\n"


def test_runs_are_deleted_listed_and_restored(table: Table, tmp_path: Path) -> None:
    env = {"WHITETAIL_STATE_DIR": str(tmp_path / "state")}

    def ended(*arguments: str) -> str:
        result = command(*arguments, "-t", table.url, env=env)
        assert result.returncode == 0
        return result.stdout

    everything = "SELECT * FROM run_events ORDER BY id"
    before = table.run(everything)
    cells = ended("rm", "aaa1", "--yes").rstrip().split("\t")
    assert (cells[0], cells[3:]) == ("elk/aaa1", ["4", "", "Find the elk"])
    left = [row for row in before if row[2] != "aaa1"]
    assert 0 < len(left) < len(before)
    assert table.run(everything) == left
    (line,) = ended("trash").splitlines()
    name, run, _, _, _, title = line.split("\t")
    assert (run, title) == ("elk/aaa1", "Find the elk")
    assert ended("trash", "restore", name).startswith(name)
    assert table.run(everything) == before


def test_nothing_is_deleted_without_a_folder_for_a_trash(postgres: str) -> None:
    with new_schema(postgres) as url:
        table = Table(url)
        table.create()
        table.add(1, created_at=table.time(1e9))
        result = command("rm", "r", "--yes", "-t", url)
        assert (result.returncode, result.stdout) == (2, "")
        assert "there is no folder for a trash" in result.stderr
        assert table.run("SELECT count(*) FROM run_events") == [(1,)]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nonexistent/runs.db", "/nonexistent/runs.db: the file cannot be"),
        ("postgresql://u:secret@127.0.0.1:1/d", "postgresql://u@127.0.0.1:1/d: no ser"),
        ("mysql://u:secret@h/d", "mysql: whitetail reads SQLite and Postgres"),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_sentence(
    url: str, reason: str
) -> None:
    for arguments in (("ls", "-t", url), (url, "--run", "@latest"), (url,)):
        result = command(*arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
        assert "secret" not in result.stderr
        is_screen = arguments == (url,) and "mysql" not in url
        assert ("not a terminal" if is_screen else reason) in result.stderr


def test_the_first_view_names_events_of_a_database(table: Table) -> None:
    result = command(table.url, "--run", "aaa1", "--event", "99")
    assert result.stderr == "whitetail: elk/aaa1 has no event 99\n"
    result = command(table.url, "--thread", "elk", "--run", "@latest", "--event", "1")
    assert "not a terminal" in result.stderr or "has no event 1" in result.stderr


def test_an_event_that_comes_late_is_followed(table: Table) -> None:
    table.add(1, "one", thread_id="new", created_at=table.time(time.time()))
    table.add(9, "nine", thread_id="new", created_at=table.time(time.time()))
    with started("tail", "new/r", "-f", "--json", "-t", table.url) as process:
        assert process.stdout is not None
        assert "one" in process.stdout.readline()
        assert "nine" in process.stdout.readline()
        table.add(2, "late", thread_id="new")
        assert "late" in process.stdout.readline()


@pytest.mark.parametrize(
    "arguments",
    [
        ("a", "postgresql://u:s:ec/ret@h/d"),
        ("tail", "a", "postgresql://u:s:ec/ret@h/d"),
    ],
)
def test_wrong_usage_quotes_no_password(arguments: tuple[str, ...]) -> None:
    result = command(*arguments)
    assert result.returncode == 2
    assert "postgresql://u:***@h/d" in result.stderr
    assert "ret" not in result.stderr.replace("return", "")
