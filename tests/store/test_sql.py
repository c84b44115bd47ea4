"""What holds for databases only: limits, cut traces, users, locks, lost connections."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from tests.helpers.postgres import new_schema
from tests.helpers.store import new_event, seqs
from whitetail_store import SeqLimitError
from whitetail_store.errors import (
    ColumnLimitError,
    DatabaseBusyError,
    DatabaseError,
    InvalidIdError,
)
from whitetail_store.sql import DbRunEventStore


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/runs.db"
    else:
        with new_schema(request.getfixturevalue("postgres")) as url:
            yield url


@pytest.fixture
async def store(url: str) -> AsyncIterator[DbRunEventStore]:
    """Return a store on a table that is empty."""
    store = DbRunEventStore(url, create=True, lock_timeout=0.3)
    await store.count_messages("t")
    yield store
    await store.close()


def execute(url: str, statement: str, *values: Any) -> list[Any]:
    """Run a statement with the plain driver; `%s` stands for a value."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as lite, lite:
            return lite.execute(statement.replace("%s", "?"), values).fetchall()
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


INSERT = (
    "INSERT INTO run_events (thread_id, run_id, event_type, category, content, "
    "event_metadata, seq, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)


# What a table cannot hold


@pytest.mark.parametrize("column", ["event_type", "category"])
async def test_a_name_that_is_too_long_is_refused_before_the_write(
    store: DbRunEventStore, column: str
) -> None:
    limit = {"event_type": 32, "category": 16}[column]
    with pytest.raises(ColumnLimitError, match=f"{column} has {limit + 1} char"):
        await store.put_batch([new_event(), new_event(**{column: "é" * (limit + 1)})])
    assert await store.list_events("t", "r") == []
    put = await store.put(**new_event(**{column: "é" * limit}))
    assert await store.list_events("t", "r") == [put]


async def test_an_id_of_a_run_has_64_characters_at_most(store: DbRunEventStore) -> None:
    assert (await store.put(**new_event(run_id="r" * 64)))["seq"] == 1
    with pytest.raises(InvalidIdError, match="Invalid run_id"):
        await store.put(**new_event(run_id="r" * 65))


async def test_a_batch_of_several_threads_is_refused(store: DbRunEventStore) -> None:
    with pytest.raises(ValueError, match="several threads"):
        await store.put_batch([new_event(), new_event(thread_id="u")])
    assert await store.count_messages("t") == 0


async def test_a_seq_has_32_bits(url: str, store: DbRunEventStore) -> None:
    row = ("t", "r", "x", "message", "", "{}", 2**31 - 2, "2026-08-01 10:00:00")
    execute(url, INSERT, *row)
    with pytest.raises(SeqLimitError, match="thread t"):
        await store.put_batch([new_event(), new_event()])
    assert (await store.put(**new_event()))["seq"] == 2**31 - 1
    with pytest.raises(SeqLimitError):
        await store.put(**new_event())
    assert await store.count_messages("t") == 2


async def test_a_time_that_is_none_is_refused(store: DbRunEventStore) -> None:
    with pytest.raises(ValueError, match="created_at is no time: 'now'"):
        await store.put(**new_event(created_at="now"))


async def test_times_are_in_utc(url: str, store: DbRunEventStore) -> None:
    put = await store.put(**new_event(created_at="2026-08-01T10:00:00+02:00"))
    assert put["created_at"] == "2026-08-01T08:00:00+00:00"
    assert await store.list_events("t", "r") == [put]
    if url.startswith("sqlite"):
        (stored,) = execute(url, "SELECT created_at FROM run_events")
        assert stored == ("2026-08-01 08:00:00.000000",)


async def test_the_content_of_a_trace_is_cut(store: DbRunEventStore) -> None:
    long = "é" * 6000
    put = await store.put(**new_event(category="trace", content=long))
    assert put["content"] == "é" * 5120
    assert put["metadata"] == {
        "content_truncated": True,
        "original_byte_length": 12_000,
    }
    put_dict = await store.put(**new_event(category="trace", content={"a": long}))
    assert put_dict["content"] == '{"a":"' + "é" * 5117
    assert await store.list_events("t", "r") == [put, put_dict]
    whole = await store.put(**new_event(content=long))
    assert whole["content"] == long


async def test_the_length_of_traces_can_be_chosen(url: str) -> None:
    store = DbRunEventStore(url, create=True, max_trace_content=3)
    put = await store.put(**new_event(category="trace", content="abcdef"))
    assert put["content"] == "abc"
    await store.close()


# Rows of DeerFlow, and of others


async def test_rows_of_deer_flow_are_read(url: str, store: DbRunEventStore) -> None:
    time = "2026-08-01 10:00:00.5"
    rows = [
        ("text", "{}", "text", {}),
        (
            '{"a": 1}',
            '{"content_is_json": true, "content_is_dict": true}',
            {"a": 1},
            {},
        ),
        ('{"a": 1}', '{"content_is_dict": true, "b": 2}', {"a": 1}, {"b": 2}),
        ("[1]", '{"content_is_json": true}', [1], {}),
        # Cut, written by half, or by another program.
        ('{"a"', '{"content_is_json": true}', '{"a"', {"content_is_json": True}),
        ('{"a": 1}', "{}", '{"a": 1}', {}),
        (None, None, "", {}),
        ("", "[1]", "", {}),
    ]
    for seq, (content, metadata, *_) in enumerate(rows, 1):
        row = ("t", "r", "x", "message", content, metadata, seq, time)
        execute(url, INSERT, *row)
    found = await store.list_events("t", "r")
    assert [(each["content"], each["metadata"]) for each in found] == [
        (content, metadata) for _, _, content, metadata in rows
    ]
    if url.startswith("sqlite"):
        assert {each["created_at"] for each in found} == {
            "2026-08-01T10:00:00.500000+00:00"
        }
    assert (await store.put(**new_event()))["seq"] == len(rows) + 1


async def test_what_is_written_is_as_deer_flow_writes_it(
    url: str, store: DbRunEventStore
) -> None:
    await store.put(**new_event(content="text", metadata={"a": "b"}))
    await store.put(**new_event(content={"a": "é"}))
    await store.put(**new_event(content=[1]))
    await store.put(**new_event(content="a\0b"))
    metadata = "CAST(event_metadata AS TEXT)"
    found = execute(url, f"SELECT content, {metadata} FROM run_events ORDER BY seq")
    assert found == [
        ("text", '{"a":"b"}'),
        ('{"a":"é"}', '{"content_is_json":true,"content_is_dict":true}'),
        ("[1]", '{"content_is_json":true}'),
        (r'"a\u0000b"', '{"content_is_json":true}'),
    ]


async def test_other_columns_are_no_obstacle(url: str, store: DbRunEventStore) -> None:
    execute(url, "ALTER TABLE run_events ADD COLUMN other TEXT")
    put = await store.put(**new_event())
    assert await store.list_events("t", "r") == [put]


# Users


async def test_a_user_sees_and_deletes_what_is_theirs(url: str) -> None:
    stores = {
        user: DbRunEventStore(url, user_id=user, create=True) for user in ("u", "v")
    }
    for store in (stores["u"], stores["v"], stores["u"]):
        await store.put(**new_event())
    assert seqs(await stores["u"].list_messages("t")) == [1, 3]
    assert seqs(await stores["v"].list_messages("t")) == [2]
    assert seqs(await stores["v"].list_messages("t", user_id="u")) == [1, 3]
    assert seqs(await stores["v"].list_messages("t", user_id=None)) == [1, 2, 3]
    last = stores["v"].get_last_visible_ai_seq_by_run
    assert await last("t", ["r"]) == {"r": 2}
    assert await last("t", ["r"], user_id=None) == {"r": 3}
    assert await stores["u"].delete_by_thread("t") == 2
    assert await stores["v"].count_messages("t") == 1
    for store in stores.values():
        await store.close()


# Locks and lost connections


class OtherProgram:
    """Holds the lock of thread `t`."""

    def __init__(self, url: str) -> None:
        if url.startswith("sqlite"):
            path = url.removeprefix("sqlite:///")
            lite = sqlite3.connect(path, isolation_level=None)
            lite.execute("BEGIN IMMEDIATE")
            self.close = lite.close
        else:
            other = psycopg.connect(url)
            other.execute("SELECT pg_advisory_xact_lock(hashtext('t')::bigint)")
            self.close = other.close


async def test_11_waiting_for_another_program_ends(
    url: str, store: DbRunEventStore
) -> None:
    other = OtherProgram(url)
    with pytest.raises(DatabaseBusyError, match=r"held a lock for 0\.3 s"):
        await store.put(**new_event())
    assert await store.list_messages("t") == []
    other.close()
    assert (await store.put(**new_event()))["seq"] == 1


async def test_11_a_call_that_waits_can_be_cancelled_and_changes_nothing(
    url: str,
) -> None:
    store = DbRunEventStore(url, create=True)
    await store.count_messages("t")
    other = OtherProgram(url)
    call = asyncio.ensure_future(store.put(**new_event(content="cancelled")))
    # Readers wait for no writer, so this returns while the call waits.
    assert await store.list_messages("t") == []
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    other.close()
    put = await store.put(**new_event(content="next"))
    assert await store.list_messages("t") == [put]
    await store.close()


async def test_a_batch_that_is_too_long_for_one_statement_keeps_its_order(
    store: DbRunEventStore,
) -> None:
    lengths = [150_000, 10, 70_000, 300_000, 1]
    put = await store.put_batch([new_event(content="x" * each) for each in lengths])
    assert [each["seq"] for each in put] == [1, 2, 3, 4, 5]
    assert await store.list_messages("t") == put
    assert [len(each["content"]) for each in put] == lengths


async def test_a_writer_without_the_lock_is_noticed(
    url: str, store: DbRunEventStore
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time, whatever its program")
    row = ("t", "r", "x", "message", "", "{}", 1, "2026-08-01 10:00:00")
    with psycopg.connect(url) as other:
        other.execute(INSERT.encode(), row)
        call = asyncio.ensure_future(store.put(**new_event()))
        await asyncio.to_thread(wait_for_a_waiting_insert, url)
        other.commit()
    assert (await call)["seq"] == 2


def wait_for_a_waiting_insert(url: str) -> None:
    """Wait until an insert waits for the transaction of another program."""
    waiting = b"""
        SELECT 1 FROM pg_stat_activity WHERE wait_event = 'transactionid'
        AND query LIKE 'INSERT INTO run_events%'
    """
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(waiting).fetchall():
            pass


async def test_a_connection_that_was_lost_is_opened_again(
    url: str, store: DbRunEventStore
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("a file has no connection that can be lost")
    await store.put(**new_event())
    for call in (
        lambda: store.list_messages("t"),
        lambda: store.put_batch([new_event()]),
        lambda: store.delete_by_thread("t"),
    ):
        end_connections(url)
        await call()
    assert await store.count_messages("t") == 0


def end_connections(url: str) -> None:
    """End the connections of the store of a test, as a restart of the server does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
            "pid <> pg_backend_pid() AND "
            "application_name = current_setting('application_name')"
        ).fetchall()


# Refusals


async def test_a_database_that_is_not_there_is_not_created(tmp_path: Path) -> None:
    store = DbRunEventStore(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(DatabaseError, match="the file cannot be opened"):
        await store.put(**new_event())
    assert list(tmp_path.iterdir()) == []


async def test_a_database_without_the_table_is_not_altered(url: str) -> None:
    if url.startswith("sqlite"):
        execute(url, "CREATE TABLE other (a)")
    store = DbRunEventStore(url)
    for call in (store.count_messages("t"), store.put(**new_event())):
        with pytest.raises(DatabaseError, match="it has no table"):
            await call
    await store.close()


async def test_another_table_is_named_as_the_reason(url: str) -> None:
    execute(url, "CREATE TABLE run_events (id INTEGER, thread_id TEXT)")
    store = DbRunEventStore(url)
    with pytest.raises(DatabaseError, match="has other columns than"):
        await store.list_messages("t")
    await store.close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://u:secret@127.0.0.1:1/db", "no server answers"),
        ("postgresql+asyncpg://u:secret@127.0.0.1:1/db", "no server answers"),
        ("postgresql://u:secret@%2Fnowhere/db", "no server answers"),
    ],
)
async def test_a_password_is_never_shown(url: str, reason: str) -> None:
    store = DbRunEventStore(url)
    with pytest.raises(DatabaseError, match=reason) as caught:
        await store.count_messages("t")
    assert "secret" not in str(caught.value)
    assert "u:***@" in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://u@h/db", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        DbRunEventStore(url)


async def test_an_engine_of_the_program_is_used(url: str) -> None:
    own = url.replace("sqlite:", "sqlite+aiosqlite:", 1)
    own = own.replace("postgresql:", "postgresql+psycopg:", 1)
    engine = create_async_engine(own)
    store = DbRunEventStore(engine, create=True)
    put = await store.put(**new_event())
    assert await store.list_events("t", "r") == [put]
    await engine.dispose()
