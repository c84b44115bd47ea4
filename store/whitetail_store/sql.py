"""`DbRunEventStore`: the store of events over DeerFlow's table `run_events`.

Keeps the contract of `JsonlRunEventStore` on SQLite and Postgres; docs/databases.md
lists where a table differs from files. Needs the extra `whitetail[db]`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum
from functools import partial
from typing import TypeVar

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from whitetail_store.base import NewEvent, Record, RunEventStore
from whitetail_store.errors import SeqLimitError
from whitetail_store.lock import LOCK_TIMEOUT_S
from whitetail_store.paths import check_run_id, check_thread_id
from whitetail_store.queries import REPLY_TYPES, is_visible_reply
from whitetail_store.sql_copy import TableCopySide
from whitetail_store.sql_engine import Database, Work
from whitetail_store.sql_pages import read_records
from whitetail_store.sql_rows import MAX_SEQ, MAX_TRACE_BYTES, NewRows
from whitetail_store.sql_statements import Where, execute, insert_numbered
from whitetail_store.sql_table import RUN_EVENTS, create_table, let_readers_read


class _Unset(Enum):
    OF_STORE = "the user of the store"
    EVERY_RUN = "every run of the thread"


_T = TypeVar("_T")
_OF_STORE = _Unset.OF_STORE
_UserId = str | None | _Unset


class DbRunEventStore(RunEventStore):
    """Stores events in the table `run_events` of a SQLite or Postgres database.

    Any number of stores, in any number of processes, may write to one thread. The
    methods of one store are called on one event loop. A batch is one transaction.
    """

    def __init__(
        self,
        url_or_engine: str | URL | AsyncEngine,
        *,
        max_trace_content: int = MAX_TRACE_BYTES,
        user_id: str | None = None,
        create: bool = False,
        lock_timeout: float = LOCK_TIMEOUT_S,
    ) -> None:
        """Create a store; the database is opened with the first call.

        `max_trace_content`: longer content of category `trace` is cut, in bytes.
        `user_id`: only the events of this user are read and deleted, and events are
        written as theirs; None: those of all users.
        `create`: the table is created if there is none.
        `lock_timeout`: how long a call waits for another program, in seconds.

        Raises:
            ValueError: It is no URL of SQLite or Postgres.

        """
        self._database = Database(
            url_or_engine, lock_timeout_s=lock_timeout, create=create
        )
        self._max_trace_bytes = max_trace_content
        self._user_id = user_id
        self._create = create
        self._creating = asyncio.Lock()

    @property
    def copy_side(self) -> TableCopySide:
        """What the store offers to a copy."""
        limit, user_id = self._max_trace_bytes, self._user_id
        return TableCopySide(self._database, self._create_table, limit, user_id)

    async def close(self) -> None:
        """Close all connections; the next call opens them again."""
        await self._database.close()

    async def put_batch(self, events: Iterable[NewEvent]) -> list[Record]:
        """Write events of one thread in one transaction; return them in order.

        Raises:
            ValueError: The events are of several threads, or a value is not allowed.

        """
        new = self._new_rows(events)
        if not new.records:
            return []
        thread_id = new.records[0]["thread_id"]
        if any(record["thread_id"] != thread_id for record in new.records):
            raise ValueError("the events of a batch are of several threads")

        async def write(connection: AsyncConnection) -> None:
            await self._insert(connection, thread_id, new)

        await self._write(thread_id, write, prepare=new.encode)
        return new.records

    async def _put_if_absent(self, event: NewEvent) -> tuple[Record, bool]:
        new = self._new_rows([event])
        thread_id = event["thread_id"]
        of_type = Where(
            "thread_id = %s AND run_id = %s AND event_type = %s",
            (thread_id, event["run_id"], event["event_type"]),
        )

        async def write(connection: AsyncConnection) -> tuple[Record, bool]:
            existing = await read_records(connection, of_type, limit=1)
            if existing:
                return existing[0], False
            await self._insert(connection, thread_id, new)
            return new.records[0], True

        return await self._write(thread_id, write, prepare=new.encode)

    async def list_messages(
        self,
        thread_id: str,
        *,
        limit: int | None = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
        user_id: _UserId = _OF_STORE,
    ) -> list[Record]:
        """Return the events of category `message` of all runs, in order of `seq`."""
        wanted = self._wanted(thread_id, user_id=user_id)
        if before_seq is not None:
            after_seq = None
        return await self._messages(wanted, limit, before_seq, after_seq)

    async def list_events(
        self,
        thread_id: str,
        run_id: str,
        *,
        event_types: Sequence[str] | None = None,
        task_id: str | None = None,
        limit: int | None = 500,
        after_seq: int | None = None,
    ) -> list[Record]:
        """Return a run's first `limit` events that pass the filters, by `seq`."""
        wanted = self._wanted(thread_id, run_id)
        if event_types is not None:
            wanted = wanted.and_in("event_type", event_types)

        def keep(record: Record) -> bool:
            return task_id is None or record["metadata"].get("task_id") == task_id

        page = partial(read_records, where=wanted, limit=limit, after=after_seq)
        return await self._read(partial(page, keep=keep))

    async def list_messages_by_run(
        self,
        thread_id: str,
        run_id: str,
        *,
        limit: int | None = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
    ) -> list[Record]:
        """Return one run's events of category `message`, in order of `seq`."""
        wanted = self._wanted(thread_id, run_id)
        return await self._messages(wanted, limit, before_seq, after_seq)

    async def get_last_visible_ai_seq_by_run(
        self,
        thread_id: str,
        run_ids: Iterable[str],
        *,
        user_id: _UserId = _OF_STORE,
    ) -> dict[str, int]:
        """Return, by run id, the `seq` of the last model reply that the user sees."""
        wanted = {
            run_id: self._wanted(thread_id, run_id, user_id=user_id)
            for run_id in run_ids
        }

        async def read(connection: AsyncConnection) -> dict[str, int]:
            found: dict[str, int] = {}
            for run_id, of_run in wanted.items():
                replies = of_run.and_("category = 'message'")
                replies = replies.and_in("event_type", REPLY_TYPES)
                for record in await read_records(
                    connection, replies, limit=1, backward=True, keep=is_visible_reply
                ):
                    found[run_id] = record["seq"]
            return found

        return await self._read(read)

    async def count_messages(self, thread_id: str) -> int:
        """Return the number of events of category `message` of a thread."""
        wanted = self._wanted(thread_id).and_("category = 'message'")
        statement = f"SELECT count(*) FROM run_events WHERE {wanted.text}"

        async def read(connection: AsyncConnection) -> int:
            found = await execute(connection, statement, wanted.values)
            return int(found.scalar_one())

        return await self._read(read)

    async def delete_by_run(self, thread_id: str, run_id: str) -> int:
        """Delete the rows of a run; return their number."""
        return await self._delete(thread_id, self._wanted(thread_id, run_id))

    async def delete_by_thread(self, thread_id: str) -> int:
        """Delete the rows of a thread; return their number. Its next `seq` is 1."""
        return await self._delete(thread_id, self._wanted(thread_id))

    def _new_rows(self, events: Iterable[NewEvent]) -> NewRows:
        return NewRows(events, max_trace_bytes=self._max_trace_bytes)

    def _wanted(
        self,
        thread_id: str,
        run_id: str | _Unset = _Unset.EVERY_RUN,
        *,
        user_id: _UserId = _OF_STORE,
    ) -> Where:
        wanted = Where("thread_id = %s", (check_thread_id(thread_id),))
        if not isinstance(run_id, _Unset):
            wanted = wanted.and_("run_id = %s", check_run_id(run_id))
        user = self._user_id if isinstance(user_id, _Unset) else user_id
        if user is not None:
            wanted = wanted.and_("user_id = %s", user)
        return wanted

    async def _messages(
        self,
        wanted: Where,
        limit: int | None,
        before: int | None,
        after: int | None,
    ) -> list[Record]:
        wanted = wanted.and_("category = 'message'")
        page = partial(read_records, where=wanted, limit=limit, before=before)
        return await self._read(partial(page, after=after, backward=after is None))

    async def _insert(
        self, connection: AsyncConnection, thread_id: str, new: NewRows
    ) -> None:
        first = await insert_numbered(
            connection, thread_id, self._user_id, new.rows, MAX_SEQ
        )
        if first is None:
            raise SeqLimitError(f"thread {thread_id}", MAX_SEQ)
        for seq, record in enumerate(new.records, first):
            record["seq"] = seq

    async def _delete(self, thread_id: str, wanted: Where) -> int:
        statement = f"DELETE FROM run_events WHERE {wanted.text}"

        async def write(connection: AsyncConnection) -> int:
            return (await execute(connection, statement, wanted.values)).rowcount

        return await self._write(thread_id, write)

    async def _read(self, work: Work[_T]) -> _T:
        await self._create_table()
        return await self._database.read(work)

    async def _write(
        self,
        thread_id: str,
        work: Work[_T],
        *,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> _T:
        await self._create_table()
        return await self._database.write(thread_id, work, prepare=prepare)

    async def _create_table(self) -> None:
        # Also keeps the order of the calls while the table is created.
        async with self._creating:
            if self._create:
                if self._database.is_sqlite:
                    await self._database.read(let_readers_read)
                await self._database.write(RUN_EVENTS.name, create_table)
                self._create = False
