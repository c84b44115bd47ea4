"""The methods of the store that read, with their filters and limits."""

from pathlib import Path

import pytest

from tests.helpers.events import line, record
from tests.helpers.lines import append, run_file
from tests.helpers.store import Event, new_event, seqs
from whitetail_store import JsonlRunEventStore


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
async def test_list_messages_returns_the_page_at_a_cursor(
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
async def test_list_events_returns_the_first_events_that_pass(
    filled: JsonlRunEventStore, keywords: Event, expected: list[int]
) -> None:
    assert seqs(await filled.list_events("t", "a", **keywords)) == expected


async def test_list_events_filters_before_it_limits(store: JsonlRunEventStore) -> None:
    for seq in range(1, 9):
        metadata = {"task_id": "x"} if seq % 4 == 0 else {"task_id": 5}
        await store.put(**new_event(event_type="ab"[seq % 2], metadata=metadata))
    found = await store.list_events("t", "r", task_id="x", limit=2)
    assert seqs(found) == [4, 8]
    assert await store.list_events("t", "r", task_id="x", event_types=["b"]) == []


async def test_list_events_accepts_metadata_of_any_shape(
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
async def test_list_messages_by_run_returns_the_page_between_cursors(
    filled: JsonlRunEventStore, keywords: Event, expected: list[int]
) -> None:
    assert seqs(await filled.list_messages_by_run("t", "a", **keywords)) == expected


async def test_reads_order_events_by_seq_not_by_row(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(4) + line(2) + line(9) + line(1))
    assert seqs(await store.list_messages("t", limit=2)) == [4, 9]
    assert seqs(await store.list_messages("t", after_seq=1, limit=2)) == [2, 4]
    assert seqs(await store.list_messages("t", before_seq=9, limit=2)) == [2, 4]
    assert seqs(await store.list_events("t", "r", after_seq=1)) == [2, 4, 9]


async def test_a_call_about_a_run_returns_the_events_in_its_own_file(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path, "t", "a"), line(1, run_id="a") + line(2, run_id="b"))
    append(run_file(tmp_path, "t", "b"), line(3, run_id="b"))
    append(run_file(tmp_path, "t", "a"), line(4, run_id="b") + line(5, run_id="a"))
    assert seqs(await store.list_events("t", "b")) == [3]
    assert seqs(await store.list_events("t", "a")) == [1, 5]
    assert seqs(await store.list_messages_by_run("t", "a", limit=2)) == [1, 5]
    assert seqs(await store.list_messages_by_run("t", "a", after_seq=1)) == [5]
    assert seqs(await store.list_messages("t")) == [1, 2, 3, 4, 5]
    runs = ["a", "b", "c"]
    assert await store.get_last_visible_ai_seq_by_run("t", runs) == {"a": 5, "b": 3}
    put, created = await store.put_if_absent(**new_event(run_id="b"))
    assert (put["seq"], created) == (3, False)


async def test_unknown_keys_are_kept(tmp_path: Path, store: JsonlRunEventStore) -> None:
    append(run_file(tmp_path), line(1, parent="p"))
    assert await store.list_messages("t") == [record(1, parent="p")]


# get_last_visible_ai_seq_by_run, count_messages


async def test_a_reply_to_middleware_is_not_visible(
    store: JsonlRunEventStore,
) -> None:
    await store.put(**new_event(metadata={"caller": "lead_agent"}))
    await store.put(**new_event(metadata={"caller": "middleware:title"}))
    await store.put(**new_event(category="trace"))
    await store.put(**new_event(event_type="llm.human.input"))
    assert await store.get_last_visible_ai_seq_by_run("t", ["r"]) == {"r": 1}


async def test_the_old_name_of_a_reply_counts(store: JsonlRunEventStore) -> None:
    await store.put(**new_event())
    await store.put(**new_event(event_type="ai_message"))
    found = await store.get_last_visible_ai_seq_by_run("t", ["r"], user_id="u")
    assert found == {"r": 2}


async def test_a_run_without_a_reply_is_left_out(store: JsonlRunEventStore) -> None:
    await store.put(**new_event(run_id="a", event_type="run.start"))
    await store.put(**new_event(run_id="b"))
    runs = (run_id for run_id in ["a", "b", "c"])
    assert await store.get_last_visible_ai_seq_by_run("t", runs) == {"b": 2}


async def test_count_messages_counts_messages(filled: JsonlRunEventStore) -> None:
    assert await filled.count_messages("t") == 10
