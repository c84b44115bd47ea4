"""Faults of files, as `check_run` and `check_tree` report them."""

import json
from pathlib import Path

import pytest

from tests.helpers.events import TIME, line
from tests.helpers.lines import append, run_file
from whitetail_store import (
    Fault,
    FaultLocation,
    Finding,
    JsonlRunEventStore,
    Trash,
    check_run,
    check_tree,
)
from whitetail_store.lock import LOCK_NAME, thread_lock
from whitetail_store.note import Note


def kinds(path: Path) -> list[tuple[int | None, Fault]]:
    return [(found.location.row, found.kind) for found in check_run(path)]


def test_a_sound_run_has_no_findings(path: Path) -> None:
    append(path, line(1) + line(2) + line(5))
    assert list(check_run(path)) == []


def test_a_run_without_a_file_has_no_findings(path: Path) -> None:
    assert list(check_run(path)) == []


def test_a_bad_line_is_reported_with_its_location_and_reason(path: Path) -> None:
    append(path, line(1) + b"{oops\n" + line(2))
    (found,) = check_run(path)
    assert found.location == FaultLocation(path, 1, len(line(1)))
    assert found.kind is Fault.BAD_LINE
    assert found.reason.startswith("not JSON")


def test_a_torn_tail_is_reported(path: Path) -> None:
    append(path, line(1) + line(2)[:30])
    (found,) = check_run(path)
    assert (found.kind, found.location.offset) == (Fault.TORN_TAIL, len(line(1)))
    assert "30 bytes" in found.reason


def test_a_row_of_another_run_or_thread_is_reported(path: Path) -> None:
    append(path, line(1) + line(2, run_id="b") + line(3, thread_id="u"))
    assert kinds(path) == [(1, Fault.FOREIGN), (2, Fault.FOREIGN)]


def test_a_repeated_seq_is_reported(path: Path) -> None:
    append(path, line(1) + line(2) + line(2) + line(3))
    assert kinds(path) == [(2, Fault.REPEATED)]


def test_a_step_of_a_subagent_that_is_written_twice_is_reported(path: Path) -> None:
    steps = [("a", 0), ("a", 1), ("b", 0), ("a", 0), ("a", None), ("a", None)]
    append(
        path,
        b"".join(
            line(
                seq,
                event_type="subagent.step",
                metadata={"task_id": task, "message_index": number},
            )
            for seq, (task, number) in enumerate(steps, 1)
        ),
    )
    assert kinds(path) == [(3, Fault.REPEATED_STEP)]


def test_a_descending_seq_is_reported(path: Path) -> None:
    append(path, line(1) + line(5) + line(3) + line(6))
    assert kinds(path) == [(2, Fault.BACKWARD)]


def test_a_time_in_the_future_is_reported(path: Path) -> None:
    append(path, line(1, created_at="2999-01-01T00:00:00+00:00") + line(2))
    assert kinds(path) == [(0, Fault.FUTURE)]
    assert [found.location.row for found in check_run(path, now=0.0)] == [0, 1]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_line_that_older_readers_split_is_reported(
    path: Path, separator: str
) -> None:
    append(path, line(1, content=separator))
    append(path, json.dumps(json.loads(line(2, content=separator))).encode() + b"\n")
    assert kinds(path) == [(0, Fault.SEPARATOR)]


def test_a_file_that_cannot_be_read_is_reported(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "nowhere")
    assert kinds(path) == [(None, Fault.UNREADABLE)]


def test_a_seq_in_two_runs_of_a_thread_is_reported(tmp_path: Path) -> None:
    append(run_file(tmp_path, "t", "a"), line(1, run_id="a") + line(2, run_id="a"))
    append(run_file(tmp_path, "t", "b"), line(2, run_id="b"))
    append(run_file(tmp_path, "u", "c"), line(2, run_id="c", thread_id="u"))
    (found,) = check_tree(tmp_path)
    location = FaultLocation(run_file(tmp_path, "t", "b"), 0, 0)
    assert found == Finding(location, Fault.REPEATED, "seq 2 is already in run a")


def test_an_orphaned_lock_is_reported(tmp_path: Path) -> None:
    for thread_id in "tu":
        with thread_lock(run_file(tmp_path, thread_id).with_name(LOCK_NAME)) as lock:
            lock.write_note(Note(0, None))
    append(run_file(tmp_path, "u"), line(1, thread_id="u"))
    (found,) = check_tree(tmp_path)
    location = FaultLocation(run_file(tmp_path).parent / LOCK_NAME)
    assert (found.kind, found.location) == (Fault.ORPHANED_LOCK, location)


async def test_a_deleted_thread_leaves_no_lock(tmp_path: Path) -> None:
    store = JsonlRunEventStore(tmp_path)
    await store.put(thread_id="t", run_id="r", event_type="x", category="trace")
    await store.delete_by_thread("t")
    assert list(check_tree(tmp_path)) == []


def test_a_run_that_a_session_left_in_the_trash_is_reported(tmp_path: Path) -> None:
    for run_id in "ab":
        append(run_file(tmp_path, "t", run_id), line(1, run_id=run_id))
    trash = Trash(tmp_path)
    discarded = trash.discard("t", "a")
    assert discarded is not None
    assert list(check_tree(tmp_path)) == []
    trash.close()
    (found,) = check_tree(tmp_path)
    assert (found.kind, found.location) == (
        Fault.LEFTOVER,
        FaultLocation(discarded.kept),
    )


def test_a_folder_without_threads_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(check_tree(tmp_path))


def test_checking_only_reads(tmp_path: Path) -> None:
    path = run_file(tmp_path)
    append(path, line(2) + b"oops\n" + line(1, created_at=TIME) + line(3)[:9])
    before = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")}
    assert len(list(check_tree(tmp_path))) == 3
    assert {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")} == before
