"""What the store over a table offers to a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from whitetail_store.base import Record
from whitetail_store.copying import Batch
from whitetail_store.paths import RunKey
from whitetail_store.sql_engine import Database
from whitetail_store.sql_pages import read_records
from whitetail_store.sql_rows import NewRows, as_stored
from whitetail_store.sql_statements import Where, execute, insert

_BATCH = 500
_RUNS = "SELECT DISTINCT thread_id, run_id FROM run_events WHERE "


class TableCopySide:
    """The runs of a table, as a copy reads and writes them."""

    def __init__(
        self,
        database: Database,
        ready: Callable[[], Awaitable[None]],
        max_trace_bytes: int,
        user_id: str | None,
    ) -> None:
        self._database = database
        self._ready = ready
        self._max_trace_bytes = max_trace_bytes
        self._user_id = user_id

    async def run_keys(self) -> list[RunKey]:
        """Return the runs of the table.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """
        wanted = self._of_user(Where("1 = 1", ()))

        async def read(connection: AsyncConnection) -> list[RunKey]:
            found = await execute(connection, _RUNS + wanted.text, wanted.values)
            return [(str(row.thread_id), str(row.run_id)) for row in found]

        await self._ready()
        return await self._database.read(read)

    async def batches(self, key: RunKey) -> AsyncIterator[Batch]:
        """Yield the events of a run, by `seq`."""
        of_run = self._of_user(Where("thread_id = %s AND run_id = %s", key))
        after: int | None = None
        while True:
            records = await self._database.read(
                partial(read_records, where=of_run, limit=_BATCH, after=after)
            )
            if not records:
                return
            yield Batch(records)
            after = records[-1]["seq"]

    def as_stored(self, record: Record) -> Record:
        """Return an event as it is read back: with its trace cut, its time in UTC."""
        return as_stored(record, self._max_trace_bytes)

    async def write(self, thread_id: str, records: Sequence[Record]) -> None:
        """Insert events with the seqs that they have, in one transaction."""
        if not records:
            return
        new = NewRows(records, max_trace_bytes=self._max_trace_bytes)

        async def write(connection: AsyncConnection) -> None:
            for row, record in zip(new.rows, records, strict=True):
                row["seq"] = record["seq"]
                row["user_id"] = self._user_id
            await insert(connection, new.rows)

        await self._database.write(thread_id, write, prepare=new.encode)

    def _of_user(self, where: Where) -> Where:
        if self._user_id is None:
            return where
        return where.and_("user_id = %s", self._user_id)
