from __future__ import annotations

import json
from collections import Counter
from math import isnan
from threading import Lock

import pytest

from tests.helpers.table import Table
from whitetail.source import kept_rows
from whitetail.source.database.rows import DatabaseRows
from whitetail_store import BadLine, LogChangedError, RunEvent

KEY = ("t", "r")


def rows_of(table: Table) -> DatabaseRows:
    """Return the rows of run r of thread t, as they are now."""
    rows = DatabaseRows(KEY, table.open(), Counter())
    rows.refresh()
    return rows


def contents(rows: DatabaseRows) -> list[object]:
    return [each.content for each in rows[:] if isinstance(each, RunEvent)]


def test_a_run_is_opened_without_a_count_of_its_rows(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seq in (1, 2):
        table.add(seq)
    counted: list[DatabaseRows] = []
    count = DatabaseRows.count_events

    def record(rows: DatabaseRows) -> int:
        counted.append(rows)
        return count(rows)

    monkeypatch.setattr(DatabaseRows, "count_events", record)
    rows = rows_of(table)
    assert (len(rows), counted) == (2, [])
    table.add(3)
    rows.refresh()
    assert (len(rows), counted) == (3, [rows])


def test_rows_have_what_their_columns_have(table: Table) -> None:
    table.add(1, "text", event_metadata={"caller": "lead_agent"})
    table.add(2, {"a": [1]}, event_type="tool", category="trace")
    table.add(3, None, created_at=None)
    table.add(1, "of another thread", thread_id="u")
    rows = rows_of(table)
    first, second, third = rows[:]
    assert isinstance(first, RunEvent)
    assert (first.content, first.metadata) == ("text", {"caller": "lead_agent"})
    assert first.created_at == "2026-08-03T12:00:01+00:00"
    assert isinstance(second, RunEvent)
    assert (second.content, second.metadata) == ({"a": [1]}, {})
    assert isinstance(third, RunEvent)
    assert (third.content, third.created_at) == ("", "")
    assert rows.kinds(range(3)) == ["llm.ai.response", "tool", "llm.ai.response"]
    assert rows.messages(0) == [(1, 0), (3, 2)]
    assert rows.messages(1) == [(3, 2)]
    assert [isnan(each) for each in rows.times(range(3))] == [False, False, True]
    assert (rows.row_of(2, 3), rows.row_of(2, 1), rows.row_of(9, 3)) == (1, None, None)
    assert rows.row_of(10**30, 3) is None
    assert rows.count_events() == 3


def test_a_row_is_a_line_of_a_file_to_searches_and_has_all_columns_when_shown(
    table: Table,
) -> None:
    table.add(4, "näher \u2028 x", user_id="deer", event_metadata={"a": 1})
    table.run("ALTER TABLE run_events ADD COLUMN more TEXT")
    rows = rows_of(table)
    (line,) = rows.raws(range(1))
    assert line.count(b"\n") == 1
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line) == {
        "thread_id": "t",
        "run_id": "r",
        "event_type": "llm.ai.response",
        "category": "message",
        "content": "näher \u2028 x",
        "metadata": {"a": 1},
        "seq": 4,
        "created_at": "2026-08-03T12:00:04+00:00",
    }
    shown = json.loads(rows.raw(0))
    assert (shown["id"], shown["user_id"], shown["more"]) == (1, "deer", None)
    assert shown["event_metadata"] == {"a": 1}


def test_new_rows_are_appended(table: Table) -> None:
    table.add(1, "one")
    rows = rows_of(table)
    generation, stamp = rows.generation, rows.stamp
    rows.refresh()
    assert rows.stamp == stamp
    table.add(2, "two")
    rows.refresh()
    assert contents(rows) == ["one", "two"]
    assert rows.generation == generation
    assert rows.stamp != stamp
    assert rows.written_at == 1_785_758_402.0


def test_a_row_that_comes_late_follows_at_the_end(table: Table) -> None:
    table.add(1, "one")
    table.add(3, "three")
    rows = rows_of(table)
    table.add(2, "two")
    table.add(4, "four")
    rows.refresh()
    assert sorted(map(str, contents(rows))) == ["four", "one", "three", "two"]
    assert contents(rows)[:2] == ["one", "three"]
    assert rows.generation == 1
    assert rows.examine(0, 4)[1] == []
    assert contents(rows_of(table)) == ["one", "two", "three", "four"]


