import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.events import line, record
from tests.helpers.lines import append, run_file
from whitetail_store import InvalidIdError, JsonlRunEventStore, RunEventStore, Trash

Event = dict[str, Any]


@pytest.fixture
def store(tmp_path: Path) -> JsonlRunEventStore:
    return JsonlRunEventStore(tmp_path)


def event(**changes: Any) -> Event:
    return {
        "thread_id": "t",
        "run_id": "r",
        "event_type": "llm.ai.response",
        "category": "message",
        **changes,
    }


def seqs(records: list[Event]) -> list[int]:
    return [each["seq"] for each in records]


def lines(path: Path) -> list[Any]:
    return [json.loads(each) for each in path.read_bytes().splitlines()]


# Files and ids


def test_the_folder_is_deer_flow_s_when_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    JsonlRunEventStore()
    assert list(tmp_path.iterdir()) == []


async def test_a_run_s_events_are_in_its_file(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**event(content="é"))
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
CALLS: dict[str, Callable[[JsonlRunEventStore, Any, Any], Awaitable[object]]] = {
    "put": lambda s, t, r: s.put(**event(thread_id=t, run_id=r)),
    "put_batch": lambda s, t, r: s.put_batch([event(thread_id=t, run_id=r)]),
    "put_if_absent": lambda s, t, r: s.put_if_absent(**event(thread_id=t, run_id=r)),
    "list_events": lambda s, t, r: s.list_events(t, r),
    "list_messages_by_run": lambda s, t, r: s.list_messages_by_run(t, r),
    "get_last_visible_ai_seq_by_run": (
        lambda s, t, r: s.get_last_visible_ai_seq_by_run(t, [r])
    ),
    "delete_by_run": lambda s, t, r: s.delete_by_run(t, r),
    "list_messages": lambda s, t, r: s.list_messages(t),
    "count_messages": lambda s, t, r: s.count_messages(t),
    "delete_by_thread": lambda s, t, r: s.delete_by_thread(t),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("bad", [*BAD_IDS, "a" * 65], ids=ascii)
async def test_a_thread_id_that_is_not_safe_is_refused(
    tmp_path: Path, store: JsonlRunEventStore, call: str, bad: Any
) -> None:
    with pytest.raises(ValueError, match="thread id") as caught:
        await CALLS[call](store, bad, "r")
    assert isinstance(caught.value, InvalidIdError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", list(CALLS)[:7])
@pytest.mark.parametrize("bad", BAD_IDS, ids=ascii)
async def test_a_run_id_that_is_not_safe_is_refused(
    tmp_path: Path, store: JsonlRunEventStore, call: str, bad: Any
) -> None:
    with pytest.raises(ValueError, match="run id"):
        await CALLS[call](store, "t", bad)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("thread_id", ["a", "A-z_0", "a" * 64])
async def test_a_safe_id_is_taken(store: JsonlRunEventStore, thread_id: str) -> None:
    await store.put(**event(thread_id=thread_id, run_id="x" * 100))
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
        **event(content={"a": 1}, metadata={"b": 2}, created_at="now")
    )
    assert put == {
        **event(),
        "content": {"a": 1},
        "metadata": {"b": 2},
        "seq": 1,
        "created_at": "now",
    }
    assert await store.list_events("t", "r") == [put]


async def test_put_fills_in_what_is_not_given(store: JsonlRunEventStore) -> None:
    before = datetime.now(UTC)
    put = await store.put(**event())
    assert (put["content"], put["metadata"]) == ("", {})
    assert before <= datetime.fromisoformat(put["created_at"]) <= datetime.now(UTC)


async def test_put_does_not_change_what_it_is_given(store: JsonlRunEventStore) -> None:
    metadata = {"a": 1}
    put = await store.put(**event(metadata=metadata))
    put["metadata"]["b"] = 2
    assert metadata == {"a": 1}


async def test_numbers_rise_across_the_runs_of_a_thread(
    store: JsonlRunEventStore,
) -> None:
    for number, run_id in enumerate(["a", "b", "a", "c"], 1):
        put = await store.put(**event(run_id=run_id))
        assert put["seq"] == number


async def test_each_thread_has_its_own_numbers(store: JsonlRunEventStore) -> None:
    assert (await store.put(**event(thread_id="a")))["seq"] == 1
    assert (await store.put(**event(thread_id="b")))["seq"] == 1


async def test_numbers_go_on_after_a_restart(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**event())
    assert (await JsonlRunEventStore(tmp_path).put(**event()))["seq"] == 2


async def test_numbers_go_on_from_deer_flow_s(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(7) + line(3))
    append(run_file(tmp_path, run_id="b"), line(5, run_id="b"))
    assert (await store.put(**event()))["seq"] == 8


async def test_an_event_without_its_type_is_refused(store: JsonlRunEventStore) -> None:
    with pytest.raises(TypeError):
        await store.put(**event(event_type=None))
    assert await store.list_events("t", "r") == []


# put_batch


async def test_a_batch_is_returned_in_order(store: JsonlRunEventStore) -> None:
    batch = [event(content=str(number)) for number in range(5)]
    put = await store.put_batch(batch)
    assert [each["content"] for each in put] == ["0", "1", "2", "3", "4"]
    assert seqs(put) == [1, 2, 3, 4, 5]
    assert await store.list_events("t", "r") == put


async def test_an_empty_batch_writes_nothing(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    assert await store.put_batch([]) == []
    assert list(tmp_path.iterdir()) == []


async def test_a_batch_lands_in_each_run_s_own_file(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put_batch([event(run_id="a"), event(run_id="b"), event(run_id="a")])
    assert seqs(lines(run_file(tmp_path, "t", "a"))) == [1, 3]
    assert seqs(lines(run_file(tmp_path, "t", "b"))) == [2]


async def test_a_batch_may_span_threads(store: JsonlRunEventStore) -> None:
    put = await store.put_batch(
        [event(thread_id="a"), event(thread_id="b"), event(thread_id="a")]
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
        await store.put_batch([event(), event(content={(1, 2): 3})])
    with pytest.raises(ValueError):
        await store.put_batch([event(), event(run_id="..")])
    assert list(tmp_path.iterdir()) == []


# put_if_absent


async def test_put_if_absent_writes_the_first_of_a_type(
    store: JsonlRunEventStore,
) -> None:
    first, created = await store.put_if_absent(**event(event_type="run.end"))
    again, twice = await store.put_if_absent(**event(event_type="run.end", content="x"))
    assert (created, twice) == (True, False)
    assert again == first
    assert await store.list_events("t", "r") == [first]


async def test_put_if_absent_looks_at_its_own_run_only(
    store: JsonlRunEventStore,
) -> None:
    await store.put_if_absent(**event(run_id="a"))
    assert (await store.put_if_absent(**event(run_id="b")))[1]


async def test_put_if_absent_sees_what_others_wrote(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.count_messages("t")
    append(run_file(tmp_path), line(1))
    assert await store.put_if_absent(**event()) == (record(1), False)


# list_messages


@pytest.fixture
async def filled(tmp_path: Path, store: JsonlRunEventStore) -> JsonlRunEventStore:
    """Messages 1, 3, 5, … 19 in turn in runs a and b; traces between them."""
    for seq in range(1, 21):
        run_id = "ab"[seq // 2 % 2]
        category = "message" if seq % 2 else "trace"
        made = line(seq, run_id=run_id, category=category, content="x" * 200 * seq)
        append(run_file(tmp_path, "t", run_id), made)
    return store


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, range(1, 20, 2)),
        ({"limit": 3}, [15, 17, 19]),
        ({"limit": 0}, []),
        ({"limit": -1}, []),
        ({"before_seq": 9}, [1, 3, 5, 7]),
        ({"before_seq": 10, "limit": 2}, [7, 9]),
        ({"before_seq": 1}, []),
        ({"after_seq": 15}, [17, 19]),
        ({"after_seq": 2, "limit": 2}, [3, 5]),
        ({"after_seq": 19}, []),
        ({"after_seq": 0, "limit": 1}, [1]),
        ({"before_seq": 8, "after_seq": 12, "limit": 2}, [5, 7]),
        ({"user_id": "somebody"}, range(1, 20, 2)),
    ],
)
async def test_list_messages(
    filled: JsonlRunEventStore, keywords: Event, expected: list[int]
) -> None:
    assert seqs(await filled.list_messages("t", **keywords)) == list(expected)


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, [1, 4, 5, 8, 9, 12, 13, 16, 17, 20]),
        ({"limit": 2}, [1, 4]),
        ({"limit": 0}, []),
        ({"after_seq": 9, "limit": 2}, [12, 13]),
        ({"after_seq": 20}, []),
        ({"event_types": ["llm.ai.response"], "limit": 1}, [1]),
        ({"event_types": []}, []),
        ({"event_types": ["run.start"]}, []),
    ],
)
async def test_list_events(
    filled: JsonlRunEventStore, keywords: Event, expected: list[int]
) -> None:
    assert seqs(await filled.list_events("t", "a", **keywords)) == expected


