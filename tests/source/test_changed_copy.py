from __future__ import annotations

from pathlib import Path

from tests.helpers.events import line
from tests.helpers.file_rows import log_of
from whitetail.source.changed_copy import changed_copy
from whitetail_store import BadLine, RunEvent


def test_a_copy_has_the_changed_rows_and_the_time_of_the_run(tmp_path: Path) -> None:
    rows = log_of(tmp_path, line(1), b"torn\n", line(2))
    copy = changed_copy(rows, lambda lines: map(bytes.upper, lines), tmp_path)
    assert copy.key == rows.key
    assert copy.written_at == rows.written_at
    assert [copy.raw(row) for row in range(3)] == [
        rows.raw(row).upper() for row in range(3)
    ]


def test_two_events_in_one_line_are_two_lines_of_the_copy(tmp_path: Path) -> None:
    torn = line(1).rstrip(b"}\n")[:40]
    rows = log_of(tmp_path, torn + line(2))
    copy = changed_copy(rows, iter, tmp_path)
    assert [type(row) for row in rows[:]] == [BadLine, RunEvent]
    assert [type(row) for row in copy[:]] == [BadLine, RunEvent]
    assert copy.path.read_bytes() == torn + b"\n" + line(2)


def test_an_event_without_a_line_break_is_in_the_copy(tmp_path: Path) -> None:
    rows = log_of(tmp_path, line(1), line(2).rstrip(b"\n"))
    copy = changed_copy(rows, iter, tmp_path)
    assert len(copy) == len(rows) == 2
    assert copy.path.read_bytes() == line(1) + line(2)


def test_the_file_of_the_run_stays(tmp_path: Path) -> None:
    rows = log_of(tmp_path, line(1))
    before = rows.path.read_bytes()
    changed_copy(rows, lambda lines: map(bytes.upper, lines), tmp_path)
    assert rows.path.read_bytes() == before
