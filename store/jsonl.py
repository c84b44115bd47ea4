"""The store's front door: DeerFlow's event store, over the same files."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from .base import Record, RunEventStore
from .envelope import Kind
from .errors import LogChangedError
from .event import encode, now
from .paths import check_run_id, check_thread_id
from .thread import Place, ThreadLog
from .trash import Trash

T = TypeVar("T")

_THREADS = 64
_ATTEMPTS = 5
_REPLIES = ("llm.ai.response", "ai_message")


class JsonlRunEventStore(RunEventStore):
    """Keeps each run's events in `{base_dir}/threads/{thread_id}/runs/{run_id}.jsonl`.

    Every method works in a thread of its own, so the event loop waits for nothing.
    """

    def __init__(
        self, base_dir: str | Path = ".deer-flow", *, trash: Trash | None = None
    ) -> None:
        """Open nothing yet. With a `trash`, deleted runs go there instead of away."""
        self._threads = Path(base_dir) / "threads"
        self._trash = trash
        self._logs: OrderedDict[str, ThreadLog] = OrderedDict()
        self._last: dict[str, int] = {}
        self._lock = Lock()

    async def put(self, **event: Any) -> Record:
        """Write one event and return its whole record, `seq` included."""
        return (await self.put_batch([event]))[0]

    async def put_batch(self, events: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Write events, each given as the keywords of `put`; return them in order."""
        return await asyncio.to_thread(self._put_all, list(events))

    async def put_if_absent(self, **event: Any) -> tuple[Record, bool]:
        """Write an event unless its run has one of that type, in one step."""
        return await asyncio.to_thread(self._put_if_absent, event)

    async def list_messages(
        self,
        thread_id: str,
        *,
        limit: int = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
        user_id: str | None = None,
    ) -> list[Record]:
        """Return events of category `message` across a thread's runs, by `seq`."""
        if before_seq is not None:
            after_seq = None
        return await asyncio.to_thread(
            self._messages, thread_id, None, limit, before_seq, after_seq
        )

    async def list_events(
        self,
        thread_id: str,
        run_id: str,
        *,
        event_types: Sequence[str] | None = None,
        task_id: str | None = None,
        limit: int = 500,
        after_seq: int | None = None,
    ) -> list[Record]:
        """Return a run's first `limit` events that pass the filters, by `seq`."""
        check_run_id(run_id)

        def wanted(kind: Kind) -> bool:
            return event_types is None or kind.event_type in event_types

        def of_task(record: Record) -> bool:
            metadata = record.get("metadata")
            return task_id is None or (
                isinstance(metadata, dict) and metadata.get("task_id") == task_id
            )

        def read(log: ThreadLog) -> list[Record]:
            places = log.places(wanted, run_id=run_id, after=after_seq)
            records = filter(of_task, _records(log, places))
            return list(islice(records, max(limit, 0)))

        return await asyncio.to_thread(self._read, thread_id, read)

    async def list_messages_by_run(
        self,
        thread_id: str,
        run_id: str,
        *,
        limit: int = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
    ) -> list[Record]:
        """Return one run's events of category `message`, by `seq`."""
        check_run_id(run_id)
        return await asyncio.to_thread(
            self._messages, thread_id, run_id, limit, before_seq, after_seq
        )

    async def get_last_visible_ai_seq_by_run(
        self, thread_id: str, run_ids: Iterable[str], *, user_id: str | None = None
    ) -> dict[str, int]:
        """Return, per run, the `seq` of the last model reply that a person sees."""
        wanted = [check_run_id(run_id) for run_id in run_ids]

        def read(log: ThreadLog) -> dict[str, int]:
            found = ((run_id, _last_visible(log, run_id)) for run_id in wanted)
            return {run_id: seq for run_id, seq in found if seq is not None}

        return await asyncio.to_thread(self._read, thread_id, read)

    async def count_messages(self, thread_id: str) -> int:
        """Return how many events of category `message` a thread has."""
        return await asyncio.to_thread(
            self._read, thread_id, lambda log: log.count("message")
        )

    async def delete_by_run(self, thread_id: str, run_id: str) -> int:
        """Remove a run's file and return how many events went, 0 if it is not there."""
        check_run_id(run_id)
        return await asyncio.to_thread(
            self._read, thread_id, lambda log: self._delete(log, thread_id, run_id)
        )

    async def delete_by_thread(self, thread_id: str) -> int:
        """Remove all run files of a thread and return how many events went."""

        def delete(log: ThreadLog) -> int:
            gone = sum(self._delete(log, thread_id, run_id) for run_id in log.run_ids)
            self._last.pop(thread_id, None)
            return gone

        return await asyncio.to_thread(self._read, thread_id, delete)

    def _put_all(self, events: list[Mapping[str, Any]]) -> list[Record]:
        records = [_record(**event) for event in events]
        for record in records:
            encode(record)
        by_thread: dict[str, list[Record]] = {}
        for record in records:
            by_thread.setdefault(record["thread_id"], []).append(record)
        for thread_id, of_thread in by_thread.items():
            self._read(thread_id, partial(self._write, records=of_thread))
        return records

    def _put_if_absent(self, event: Mapping[str, Any]) -> tuple[Record, bool]:
        record = _record(**event)

        def write(log: ThreadLog) -> tuple[Record, bool]:
            places = log.places(
                lambda kind: kind.event_type == record["event_type"],
                run_id=record["run_id"],
            )
            there = next(_records(log, places), None)
            if there is not None:
                return there, False
            self._write(log, [record])
            return record, True

        return self._read(record["thread_id"], write)

    def _write(self, log: ThreadLog, records: list[Record]) -> None:
        """Give records of a thread their numbers and append them to their files."""
        thread_id = records[0]["thread_id"]
        last = max(log.last_seq, self._last.get(thread_id, 0))
        lines: dict[str, list[bytes]] = {}
        for seq, record in enumerate(records, last + 1):
            record["seq"] = seq
            lines.setdefault(record["run_id"], []).append(encode(record))
        log.append({run_id: b"".join(of_run) for run_id, of_run in lines.items()})
        self._last[thread_id] = last + len(records)

    def _messages(
        self,
        thread_id: str,
        run_id: str | None,
        limit: int,
        before: int | None,
        after: int | None,
    ) -> list[Record]:
        backward = after is None

        def read(log: ThreadLog) -> list[Record]:
            places = log.places(
                lambda kind: kind.category == "message",
                run_id=run_id,
                after=after,
                before=before,
                backward=backward,
            )
            page = list(islice(_records(log, places), max(limit, 0)))
            return page[::-1] if backward else page

        return self._read(thread_id, read)

    def _delete(self, log: ThreadLog, thread_id: str, run_id: str) -> int:
        if run_id not in log.run_ids:
            return 0
        events = log.log(run_id).envelopes().events
        self._last[thread_id] = max(log.last_seq, self._last.get(thread_id, 0))
        if self._trash is not None:
            self._trash.take(thread_id, run_id)
        else:
            log.log(run_id).path.unlink(missing_ok=True)
        log.forget(run_id)
        return events

    def _read(self, thread_id: str, read: Callable[[ThreadLog], T]) -> T:
        """Do something with a thread's log as it is now, nobody else of us in it."""
        log = self._log(check_thread_id(thread_id))
        with log.lock:
            for _ in range(_ATTEMPTS):
                log.refresh()
                try:
                    return read(log)
                except LogChangedError as error:
                    changed = error
            raise changed

    def _log(self, thread_id: str) -> ThreadLog:
        with self._lock:
            log = self._logs.setdefault(thread_id, ThreadLog(self._threads, thread_id))
            self._logs.move_to_end(thread_id)
            while len(self._logs) > _THREADS:
                self._logs.popitem(last=False)
            return log