async def test_list_events_filters_before_it_limits(store: JsonlRunEventStore) -> None:
    for seq in range(1, 9):
        metadata = {"task_id": "x"} if seq % 4 == 0 else {"task_id": 5}
        await store.put(**event(event_type="ab"[seq % 2], metadata=metadata))
    found = await store.list_events("t", "r", task_id="x", limit=2)
    assert seqs(found) == [4, 8]
    assert await store.list_events("t", "r", task_id="x", event_types=["b"]) == []


async def test_list_events_takes_metadata_of_any_shape(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(1, metadata=None) + line(2, metadata=[1]))
    assert await store.list_events("t", "r", task_id="x") == []
    assert await store.get_last_visible_ai_seq_by_run("t", ["r"]) == {"r": 2}


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, [1, 5, 9, 13, 17]),
        ({"limit": 2}, [13, 17]),
        ({"before_seq": 13}, [1, 5, 9]),
        ({"before_seq": 13, "limit": 1}, [9]),
        ({"after_seq": 5, "limit": 2}, [9, 13]),
        ({"after_seq": 1, "before_seq": 17}, [5, 9, 13]),
        ({"after_seq": 1, "before_seq": 17, "limit": 1}, [5]),
        ({"after_seq": 17, "before_seq": 1}, []),
    ],
)
async def test_list_messages_by_run(
    filled: JsonlRunEventStore, keywords: Event, expected: list[int]
) -> None:
    assert seqs(await filled.list_messages_by_run("t", "a", **keywords)) == expected


