"""Promise 7: no seq is given twice, and writers without the lock are noticed."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from tests.helpers.store import new_event
from whitetail_store import JsonlRunEventStore, Trash


def delete_and_append(base: Path, *, fewer_bytes: int) -> None:
    """Delete run b and append event 4 to run a, as a writer without the lock does.

    The runs are then `fewer_bytes` smaller than before.
    """
    deleted = run_file(base, "t", "b")
    size = deleted.stat().st_size - fewer_bytes
    deleted.unlink()
    padding = "x" * (size - len(line(4, run_id="a", content="")))
    append(run_file(base, "t", "a"), line(4, run_id="a", content=padding))


async def test_7_a_writer_without_the_lock_is_noticed_before_a_seq_is_given(
    tmp_path: Path, store: JsonlRunEventStore, caplog: pytest.LogCaptureFixture
) -> None:
    await store.put(**new_event())
    append(run_file(tmp_path, "t", "other"), line(9, run_id="other"))
    assert (await store.put(**new_event()))["seq"] == 10
    assert store.shared == {"t"}
    assert len(caplog.records) == 1


async def test_7_a_delete_and_an_append_of_others_after_an_append_are_noticed(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    # The runs become smaller by less than the size of the last append.
    for run_id in "abc":
        await store.put(**new_event(run_id=run_id, content="x" * 500))
    delete_and_append(tmp_path, fewer_bytes=100)
    assert (await store.put(**new_event(run_id="a")))["seq"] == 5
    assert store.shared == {"t"}


async def test_7_a_delete_and_an_append_of_the_same_size_are_noticed(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    for run_id in "abc":
        await store.put(**new_event(run_id=run_id, content="x" * 500))
    delete_and_append(tmp_path, fewer_bytes=0)
    assert (await store.put(**new_event(run_id="a")))["seq"] == 5


@pytest.mark.parametrize("of_other", [line(7), line(7)[:70]], ids=["whole", "torn"])
async def test_7_bytes_that_others_append_during_a_put_are_noticed(
    tmp_path: Path,
    store: JsonlRunEventStore,
    monkeypatch: pytest.MonkeyPatch,
    of_other: bytes,
) -> None:
    await store.put(**new_event())
    real = os.write

    def write_and_be_followed(file: int, data: Any) -> int:
        written = real(file, data)
        if data[:1] == b"{":
            append(run_file(tmp_path), of_other)
        return written

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_and_be_followed)
        assert (await store.put(**new_event()))["seq"] == 2
    expected = 8 if of_other.endswith(b"\n") else 3
    assert (await store.put(**new_event()))["seq"] == expected
    assert store.shared == {"t"}


async def test_7_ending_a_torn_line_does_not_count_as_another_writer(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(1) + line(2)[:70])
    assert (await store.put(**new_event()))["seq"] == 2
    assert (await store.put(**new_event()))["seq"] == 3
    assert store.shared == set()


async def test_7_stores_do_not_count_each_other_as_writers_without_the_lock(
    tmp_path: Path,
) -> None:
    stores = [JsonlRunEventStore(tmp_path) for _ in range(3)]
    for turn in range(12):
        await stores[turn % 3].put(**new_event(run_id=f"r{turn % 2}"))
    assert [store.shared for store in stores] == [set(), set(), set()]


async def test_7_no_seq_is_given_again_after_the_newest_run_was_deleted(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event(run_id="a"))
    await store.put(**new_event(run_id="b"))
    await store.delete_by_run("t", "b")
    assert (await JsonlRunEventStore(tmp_path).put(**new_event(run_id="a")))["seq"] == 3


async def test_7_no_seq_is_given_again_after_the_newest_run_was_moved_to_the_trash(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event(run_id="a"))
    await store.put(**new_event(run_id="b"))
    trash = Trash(tmp_path)
    assert trash.discard("t", "b")
    again = JsonlRunEventStore(tmp_path)
    assert (await again.put(**new_event(run_id="a")))["seq"] == 3
    trash.restore(trash.kept[0])
    assert (await again.put(**new_event(run_id="a")))["seq"] == 4
    assert again.shared == set()
    trash.close()


def test_the_trash_leaves_no_lock_file_in_a_thread_that_only_others_write(
    tmp_path: Path,
) -> None:
    append(run_file(tmp_path, "t", "a"), line(1, run_id="a"))
    append(run_file(tmp_path, "t", "b"), line(8, run_id="b"))
    trash = Trash(tmp_path)
    folder = run_file(tmp_path, "t", "a").parent
    assert trash.discard("t", "b")
    assert [each.name for each in folder.iterdir()] == ["a.jsonl"]
    trash.restore(trash.kept[0])
    assert sorted(each.name for each in folder.iterdir()) == ["a.jsonl", "b.jsonl"]
    trash.close()


async def test_7_seqs_that_others_removed_are_not_given_again(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event(run_id="a"))
    await store.put(**new_event(run_id="b"))
    run_file(tmp_path, "t", "b").unlink()
    assert (await JsonlRunEventStore(tmp_path).put(**new_event(run_id="a")))["seq"] == 3


async def test_7_events_that_others_write_after_a_delete_are_noticed(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    # As many bytes as were deleted: the runs are then as large as before.
    await store.put(**new_event(content="x" * 300))
    await store.put(**new_event(run_id="s"))
    path = run_file(tmp_path)
    went = path.stat().st_size
    await store.delete_by_run("t", "r")
    short = line(9, content="")
    append(path, line(9, content="y" * (went - len(short))))
    assert path.stat().st_size == went
    assert (await store.put(**new_event()))["seq"] == 10
