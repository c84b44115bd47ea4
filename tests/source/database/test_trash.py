"""Deletes in a database: all of a run is kept, and comes back as it was."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.database_trash import rows, trash_of
from tests.helpers.table import Table
from whitetail.source.database.address import address_of
from whitetail.source.database.connection import open_database
from whitetail.source.database.trash import DatabaseTrash, trash_folder
from whitetail.source.database.whole_rows import SqliteRows, WholeRows
from whitetail_store import CorruptLineError, DatabaseError, RunEvent, RunLog

KEY, OTHER = ("t", "r"), ("t", "other")


@pytest.fixture
def filled(table: Table) -> Table:
    """Return a table with another column, and with two runs of a thread."""
    table.run("ALTER TABLE run_events ADD COLUMN \"more, 'even' %\" VARCHAR(8)")
    table.add(1, "first", user_id="deer")
    table.add(2, {"type": "ai", "content": "so\u2028long"}, event_metadata={"a": [1]})
    table.add(3, "of another run", run_id="other")
    table.add(4, None, created_at=None)
    table.run("UPDATE run_events SET \"more, 'even' %\" = 'kept' WHERE seq = 2")
    return table


@pytest.fixture
def trash(filled: Table, tmp_path: Path) -> DatabaseTrash:
    return trash_of(filled, tmp_path)


def test_a_deleted_run_is_restored_with_all_of_its_columns(
    filled: Table, trash: DatabaseTrash
) -> None:
    before, (other,) = rows(filled), rows(filled, "run_id = 'other'")
    assert trash.discard([KEY]) == 3
    assert rows(filled) == [other]
    (discarded,) = trash.entries()
    assert discarded[:2] == KEY
    trash.restore(discarded)
    assert rows(filled) == before
    assert (trash.entries(), trash.kept) == ([], [])


def test_the_file_in_the_trash_is_a_run_with_all_columns(
    filled: Table, trash: DatabaseTrash
) -> None:
    trash.discard([KEY])
    log = RunLog(trash.kept[0].kept)
    log.refresh()
    events = [each for each in log if isinstance(each, RunEvent)]
    assert [each.seq for each in events] == [1, 2, 4]
    assert events[1].content == {"type": "ai", "content": "so\u2028long"}
    columns = events[0].extra["row"]
    assert (str(columns["id"]), columns["user_id"]) == ("1", "deer")


@pytest.mark.parametrize(
    "content", ['{"a":[1,2.5]}', '{"a": "\u00e9\\n"}', '{"a": 1 }']
)
def test_usual_json_is_in_the_file_once_and_comes_back_as_it_was_written(
    sqlite_table: Table, tmp_path: Path, content: str
) -> None:
    sqlite_table.add(1, content, event_metadata={"content_is_json": True})
    sqlite_table.add(2, "no JSON", event_metadata={"content_is_json": True})
    before = rows(sqlite_table)
    trash = trash_of(sqlite_table, tmp_path)
    trash.discard([KEY])
    is_short = '{"json":' in trash.kept[0].kept.read_text()
    assert is_short is (content != '{"a": 1 }')
    trash.restore(trash.kept[0])
    assert rows(sqlite_table) == before


def test_runs_are_deleted_together_or_not_at_all(
    filled: Table, trash: DatabaseTrash
) -> None:
    before = rows(filled)
    add_run_with_a_long_id(filled)
    with pytest.raises(DatabaseError, match="too long for a file"):
        trash.discard([KEY, ("t", "x" * 300)])
    assert rows(filled, "seq < 9") == before
    assert trash.entries() == []
    assert trash.discard([KEY, ("t", "gone"), OTHER]) == 4
    assert {each[:2] for each in trash.kept} == {KEY, OTHER}


def add_run_with_a_long_id(table: Table) -> None:
    if not table.is_sqlite:
        table.run("ALTER TABLE run_events ALTER COLUMN run_id TYPE VARCHAR(300)")
    table.add(9, run_id="x" * 300)


def test_only_the_rows_of_the_user_are_deleted(filled: Table, tmp_path: Path) -> None:
    address = address_of(filled.url)
    assert address is not None
    database = open_database(replace(address, user_id="deer"))
    before = rows(filled)
    trash = DatabaseTrash(tmp_path / "trash", database)
    assert trash.discard([KEY]) == 1
    assert len(rows(filled)) == 3
    trash.restore(trash.kept[0])
    database.close()
    assert rows(filled) == before


@pytest.mark.parametrize("key", [("t/../../e", ".."), ("", 'a."b\n'), ("q'; --", "é%")])
def test_ids_never_act_as_paths_or_sql(
    filled: Table, trash: DatabaseTrash, key: tuple[str, str]
) -> None:
    filled.add(1, thread_id=key[0], run_id=key[1])
    before = rows(filled)
    trash.discard([key])
    assert len(rows(filled)) == 4
    (discarded,) = trash.entries()
    assert discarded[:2] == key
    trash.restore(discarded)
    assert rows(filled) == before


def test_a_row_that_arrives_in_between_is_kept(
    filled: Table, trash: DatabaseTrash, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_delete(monkeypatch, lambda: filled.add(5, "late"))
    assert trash.discard([KEY]) == 3
    assert [row[-3] for row in rows(filled, "run_id = 'r'")] == [5]


@pytest.mark.parametrize(
    ("statements", "left"),
    [
        (["DELETE FROM run_events WHERE seq = 1"], 2),
        (["UPDATE run_events SET user_id = 'elk' WHERE seq = 4"], 3),
        (
            [
                "CREATE TABLE new AS SELECT * FROM run_events WHERE run_id = 'r'",
                "DELETE FROM run_events WHERE run_id = 'r'",
                "UPDATE new SET content = 'new'",
                "INSERT INTO run_events SELECT * FROM new",
            ],
            3,
        ),
    ],
)
def test_nothing_is_deleted_if_another_program_changes_a_row(
    filled: Table,
    trash: DatabaseTrash,
    monkeypatch: pytest.MonkeyPatch,
    statements: list[str],
    left: int,
) -> None:
    changed: list[Any] = []

    def change() -> None:
        for statement in statements:
            filled.run(statement)
        changed.extend(rows(filled, "run_id = 'r'"))

    before_delete(monkeypatch, change)
    with pytest.raises(DatabaseError, match="t/r: another program has changed or del"):
        trash.discard([KEY])
    assert rows(filled, "run_id = 'r'") == changed
    assert len(changed) == left
    assert (trash.entries(), trash.kept) == ([], [])


def test_nothing_is_deleted_if_the_database_keeps_a_row(
    filled: Table, trash: DatabaseTrash
) -> None:
    if filled.is_sqlite:
        filled.run(
            "CREATE TRIGGER keep BEFORE DELETE ON run_events WHEN old.seq = 4 "
            "BEGIN SELECT raise(IGNORE); END"
        )
    else:
        filled.run(
            "CREATE RULE keep AS ON DELETE TO run_events WHERE old.seq = 4 "
            "DO INSTEAD NOTHING"
        )
    before = rows(filled)
    with pytest.raises(DatabaseError, match="lets only 2 of 3 events be deleted"):
        trash.discard([KEY])
    assert rows(filled) == before
    assert (trash.entries(), trash.kept) == ([], [])


def before_delete(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have another program act between the trash and the delete."""
    begin = WholeRows.begin

    def act_and_begin(table: WholeRows, threads: Iterable[str]) -> None:
        act()
        begin(table, threads)

    monkeypatch.setattr(WholeRows, "begin", act_and_begin)


