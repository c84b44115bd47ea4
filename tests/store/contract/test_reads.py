"""The methods that read: the same on files, SQLite and Postgres."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from tests.helpers.lines import python_values
from tests.helpers.store import Event, new_event, seqs
from whitetail_store import RunEventStore


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
        ({"user_id": None}, range(1, 20, 2)),
    ],
)
async def test_list_messages_returns_the_page_at_a_cursor(
    filled: RunEventStore, keywords: Event, expected: list[int]
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
    filled: RunEventStore, keywords: Event, expected: list[int]
) -> None:
    assert seqs(await filled.list_events("t", "a", **keywords)) == expected


async def test_list_events_filters_before_it_limits(store: RunEventStore) -> None:
    for seq in range(1, 9):
        metadata = {"task_id": "x"} if seq % 4 == 0 else {"task_id": 5}
        await store.put(**new_event(event_type="ab"[seq % 2], metadata=metadata))
    found = await store.list_events("t", "r", task_id="x", limit=2)
    assert seqs(found) == [4, 8]
    assert await store.list_events("t", "r", task_id="x", event_types=["b"]) == []


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
    filled: RunEventStore, keywords: Event, expected: list[int]
) -> None:
    assert seqs(await filled.list_messages_by_run("t", "a", **keywords)) == expected


async def test_a_reply_to_middleware_is_not_visible(
    store: RunEventStore,
) -> None:
    await store.put(**new_event(metadata={"caller": "lead_agent"}))
    await store.put(**new_event(metadata={"caller": "middleware:title"}))
    await store.put(**new_event(category="trace"))
    await store.put(**new_event(event_type="llm.human.input"))
    assert await store.get_last_visible_ai_seq_by_run("t", ["r"]) == {"r": 1}


async def test_the_old_name_of_a_reply_counts(store: RunEventStore) -> None:
    await store.put(**new_event())
    await store.put(**new_event(event_type="ai_message"))
    found = await store.get_last_visible_ai_seq_by_run("t", ["r"])
    assert found == {"r": 2}


async def test_a_run_without_a_reply_is_left_out(store: RunEventStore) -> None:
    await store.put(**new_event(run_id="a", event_type="run.start"))
    await store.put(**new_event(run_id="b"))
    runs = (run_id for run_id in ["a", "b", "c"])
    assert await store.get_last_visible_ai_seq_by_run("t", runs) == {"b": 2}


async def test_count_messages_counts_messages(filled: RunEventStore) -> None:
    assert await filled.count_messages("t") == 10


async def test_a_limit_of_none_is_no_limit(store: RunEventStore) -> None:
    await store.put_batch([new_event() for _ in range(1100)])
    expected = list(range(1, 1101))
    assert seqs(await store.list_messages("t", limit=None)) == expected
    assert seqs(await store.list_messages("t", limit=None, after_seq=0)) == expected
    assert seqs(await store.list_events("t", "r", limit=None)) == expected
    assert seqs(await store.list_messages_by_run("t", "r", limit=None)) == expected
    last = await store.list_messages("t", limit=700)
    assert seqs(last) == expected[-700:]


async def test_a_long_text_is_read_whole(store: RunEventStore) -> None:
    texts = ["x" * 3_000_000, "é" * 20_000, "short"]
    await store.put_batch(
        [new_event(content=text, metadata={"text": text}) for text in texts]
    )
    found = await store.list_messages("t")
    assert [(each["content"], each["metadata"]["text"]) for each in found] == [
        *zip(texts, texts, strict=True)
    ]


def as_json(value: Any) -> str:
    """Return a value as JSON: unlike the values, texts with NaN can be compared."""
    return json.dumps(value, default=str, sort_keys=False)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=python_values, value=python_values)
@example(content="a\0b", value="a\0b")
@example(content="\ud800", value={"\ud800": "\0"})
@example(content={"a": float("nan")}, value=float("inf"))
@example(content="a\u2028b\x85c\x0bd", value={"": {"": []}})
@example(content=2**70, value=-(2**70))
async def test_whatever_json_can_write_is_read_back(
    store: RunEventStore, content: Any, value: Any
) -> None:
    metadata = {"value": value, "task_id": "1"}
    try:
        expected = json.loads(as_json([content, metadata]))
    except (TypeError, ValueError):
        return
    put = await store.put(**new_event(content=content, metadata=metadata))
    (found,) = await store.list_messages("t", after_seq=put["seq"] - 1)
    assert as_json([found["content"], found["metadata"]]) == as_json(expected)
    assert found["seq"] == put["seq"]


@pytest.mark.parametrize("key", ["content_is_json", "content_is_dict", "task_id"])
@pytest.mark.parametrize("content", ['{"a": 1}', {"a": 1}, [1], None, ""])
async def test_no_key_of_the_metadata_is_lost(
    store: RunEventStore, key: str, content: Any
) -> None:
    metadata = {key: True, "whitetail_metadata": "{}"}
    put = await store.put(**new_event(content=content, metadata=metadata))
    assert (put["content"], put["metadata"]) == (content, metadata)
    assert await store.list_events("t", "r") == [put]
