"""The methods that write and delete: the same on files, SQLite and Postgres."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tests.helpers.any_store import close_store, open_store
from tests.helpers.store import CALLS, new_event, seqs
from whitetail_store import InvalidIdError, NewEvent, RunEventStore


async def test_put_fills_in_defaults(store: RunEventStore) -> None:
    before = datetime.now(UTC)
    put = await store.put(**new_event())
    assert (put["content"], put["metadata"]) == ("", {})
    assert before <= datetime.fromisoformat(put["created_at"]) <= datetime.now(UTC)


async def test_put_does_not_change_its_arguments(store: RunEventStore) -> None:
    metadata = {"a": 1}
    put = await store.put(**new_event(metadata=metadata))
    put["metadata"]["b"] = 2
    assert metadata == {"a": 1}


async def test_seqs_rise_across_the_runs_of_a_thread(
    store: RunEventStore,
) -> None:
    for number, run_id in enumerate(["a", "b", "a", "c"], 1):
        put = await store.put(**new_event(run_id=run_id))
        assert put["seq"] == number


async def test_each_thread_has_its_own_seqs(store: RunEventStore) -> None:
    assert (await store.put(**new_event(thread_id="a")))["seq"] == 1
    assert (await store.put(**new_event(thread_id="b")))["seq"] == 1


async def test_an_event_without_a_type_is_refused(store: RunEventStore) -> None:
    with pytest.raises(TypeError):
        await store.put(**new_event(event_type=None))
    assert await store.list_events("t", "r") == []


async def test_a_batch_is_returned_in_order(store: RunEventStore) -> None:
    batch = [new_event(content=str(number)) for number in range(5)]
    put = await store.put_batch(batch)
    assert [each["content"] for each in put] == ["0", "1", "2", "3", "4"]
    assert seqs(put) == [1, 2, 3, 4, 5]
    assert await store.list_events("t", "r") == put


async def test_put_if_absent_writes_the_first_of_a_type(
    store: RunEventStore,
) -> None:
    first, created = await store.put_if_absent(**new_event(event_type="run.end"))
    again, twice = await store.put_if_absent(
        **new_event(event_type="run.end", content="x")
    )
    assert (created, twice) == (True, False)
    assert again == first
    assert await store.list_events("t", "r") == [first]


async def test_put_if_absent_compares_with_its_own_run_only(
    store: RunEventStore,
) -> None:
    await store.put_if_absent(**new_event(run_id="a"))
    assert (await store.put_if_absent(**new_event(run_id="b")))[1]


async def test_a_deleted_thread_is_gone_and_starts_at_1_again(
    filled: RunEventStore,
) -> None:
    assert await filled.delete_by_thread("t") == 20
    assert await filled.delete_by_thread("t") == 0
    assert await filled.list_messages("t") == []
    assert (await filled.put(**new_event()))["seq"] == 1


async def test_a_deleted_run_is_gone_and_only_it(filled: RunEventStore) -> None:
    assert await filled.delete_by_run("t", "a") == 10
    assert await filled.delete_by_run("t", "a") == 0
    assert await filled.list_events("t", "a") == []
    assert seqs(await filled.list_messages("t")) == [3, 7, 11, 15, 19]


async def test_what_was_written_is_read_by_a_new_store(
    at: str, store: RunEventStore
) -> None:
    put = await store.put(**new_event(content={"a": [1, None]}, metadata={"b": 2.5}))
    other = open_store(at)
    assert await other.list_events("t", "r") == [put]
    assert (await other.put(**new_event()))["seq"] == 2
    await close_store(other)


async def test_a_time_is_kept(store: RunEventStore) -> None:
    time = "2026-08-01T10:20:30.123456+00:00"
    put = await store.put(**new_event(created_at=time))
    assert put["created_at"] == time
    assert await store.list_events("t", "r") == [put]
    moment = datetime(2026, 8, 1, 10, 20, 30, tzinfo=UTC)
    put = await store.put(**new_event(created_at=moment))
    assert datetime.fromisoformat(put["created_at"]) == moment


async def test_an_empty_batch_is_none(store: RunEventStore) -> None:
    assert await store.put_batch([]) == []


async def test_unknown_keys_of_a_batch_are_ignored(store: RunEventStore) -> None:
    event = cast("NewEvent", {**new_event(), "seq": 99, "mystery": "u"})
    (put,) = await store.put_batch([event])
    assert put["seq"] == 1
    assert "mystery" not in put
    assert await store.list_events("t", "r") == [put]


@pytest.mark.parametrize("key", ["thread_id", "run_id", "event_type", "category"])
async def test_a_missing_key_is_an_error_before_the_first_write(
    store: RunEventStore, key: str
) -> None:
    event: dict[str, Any] = {**new_event()}
    del event[key]
    with pytest.raises(KeyError, match=key):
        await store.put_batch([new_event(), cast("NewEvent", event)])
    assert await store.list_events("t", "r") == []


async def test_a_bad_value_stops_the_batch_before_the_first_write(
    store: RunEventStore,
) -> None:
    with pytest.raises(TypeError):
        await store.put_batch([new_event(), new_event(content={(1, 2): 3})])
    with pytest.raises(ValueError):
        await store.put_batch([new_event(), new_event(run_id="..")])
    assert await store.list_events("t", "r") == []


@pytest.mark.parametrize("call", CALLS)
async def test_an_id_that_is_not_safe_is_refused(
    store: RunEventStore, call: str
) -> None:
    for bad in ["", "..", "a/b", "a\n", "é", "' OR 1=1 --", None, 5, b"a", "a" * 65]:
        with pytest.raises(ValueError, match="Invalid thread_id") as caught:
            await CALLS[call](store, bad, "r")
        assert isinstance(caught.value, InvalidIdError)
    if call not in ("list_messages", "count_messages", "delete_by_thread"):
        for bad in ["", "..", "a/b", "a\n", "é", "'; DROP TABLE run_events", None]:
            with pytest.raises(ValueError, match="Invalid run_id"):
                await CALLS[call](store, "t", bad)


@pytest.mark.parametrize("call", list(CALLS)[3:])
async def test_reading_and_deleting_find_nothing_in_an_empty_store(
    store: RunEventStore, call: str
) -> None:
    assert await CALLS[call](store, "t", "r") in ([], {}, 0)


# Calls at the same time


async def test_calls_on_a_thread_are_served_in_their_order(
    store: RunEventStore,
) -> None:
    calls = (store.put(**new_event(content=str(number))) for number in range(20))
    put = await asyncio.gather(*calls)
    assert seqs(put) == list(range(1, 21))
    assert await store.list_events("t", "r") == put


async def test_two_stores_give_no_number_twice(at: str, store: RunEventStore) -> None:
    other = open_store(at)
    calls = ((store, other)[number % 2].put(**new_event()) for number in range(30))
    put = await asyncio.gather(*calls)
    assert sorted(seqs(put)) == list(range(1, 31))
    assert seqs(await store.list_events("t", "r")) == list(range(1, 31))
    await close_store(other)


async def test_one_of_many_writers_writes_an_event_that_is_absent(
    at: str, store: RunEventStore
) -> None:
    other = open_store(at)
    calls = (
        (store, other)[number % 2].put_if_absent(**new_event()) for number in range(9)
    )
    results = await asyncio.gather(*calls)
    assert sorted(created for _, created in results) == [False] * 8 + [True]
    assert len({record["seq"] for record, _ in results}) == 1
    await close_store(other)
