"""What every `RunRows` promises, held by both kinds: files, and lists in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isnan
from pathlib import Path

import pytest

from tests.helpers.events import START, AnyEvent, event, line
from tests.helpers.list_rows import ListRows
from whitetail.run.protocols import RunRows
from whitetail.source.file_rows import FileRows
from whitetail_store import BadLine, RunEvent

KEY = ("t", "r")
BAD = BadLine(0, 4, "not JSON", b"oops")


class Writer:
    """Writes rows to one kind of source."""

    rows: RunRows

    def write(self, *events: AnyEvent) -> None:
        """Append rows."""
        raise NotImplementedError

    def replace(self, *events: AnyEvent) -> None:
        """Make it another run with these rows."""
        raise NotImplementedError


class ListWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self.events: list[AnyEvent] = []
        self.list = ListRows(self.events, KEY)
        self.rows = self.list

    def write(self, *events: AnyEvent) -> None:
        self.events += events

    def replace(self, *events: AnyEvent) -> None:
        self.events = list(events)
        self.list.replace(self.events)


class FileWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self.path = folder / "threads" / "t" / "runs" / "r.jsonl"
        self.path.parent.mkdir(parents=True)
        self.rows = FileRows(KEY, self.path)

    def write(self, *events: AnyEvent) -> None:
        with self.path.open("ab") as file:
            file.write(b"".join(map(self.encode, events)))

    def replace(self, *events: AnyEvent) -> None:
        new = self.path.with_suffix(".new")
        new.write_bytes(b"".join(map(self.encode, events)))
        new.replace(self.path)

    def encode(self, event: AnyEvent) -> bytes:
        if isinstance(event, BadLine):
            return event.raw + b"\n"
        fields = ("event_type", "category", "content", "metadata", "created_at")
        return line(event.seq, **{name: getattr(event, name) for name in fields})


@pytest.fixture(params=[ListWriter, FileWriter], ids=["list", "file"])
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Writer:
    make: Callable[[Path], Writer] = request.param
    return make(tmp_path)


def seqs(rows: list[AnyEvent]) -> list[int]:
    return [each.seq if isinstance(each, RunEvent) else -1 for each in rows]


def test_a_run_has_the_rows_of_the_last_refresh(writer: Writer) -> None:
    rows = writer.rows
    writer.write(event(1), event(2))
    assert len(rows) == 0
    rows.refresh()
    assert (len(rows), seqs(rows[:])) == (2, [1, 2])
    writer.write(event(3))
    assert len(rows) == 2
    generation = rows.generation
    rows.refresh()
    assert (seqs(rows[1:]), rows.generation) == ([2, 3], generation)


def test_rows_are_read_by_number_from_either_end(writer: Writer) -> None:
    writer.write(event(1), BAD, event(3))
    writer.rows.refresh()
    assert seqs([writer.rows[0], writer.rows[-1]]) == [1, 3]
    assert isinstance(writer.rows[1], BadLine)
    with pytest.raises(IndexError):
        writer.rows[3]


def test_other_rows_are_another_generation(writer: Writer) -> None:
    writer.write(event(1), event(2), event(3))
    writer.rows.refresh()
    generation, stamp = writer.rows.generation, writer.rows.stamp
    writer.replace(event(7))
    writer.rows.refresh()
    assert writer.rows.generation > generation
    assert writer.rows.stamp != stamp
    assert seqs(writer.rows[:]) == [7]


def test_a_stamp_changes_with_growth_and_not_without(writer: Writer) -> None:
    writer.write(event(1))
    writer.rows.refresh()
    stamp = writer.rows.stamp
    writer.rows.refresh()
    assert writer.rows.stamp == stamp
    writer.write(event(2))
    writer.rows.refresh()
    assert writer.rows.stamp != stamp


def test_the_raw_form_of_an_event_is_its_json(writer: Writer) -> None:
    writer.write(event(1, content="a deer"), BAD)
    writer.rows.refresh()
    assert json.loads(writer.rows.raw(0))["content"] == "a deer"
    assert [raw.strip() for raw in writer.rows.raws(range(1, 2))] == [b"oops"]


def test_kinds_are_the_event_types_and_empty_for_bad_lines(writer: Writer) -> None:
    writer.write(event(1, "run.start"), BAD, event(2, "run.end"))
    writer.rows.refresh()
    assert writer.rows.kinds(range(3)) == ["run.start", "", "run.end"]


def test_a_number_leads_to_the_first_event_that_has_it(writer: Writer) -> None:
    writer.write(event(1), BAD, event(5), event(4), event(5))
    writer.rows.refresh()
    assert [writer.rows.row_of(seq, 5) for seq in (1, 5, 4, 7)] == [0, 2, 3, None]
    assert writer.rows.row_of(4, 3) is None


def test_times_are_those_of_the_events(writer: Writer) -> None:
    writer.write(event(1), BAD, event(2, content="x" * 3_000), event(3, created_at=""))
    writer.rows.refresh()
    first, bad, second, unknown = writer.rows.times(range(4))
    assert (first, second) == (START + 1, START + 2)
    assert isnan(bad)
    assert isnan(unknown)


def test_messages_are_the_rows_of_category_message(writer: Writer) -> None:
    writer.write(event(5), event(6, category="trace"), BAD, event(4))
    writer.rows.refresh()
    assert writer.rows.messages(0) == [(5, 0), (4, 3)]
    assert writer.rows.messages(1) == [(4, 3)]


def test_examining_returns_each_row_and_its_faults(writer: Writer) -> None:
    writer.write(event(1), BAD, event(2))
    writer.rows.refresh()
    rows, faults = writer.rows.examine(0, 2)
    assert (seqs(rows), len(faults)) == ([1, -1], 1)
    rows, faults = writer.rows.examine(2, 9)
    assert (seqs(rows), faults) == ([2], [])