def test_seqs_that_others_have_now_are_named_and_nothing_is_restored(
    filled: Table, trash: DatabaseTrash
) -> None:
    trash.discard([KEY])
    filled.add(2, "new")
    filled.add(4, "new")
    now = rows(filled)
    with pytest.raises(DatabaseError, match="of thread t have the seqs 2, 4 of run r"):
        trash.restore(trash.kept[0])
    assert rows(filled) == now
    assert len(trash.kept) == 1


def test_a_row_whose_id_is_taken_gets_another_one(
    filled: Table, trash: DatabaseTrash
) -> None:
    trash.discard([KEY])
    filled.add(9, "new", id=1)
    trash.restore(trash.kept[0])
    ids = [row[0] for row in filled.run("SELECT id FROM run_events ORDER BY seq")]
    assert ids[1:3] == [2, 3]
    assert len({*ids}) == 5


@pytest.mark.parametrize("count", [3, 201])
def test_a_run_is_restored_although_a_new_run_has_its_first_ids(
    sqlite_table: Table, tmp_path: Path, count: int
) -> None:
    for seq in range(1, count + 1):
        sqlite_table.add(seq, f"event {seq}")
    contents = "SELECT seq, content FROM run_events WHERE run_id = 'r' ORDER BY seq"
    before = sqlite_table.run(contents)
    trash = trash_of(sqlite_table, tmp_path)
    trash.discard([KEY])
    # DeerFlow's table in SQLite gives new rows the ids of deleted ones.
    sqlite_table.add(1, thread_id="u", run_id="new")
    sqlite_table.add(2, thread_id="u", run_id="new")
    trash.restore(trash.kept[0])
    assert sqlite_table.run(contents) == before
    new = sqlite_table.run("SELECT id FROM run_events WHERE run_id = 'new'")
    assert sorted(new) == [(1,), (2,)]


