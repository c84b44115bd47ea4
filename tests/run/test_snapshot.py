from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.events import AnyEvent, RunBuilder, encoded, line, record
from tests.helpers.file_rows import log_of
from tests.helpers.list_rows import ListRows
from whitetail.run.reader import RunReader
from whitetail.run.snapshot import RelativeRows, read_snapshot
from whitetail.trace.relatives import UNKNOWN_RELATIVES
from whitetail_store import BadLine, RunEvent


def relative_rows(rows: list[AnyEvent], row: int) -> RelativeRows:
    source = ListRows(rows)
    source.refresh()
    reader = RunReader(source)
    reader.read_ahead(len(rows))
    return RelativeRows.of(row, reader.outline, run_ended=False)


def encoded_rows(rows: list[AnyEvent]) -> list[bytes]:
    """Return the lines of events in a file."""
    fields = ("event_type", "category", "content", "metadata", "created_at")
    return [
        encoded(record(each.seq, **{name: getattr(each, name) for name in fields}))
        for each in rows
        if isinstance(each, RunEvent)
    ]


@pytest.fixture
def rows() -> list[AnyEvent]:
    """Return a prompt, a reply that calls two tools, their results, and a reply."""
    run = RunBuilder()
    run.prompt()
    run.reply("", ("ls", "a"), ("cat", "b"))
    run.result("a")
    run.result("b")
    run.reply("Done")
    return run.rows


def test_the_relatives_of_a_reply_are_its_results(rows: list[AnyEvent]) -> None:
    relatives = relative_rows(rows, 1)
    assert (list(relatives.under), relatives.omitted) == ([2, 3], 0)


def test_the_relatives_of_a_result_are_its_reply_and_all_results_of_it(
    rows: list[AnyEvent],
) -> None:
    relatives = relative_rows(rows, 3)
    assert (relatives.cause, list(relatives.under)) == (1, [2, 3])


def test_relatives_that_are_too_many_are_counted() -> None:
    run = RunBuilder()
    calls = [("ls", f"id{number}") for number in range(1_003)]
    run.reply("", *calls)
    for _, call_id in calls:
        run.result(call_id)
    relatives = relative_rows(run.rows, 0)
    assert (len(relatives.under), relatives.omitted) == (1_000, 3)


def test_a_snapshot_holds_the_event_its_line_and_its_relatives(
    tmp_path: Path, rows: list[AnyEvent]
) -> None:
    lines = encoded_rows(rows)
    log = log_of(tmp_path, *lines)
    snapshot = read_snapshot(log, 2, relative_rows(rows, 2))
    assert snapshot.event == log[2]
    assert snapshot.line.rstrip(b"\n") == lines[2].rstrip(b"\n")
    assert snapshot.relatives.cause == log[1]
    assert list(snapshot.relatives.under) == [log[2], log[3]]
    assert snapshot.relatives.known
    assert not snapshot.relatives.run_ended


def test_without_relative_rows_the_relatives_are_unknown(
    tmp_path: Path,
) -> None:
    snapshot = read_snapshot(log_of(tmp_path, line(1)), 0, None)
    assert snapshot.relatives is UNKNOWN_RELATIVES


def test_the_line_of_a_bad_line_is_what_was_kept_of_it(tmp_path: Path) -> None:
    snapshot = read_snapshot(log_of(tmp_path, b"no event\n"), 0, None)
    assert isinstance(snapshot.event, BadLine)
    assert snapshot.line == snapshot.event.raw == b"no event\n"


def test_a_row_that_does_not_exist_is_an_index_error(tmp_path: Path) -> None:
    with pytest.raises(IndexError):
        read_snapshot(log_of(tmp_path, line(1)), 1, None)