def test_a_row_that_comes_very_late_is_found_by_a_count(table: Table) -> None:
    table.add(1, "one")
    table.add(5_000, "last")
    rows = rows_of(table)
    table.add(2, "two")
    rows.refresh()
    assert contents(rows) == ["one", "last", "two"]


def test_rows_that_are_deleted_begin_another_generation(table: Table) -> None:
    for seq in (1, 2, 3):
        table.add(seq, str(seq))
    rows = rows_of(table)
    table.run("DELETE FROM run_events WHERE seq = 2")
    with pytest.raises(LogChangedError):
        rows[1]
    rows.refresh()
    assert (contents(rows), rows.generation) == (["1", "3"], 2)
    table.run("DELETE FROM run_events")
    rows.refresh()
    assert (len(rows), rows.generation, rows.stamp) == (0, 3, None)
    table.add(1, "again")
    rows.refresh()
    assert contents(rows) == ["again"]


class NoticedLock:
    """A lock that calls `released` after it was released."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.acquire, self.release = self._lock.acquire, self._lock.release

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()
        self.released()

    @staticmethod
    def released() -> None:
        """Do nothing, unless a test replaces it."""


def test_rows_read_while_others_are_deleted_keep_their_numbers(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_rows, "Lock", NoticedLock)
    for seq in (1, 2, 3):
        table.add(seq, str(seq))
    rows = rows_of(table)
    table.run("DELETE FROM run_events WHERE seq = 1")
    read: list[object] = []

    def read_once() -> None:
        monkeypatch.setattr(NoticedLock, "released", lambda _: None)
        read.append(rows[1])

    monkeypatch.setattr(NoticedLock, "released", lambda _: read_once())
    rows.refresh()
    assert len(read) == 1
    assert contents(rows) == ["2", "3"]


def test_a_run_is_read_and_scanned_over_several_statements(table: Table) -> None:
    table.add(1)
    kind = "thread_id, run_id, event_type, category, content, seq"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n "
    numbers += "WHERE i < 3000)"
    table.run(
        f"{numbers} INSERT INTO run_events ({kind}) "
        "SELECT 't', 'r', 'x', 'trace', '', i FROM n"
        if not table.is_sqlite
        else f"INSERT INTO run_events ({kind}) {numbers} "
        "SELECT 't', 'r', 'x', 'trace', '', i FROM n"
    )
    rows = rows_of(table)
    assert len(rows) == 3000
    assert rows[2999].seq == 3000  # type: ignore[union-attr]
    assert sum(len(piece_rows) for piece_rows in scanned(rows)) == 3000


def scanned(rows: DatabaseRows) -> list[list[object]]:
    return [list(piece.rows) for piece in rows.scan(None)]


def test_ids_with_sql_in_them_are_only_ids(table: Table) -> None:
    name = "'; DROP TABLE run_events; --"
    table.add(1, "text", thread_id=name, run_id='"%s"')
    rows = DatabaseRows((name, '"%s"'), table.open(), Counter())
    rows.refresh()
    assert contents(rows) == ["text"]
    assert table.run("SELECT count(*) FROM run_events") == [(1,)]


def test_values_of_wrong_types_are_bad_lines(sqlite_table: Table) -> None:
    names = "thread_id, run_id, event_type, category, content, event_metadata, seq"
    for values in (
        ("t", "r", b"\xff", "message", "x", None, "many"),
        ("t", "r", "x", 5, b"\xff\xfe", "{", 2),
        ("t", "r", "x", "trace", "x", "[]", -3),
    ):
        marks = ", ".join(["%s"] * len(values))
        sqlite_table.run(f"INSERT INTO run_events ({names}) VALUES ({marks})", values)
    rows = rows_of(sqlite_table)
    kinds = [type(each) for each in rows[:]]
    assert sorted(kind.__name__ for kind in kinds) == ["BadLine", "BadLine", "RunEvent"]
    bad = next(each for each in rows[:] if isinstance(each, BadLine))
    assert "seq" in bad.reason
    assert len(list(rows.raws(range(3)))) == 3
    assert all(json.loads(rows.raw(row)) for row in range(3))
    assert len(rows.examine(0, 3)[1]) == 2
    assert rows.messages(0) == []
