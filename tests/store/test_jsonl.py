"""The methods of the store that write and delete, and the ids that they refuse.

Also covers `base.py`, `errors.py` and the ids of `paths.py`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.events import line, record
from tests.helpers.lines import append, run_file
from tests.helpers.store import CALLS, new_event, seqs
from whitetail_store import InvalidIdError, JsonlRunEventStore, RunEventStore, Trash


def lines(path: Path) -> list[Any]:
    return [json.loads(each) for each in path.read_bytes().splitlines()]


# Files and ids


def test_the_default_folder_is_that_of_deer_flow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    JsonlRunEventStore()
    assert list(tmp_path.iterdir()) == []


async def test_a_run_s_events_are_in_its_file(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event(content="é"))
    path = tmp_path / "threads" / "t" / "runs" / "r.jsonl"
    assert path.read_bytes().endswith(b"}\n")
    assert "é" in path.read_text("utf-8")
    assert list(lines(path)[0]) == list(record(1))


BAD_IDS: list[Any] = [
    "",
    "..",
    ".",
    "a/b",
    "a\\b",
    "a\n",
    "a.b",
    "é",
    " ",
    None,
    5,
    b"a",
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("bad", [*BAD_IDS, "a" * 65], ids=ascii)
async def test_a_thread_id_that_is_not_safe_is_refused(
    tmp_path: Path, store: JsonlRunEventStore, call: str, bad: Any
) -> None:
    with pytest.raises(ValueError, match="Invalid thread_id") as caught:
        await CALLS[call](store, bad, "r")
    assert isinstance(caught.value, InvalidIdError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", list(CALLS)[:7])
@pytest.mark.parametrize("bad", BAD_IDS, ids=ascii)
async def test_a_run_id_that_is_not_safe_is_refused(
    tmp_path: Path, store: JsonlRunEventStore, call: str, bad: Any
) -> None:
    with pytest.raises(ValueError, match="Invalid run_id"):
        await CALLS[call](store, "t", bad)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("thread_id", ["a", "A-z_0", "a" * 64])
async def test_a_safe_id_is_accepted(store: JsonlRunEventStore, thread_id: str) -> None:
    await store.put(**new_event(thread_id=thread_id, run_id="x" * 100))
    assert await store.count_messages(thread_id) == 1


@pytest.mark.parametrize("call", list(CALLS)[3:])
async def test_reading_and_deleting_create_nothing(
    tmp_path: Path, store: JsonlRunEventStore, call: str
) -> None:
    assert await CALLS[call](store, "t", "r") in ([], {}, 0)
    assert list(tmp_path.iterdir()) == []


# put


async def test_put_returns_the_whole_record(store: JsonlRunEventStore) -> None:
    put = await store.put(
        **new_event(content={"a": 1}, metadata={"b": 2}, created_at="now")
    )
    assert put == {
        **new_event(),
        "content": {"a": 1},
        "metadata": {"b": 2},
        "seq": 1,
        "created_at": "now",
    }
    assert await store.list_events("t", "r") == [put]


async def test_seqs_continue_after_a_restart(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event())
    assert (await JsonlRunEventStore(tmp_path).put(**new_event()))["seq"] == 2


async def test_seqs_continue_after_those_of_deer_flow(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(7) + line(3))
    append(run_file(tmp_path, run_id="b"), line(5, run_id="b"))
    assert (await store.put(**new_event()))["seq"] == 8


# put_batch


async def test_an_empty_batch_writes_nothing(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    assert await store.put_batch([]) == []
    assert list(tmp_path.iterdir()) == []


async def test_a_batch_is_written_to_the_file_of_each_run(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put_batch(
        [new_event(run_id="a"), new_event(run_id="b"), new_event(run_id="a")]
    )
    assert seqs(lines(run_file(tmp_path, "t", "a"))) == [1, 3]
    assert seqs(lines(run_file(tmp_path, "t", "b"))) == [2]


async def test_a_batch_may_span_threads(store: JsonlRunEventStore) -> None:
    put = await store.put_batch(
        [new_event(thread_id="a"), new_event(thread_id="b"), new_event(thread_id="a")]
    )
    assert [(each["thread_id"], each["seq"]) for each in put] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
    ]


async def test_a_bad_value_stops_the_batch_before_the_first_write(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    with pytest.raises(TypeError):
        await store.put_batch([new_event(), new_event(content={(1, 2): 3})])
    with pytest.raises(ValueError):
        await store.put_batch([new_event(), new_event(run_id="..")])
    assert list(tmp_path.iterdir()) == []


# put_if_absent


async def test_put_if_absent_finds_events_of_other_programs(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.count_messages("t")
    append(run_file(tmp_path), line(1))
    assert await store.put_if_absent(**new_event()) == (record(1), False)


# Deleting


async def test_a_deleted_run_is_gone(
    tmp_path: Path, filled: JsonlRunEventStore
) -> None:
    assert await filled.delete_by_run("t", "a") == 10
    assert await filled.delete_by_run("t", "a") == 0
    assert not run_file(tmp_path, "t", "a").exists()
    assert seqs(await filled.list_messages("t")) == [3, 7, 11, 15, 19]


async def test_seqs_continue_after_a_run_was_deleted(
    store: JsonlRunEventStore,
) -> None:
    await store.put_batch(
        [new_event(run_id="a"), new_event(run_id="b"), new_event(run_id="b")]
    )
    await store.delete_by_run("t", "b")
    assert (await store.put(**new_event(run_id="a")))["seq"] == 4


async def test_deleting_leaves_the_thread_s_other_files_alone(
    tmp_path: Path, filled: JsonlRunEventStore
) -> None:
    thread = tmp_path / "threads" / "t"
    others = [thread / "user-data" / "work" / "r.jsonl", thread / "runs" / "note.txt"]
    for other in others:
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_text("mine")
    (thread / "runs" / "folder.jsonl").mkdir()
    (thread / "runs" / "link.jsonl").symlink_to(others[0])
    await filled.delete_by_thread("t")
    assert [other.read_text() for other in others] == ["mine", "mine"]
    assert (thread / "runs" / "folder.jsonl").is_dir()
    assert (thread / "runs" / "link.jsonl").is_symlink()


async def test_deleted_runs_are_moved_to_the_trash(tmp_path: Path) -> None:
    trash = Trash(tmp_path)
    store = JsonlRunEventStore(tmp_path, trash=trash)
    put = await store.put(**new_event())
    assert await store.delete_by_run("t", "r") == 1
    trash.restore(trash.kept[0])
    assert await store.list_events("t", "r") == [put]
    trash.close()


# As a replacement of DeerFlow's store


def test_the_store_is_a_run_event_store(store: JsonlRunEventStore) -> None:
    assert isinstance(store, RunEventStore)


async def test_two_stores_find_each_other_s_events(tmp_path: Path) -> None:
    one, other = JsonlRunEventStore(tmp_path), JsonlRunEventStore(tmp_path)
    for number in range(1, 11):
        store = (one, other)[number % 2]
        assert (await store.put(**new_event()))["seq"] == number
    assert await one.list_messages("t") == await other.list_messages("t")