def test_only_missing_rows_are_inserted(filled: Table, trash: DatabaseTrash) -> None:
    before = rows(filled)
    trash.discard([KEY])
    (discarded,) = trash.kept
    data = discarded.kept.read_bytes()
    trash.restore(discarded)
    filled.run("DELETE FROM run_events WHERE seq = 2")
    discarded.kept.parent.mkdir(parents=True)
    discarded.kept.write_bytes(data)
    trash.restore(discarded)
    assert rows(filled) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda line: {**line, "row": []},
        lambda line: {**line, "row": {}},
        lambda line: {name: line[name] for name in ("content", "row")},
        lambda line: {**line, "row": {**line["row"], "content": {"json": 99}}},
        lambda line: {**line, "row": {**line["row"], "user_id": {"hex": "no"}}},
        lambda line: [line],
    ],
)
def test_a_file_that_was_changed_is_reported_and_kept(
    filled: Table, trash: DatabaseTrash, change: Callable[[Any], Any]
) -> None:
    trash.discard([KEY])
    path = trash.kept[0].kept
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], json.dumps(change(json.loads(lines[-1])))]))
    left = rows(filled)
    with pytest.raises(CorruptLineError, match="is no row of a table"):
        trash.restore(trash.kept[0])
    assert rows(filled) == left
    assert path.exists()


def test_a_run_that_is_no_longer_in_the_trash_is_reported(
    filled: Table, trash: DatabaseTrash, tmp_path: Path
) -> None:
    trash.discard([KEY])
    (discarded,) = trash.kept
    trash_of(filled, tmp_path).restore(discarded)
    with pytest.raises(FileNotFoundError):
        trash.restore(discarded)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("moment", ["before the delete", "while it is written"])
def test_a_process_that_is_killed_loses_and_doubles_nothing(
    filled: Table, tmp_path: Path, moment: str
) -> None:
    before = rows(filled)
    killed = "begin" if moment == "before the delete" else "read"
    kill = (
        "import os, signal, sys, pathlib\n"
        "from whitetail.source.database.address import address_of\n"
        "from whitetail.source.database.connection import open_database\n"
        "from whitetail.source.database.trash import DatabaseTrash\n"
        "from whitetail.source.database.whole_rows import WholeRows\n"
        f"WholeRows.{killed} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "database = open_database(address_of(sys.argv[1]))\n"
        "DatabaseTrash(pathlib.Path(sys.argv[2]), database).discard([('t', 'r')])\n"
    )
    folder = tmp_path / "a" / "trash"
    command = [sys.executable, "-c", kill, filled.url, str(folder)]
    assert subprocess.run(command, check=False).returncode == -9
    assert rows(filled) == before
    later = trash_of(filled, tmp_path)
    if killed == "read":
        assert later.entries() == []
        later.clean(60, 1e9, 0)
        assert not [each for each in folder.rglob("*") if each.suffix == ".part"]
        return
    (left,) = later.leftovers()
    with pytest.raises(DatabaseError, match="all events of run r of thread t are in"):
        later.restore(left)
    assert rows(filled) == before
    assert later.discard([KEY]) == 3
    later.restore(later.kept[0])
    assert rows(filled) == before