def _record(
    *,
    thread_id: str,
    run_id: str,
    event_type: str,
    category: str,
    content: Any = "",
    metadata: Mapping[str, Any] | None = None,
    created_at: str | datetime | None = None,
) -> Record:
    """Return an event's record, its number still to come."""
    if not isinstance(event_type, str) or not isinstance(category, str):
        raise TypeError("event_type and category are text")
    if isinstance(created_at, datetime):
        created_at = created_at.isoformat()
    return {
        "thread_id": check_thread_id(thread_id),
        "run_id": check_run_id(run_id),
        "event_type": event_type,
        "category": category,
        "content": content,
        "metadata": dict(metadata or {}),
        "seq": 0,
        "created_at": created_at or now(),
    }


def _records(log: ThreadLog, places: Iterable[Place]) -> Iterator[Record]:
    for place in places:
        record = log.record(place)
        if record is not None:
            yield record


def _last_visible(log: ThreadLog, run_id: str) -> int | None:
    places = log.places(
        lambda kind: kind.event_type in _REPLIES and kind.category == "message",
        run_id=run_id,
        backward=True,
    )
    for record in _records(log, places):
        metadata = record.get("metadata")
        caller = metadata.get("caller") if isinstance(metadata, dict) else None
        if not (isinstance(caller, str) and caller.startswith("middleware:")):
            seq = record["seq"]
            assert isinstance(seq, int)
            return seq
    return None
