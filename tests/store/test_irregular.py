"""What is no run: numbers out of range, lines without a type, links, fifos, folders."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from whitetail_store import (
    BadLine,
    Fault,
    JsonlRunEventStore,
    RunLog,
    check_run,
    check_tree,
)


def make_fifo(path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("needs fifos")
    os.mkfifo(path)


def make_link(path: Path) -> None:
    """Link to a real folder with a run, or to a real run."""
    target = path.parent.parent / f"target-{path.name}"
    if path.suffix:
        target.write_bytes(line(1))
    else:
        target.mkdir()
        (target / "r.jsonl").write_bytes(line(1))
    path.symlink_to(target)


def make_link_to_a_device(path: Path) -> None:
    path.symlink_to(os.devnull)


def make_file(path: Path) -> None:
    path.write_bytes(line(1))


Make = Callable[[Path], None]
INSTEAD_OF_A_RUN = [make_fifo, make_link, make_link_to_a_device, Path.mkdir]
INSTEAD_OF_RUNS = [make_fifo, make_link, make_link_to_a_device, make_file]


@pytest.mark.parametrize("make", INSTEAD_OF_A_RUN)
async def test_3_what_is_instead_of_a_run_is_reported_and_not_opened(
    tmp_path: Path, store: JsonlRunEventStore, make: Make
) -> None:
    path = run_file(tmp_path)
    append(run_file(tmp_path, "t", "other"), line(2, run_id="other"))
    make(path)
    with pytest.raises(OSError):
        RunLog(path).refresh()
    for found in (list(check_run(path)), list(check_tree(tmp_path))):
        assert [(each.kind, each.location.path) for each in found] == [
            (Fault.UNREADABLE, path)
        ]
    assert await store.count_messages("t") == 1
    assert list(store.unreadable) == [path]


@pytest.mark.parametrize("make", INSTEAD_OF_RUNS)
async def test_3_what_is_instead_of_the_folder_runs_is_reported_and_not_followed(
    tmp_path: Path, store: JsonlRunEventStore, make: Make
) -> None:
    folder = tmp_path / "threads" / "t" / "runs"
    folder.parent.mkdir(parents=True)
    make(folder)
    with pytest.raises(OSError):
        RunLog(folder / "r.jsonl").refresh()
    (found,) = check_tree(tmp_path)
    assert (found.kind, found.location.path) == (Fault.UNREADABLE, folder)
    (found,) = check_run(folder / "r.jsonl")
    assert found.kind is Fault.UNREADABLE
    assert await store.count_messages("t") == 0
    assert list(store.unreadable) == [folder]


@pytest.mark.parametrize("seq", [0, -1, 2**53, 2**63 - 1, 2**63, 10**30])
@pytest.mark.parametrize("content", ["", "x" * 3000])
async def test_2_a_seq_out_of_range_makes_a_bad_line_that_numbers_nothing(
    tmp_path: Path, store: JsonlRunEventStore, seq: int, content: str
) -> None:
    path = run_file(tmp_path)
    append(path, line(1) + line(seq, content=content) + line(2))
    log = RunLog(path)
    log.refresh()
    assert log.envelopes().last_seq == 2
    bad = log[1]
    assert isinstance(bad, BadLine)
    assert bad.reason == "seq is not from 1 to 2**53 - 1"
    (found,) = check_run(path)
    assert (found.kind, found.location.row, found.reason) == (
        Fault.BAD_LINE,
        1,
        bad.reason,
    )
    assert [each["seq"] for each in await store.list_messages("t")] == [1, 2]


def test_2_the_greatest_seq_is_an_event(tmp_path: Path) -> None:
    path = run_file(tmp_path)
    append(path, line(1, content="x" * 3000) + line(2**53 - 1, content="x" * 3000))
    log = RunLog(path)
    log.refresh()
    assert (log.envelopes().last_seq, log.envelopes().events) == (2**53 - 1, 2)


@pytest.mark.parametrize("size", [0, 3000])
def test_3_the_seq_of_an_object_without_a_type_counts(
    tmp_path: Path, size: int
) -> None:
    path = run_file(tmp_path)
    bad = line(9, event_type=None, content="x" * size)
    append(path, line(1) + bad + line(2))
    for with_envelopes in (False, True):
        log = RunLog(path, envelopes=with_envelopes)
        log.refresh()
        assert log.envelopes().last_seq == 9
        assert log.envelopes().events == 2
        assert log.envelopes().ascending
        assert isinstance(log[1], BadLine)