async def test_reads_order_events_by_number_not_by_place(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(4) + line(2) + line(9) + line(1))
    assert seqs(await store.list_messages("t", limit=2)) == [4, 9]
    assert seqs(await store.list_messages("t", after_seq=1, limit=2)) == [2, 4]
    assert seqs(await store.list_messages("t", before_seq=9, limit=2)) == [2, 4]
    assert seqs(await store.list_events("t", "r", after_seq=1)) == [2, 4, 9]


async def test_events_of_a_run_are_found_in_another_run_s_file(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path, "t", "a"), line(1, run_id="a") + line(2, run_id="b"))
    append(run_file(tmp_path, "t", "b"), line(3, run_id="b"))
    append(run_file(tmp_path, "t", "a"), line(4, run_id="b") + line(5, run_id="a"))
    assert seqs(await store.list_events("t", "b")) == [2, 3, 4]
    assert seqs(await store.list_events("t", "a")) == [1, 5]
    assert seqs(await store.list_messages_by_run("t", "b", limit=2)) == [3, 4]
    assert seqs(await store.list_messages_by_run("t", "b", after_seq=2)) == [3, 4]
    assert seqs(await store.list_messages("t")) == [1, 2, 3, 4, 5]
    runs = ["a", "b"]
    assert await store.get_last_visible_ai_seq_by_run("t", runs) == {"a": 5, "b": 4}