def test_values_that_only_sqlite_has_come_back(
    sqlite_table: Table, tmp_path: Path
) -> None:
    sqlite_table.run(
        "INSERT INTO run_events VALUES (7, 't', 'r', X'00ff', CAST(X'80c3' AS TEXT), "
        "5, X'7b', 'no JSON', 'seven', 9e999), (8, 't', 'r', 1.5, 'a', 'b', "
        "'{\"x\":1}', '{\"content_is_json\": true}', -3, 'never')"
    )
    kinds = "SELECT *, typeof(user_id), hex(event_type) FROM run_events"
    read = f"{kinds.replace('*', 'id, user_id, seq, created_at')} ORDER BY id"
    before = sqlite_table.run(read)
    trash = trash_of(sqlite_table, tmp_path)
    assert trash.discard([KEY]) == 2
    trash.restore(trash.kept[0])
    assert sqlite_table.run(read) == before


def test_values_that_only_postgres_has_come_back(
    postgres_table: Table, tmp_path: Path
) -> None:
    postgres_table.run(
        "ALTER TABLE run_events ALTER COLUMN event_metadata TYPE jsonb, "
        "ADD a numeric, ADD b bytea, ADD c text[], ADD d char(5), ADD e bit(3), "
        "ADD f double precision, ADD g timestamptz, ADD h interval, "
        "ADD i integer GENERATED ALWAYS AS (seq + 1) STORED"
    )
    postgres_table.add(
        1,
        **{"a": "1e-30", "b": b"\0\xff", "c": ['"', None], "d": "ab", "e": "101"},
        **{"f": 0.1 + 0.2, "g": "2026-01-01 12:00:00.123456+05", "h": "1 mon 2 days"},
    )
    before = rows(postgres_table)
    trash = trash_of(postgres_table, tmp_path)
    trash.discard([KEY])
    trash.restore(trash.kept[0])
    assert rows(postgres_table) == before


def test_rows_are_deleted_by_their_ids_whatever_is_in_the_run(
    sqlite_table: Table,
) -> None:
    sqlite_table.add(1)
    sent: list[str] = []
    with closing(sqlite3.connect(sqlite_table.path)) as connection:

        def run(statement: str, values: Sequence[Any]) -> Any:
            sent.append(statement.replace("%s", "?"))
            return connection.execute(sent[-1], values)

        assert SqliteRows(run).delete(KEY, [1, 2]) == 1
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sent[-1]}", (1, 2, *KEY))
        assert "USING INTEGER PRIMARY KEY" in str(plan.fetchall())


def test_sequences_are_never_reset(filled: Table, trash: DatabaseTrash) -> None:
    trash.discard([KEY, OTHER])
    for discarded in [*trash.kept]:
        trash.restore(discarded)
    filled.add(9, "next")
    assert max(filled.run("SELECT id FROM run_events")) == (5,)


def test_the_trash_of_a_file_is_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "runs.db"
    path.parent.mkdir()
    (tmp_path / "link.db").symlink_to(path)
    for url in (f"sqlite:///{path}", f"sqlite:///{tmp_path}/link.db"):
        address = address_of(url)
        assert address is not None
        beside = path.with_name("runs.db.whitetail-trash")
        assert trash_folder(address, {}) == beside


def test_the_trash_of_a_server_is_named_without_the_password(tmp_path: Path) -> None:
    def folder(url: str, state: str) -> Path | None:
        address = address_of(url)
        assert address is not None
        return trash_folder(address, {"WHITETAIL_STATE_DIR": state})

    here = str(tmp_path)
    one = folder("postgresql://deer:secret@host:5433/runs", here)
    assert one is not None
    assert one.parent == tmp_path / "trash"
    assert "secret" not in str(one)
    assert one == folder("postgres://deer:other@host:5433/runs", here)
    assert one != folder("postgresql://deer:secret@host:5433/other", here)
    assert folder("postgresql://deer@host/runs", "") is None
