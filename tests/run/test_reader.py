from __future__ import annotations

from pathlib import Path

from tests.helpers.events import BAD, NOON, RunBuilder, line
from tests.helpers.file_rows import log_of
from tests.helpers.list_rows import ListRows
from whitetail.run.reader import RunReader


def test_a_run_is_read_in_batches_and_on_as_it_grows() -> None:
    run = RunBuilder()
    call = run.reply("", ("ls", "a"), ("cat", "b"))
    run.result("a")
    rows = ListRows(run.rows)
    rows.refresh()
    reader = RunReader(rows)
    assert reader.read_ahead(1) == 1
    assert reader.read_ahead(100) == 0
    assert reader.rows_read == 2
    run.reply("Done")
    run.result("b")
    rows.refresh()
    first, read, placements = reader.read(100)
    assert (first, read) == (2, run.rows[2:])
    reader.outline.add_placements(placements)
    assert list(reader.outline.order()) == [call, 1, 3, 2]


def test_the_outline_has_only_the_rows_that_were_added_to_it() -> None:
    run = RunBuilder()
    run.prompt()
    run.reply("Done")
    rows = ListRows(run.rows)
    rows.refresh()
    reader = RunReader(rows)
    reader.read_ahead(1)
    reader.read(1)
    assert (len(reader.outline), reader.rows_read) == (1, 2)


def test_the_statistics_have_every_row_that_was_read() -> None:
    run = RunBuilder()
    run.prompt()
    run.rows.append(BAD)
    run.reply("Done")
    rows = ListRows(run.rows)
    rows.refresh()
    reader = RunReader(rows)
    reader.read_ahead(2)
    assert reader.stats.row_count == 2
    reader.read_ahead(2)
    assert reader.stats.row_count == 3


def test_the_statistics_have_bad_lines_as_evidence() -> None:
    run = RunBuilder()
    run.prompt()
    run.rows.append(BAD)
    rows = ListRows(run.rows)
    rows.refresh()
    reader = RunReader(rows)
    reader.read_ahead(2)
    evidence = reader.stats.verdict.verdict(NOON, growing=True).evidence
    assert BAD.reason in [each.text for each in evidence if each.row == 1]


def test_a_run_without_rows_has_none_left() -> None:
    reader = RunReader(ListRows([]))
    assert reader.read(10) == (0, [], [])
    assert reader.read_ahead(10) == 0


def test_the_faults_of_all_rows_are_kept_in_their_order() -> None:
    rows = ListRows([BAD, *RunBuilder().rows, BAD])
    rows.refresh()
    reader = RunReader(rows)
    reader.read_ahead(1)
    reader.read_ahead(1)
    assert [each.location.row for each in reader.faults] == [0, 1]


def test_each_row_is_parsed_once() -> None:
    rows = ListRows([BAD] * 30)
    rows.refresh()
    reader = RunReader(rows)
    while reader.read_ahead(7):
        pass
    assert rows.reads == list(range(30))


def test_a_fault_of_the_whole_file_has_one_entry(tmp_path: Path) -> None:
    rows = log_of(tmp_path, *(line(seq, run_id="other") for seq in range(1, 11)))
    reader = RunReader(rows)
    reader.read_ahead(4)
    reader.read_ahead(100)
    (fault,) = reader.faults
    assert fault.location.row == 0
    assert fault.reason == "belongs to run other (and 9 more rows)"