async def test_events_of_a_run_without_a_file_are_found(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path, "t", "a"), line(1, run_id="a") + line(2, run_id="b"))
    assert seqs(await store.list_events("t", "b")) == [2]
    assert seqs(await store.list_messages_by_run("t", "b")) == [2]


async def test_keys_that_are_not_known_are_kept(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(1, parent="p"))
    assert await store.list_messages("t") == [record(1, parent="p")]


# get_last_visible_ai_seq_by_run, count_messages


async def test_the_last_visible_reply_is_no_middleware_s(
    store: JsonlRunEventStore,
) -> None:
    await store.put(**event(metadata={"caller": "lead_agent"}))
    await store.put(**event(metadata={"caller": "middleware:title"}))
    await store.put(**event(category="trace"))
    await store.put(**event(event_type="llm.human.input"))
    assert await store.get_last_visible_ai_seq_by_run("t", ["r"]) == {"r": 1}


async def test_the_old_name_of_a_reply_counts(store: JsonlRunEventStore) -> None:
    await store.put(**event())
    await store.put(**event(event_type="ai_message"))
    found = await store.get_last_visible_ai_seq_by_run("t", ["r"], user_id="u")
    assert found == {"r": 2}


async def test_a_run_without_a_reply_is_left_out(store: JsonlRunEventStore) -> None:
    await store.put(**event(run_id="a", event_type="run.start"))
    await store.put(**event(run_id="b"))
    runs = (run_id for run_id in ["a", "b", "c"])
    assert await store.get_last_visible_ai_seq_by_run("t", runs) == {"b": 2}


async def test_count_messages_counts_messages(filled: JsonlRunEventStore) -> None:
    assert await filled.count_messages("t") == 10


# Deleting


async def test_a_deleted_run_is_gone(
    tmp_path: Path, filled: JsonlRunEventStore
) -> None:
    assert await filled.delete_by_run("t", "a") == 10
    assert await filled.delete_by_run("t", "a") == 0
    assert not run_file(tmp_path, "t", "a").exists()
    assert seqs(await filled.list_messages("t")) == [3, 7, 11, 15, 19]


async def test_a_deleted_thread_is_gone_and_begins_again(
    filled: JsonlRunEventStore,
) -> None:
    assert await filled.delete_by_thread("t") == 20
    assert await filled.delete_by_thread("t") == 0
    assert await filled.list_messages("t") == []
    assert (await filled.put(**event()))["seq"] == 1


async def test_numbers_go_on_after_a_run_was_deleted(
    store: JsonlRunEventStore,
) -> None:
    await store.put_batch([event(run_id="a"), event(run_id="b"), event(run_id="b")])
    await store.delete_by_run("t", "b")
    assert (await store.put(**event(run_id="a")))["seq"] == 4


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
    await filled.delete_by_run("t", "folder")
    await filled.delete_by_run("t", "link")
    await filled.delete_by_thread("t")
    assert [other.read_text() for other in others] == ["mine", "mine"]
    assert (thread / "runs" / "folder.jsonl").is_dir()
    assert (thread / "runs" / "link.jsonl").is_symlink()


async def test_deletes_go_to_the_trash_that_is_given(tmp_path: Path) -> None:
    trash = Trash(tmp_path)
    store = JsonlRunEventStore(tmp_path, trash=trash)
    put = await store.put(**event())
    assert await store.delete_by_run("t", "r") == 1
    trash.restore(trash.kept[0])
    assert await store.list_events("t", "r") == [put]
    trash.close()


# What makes it DeerFlow's


def test_the_store_is_a_run_event_store(store: JsonlRunEventStore) -> None:
    assert isinstance(store, RunEventStore)


async def test_two_stores_see_each_other_s_events(tmp_path: Path) -> None:
    one, other = JsonlRunEventStore(tmp_path), JsonlRunEventStore(tmp_path)
    for number in range(1, 11):
        store = (one, other)[number % 2]
        assert (await store.put(**event()))["seq"] == number
    assert await one.list_messages("t") == await other.list_messages("t")
