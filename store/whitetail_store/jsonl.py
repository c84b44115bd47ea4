"""`JsonlRunEventStore`: a drop-in replacement for DeerFlow's store, on the same files.

Keeps promise 9: each method does its work in a thread, not on the event loop.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import count, islice
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from whitetail_store.base import Record, RunEventStore
from whitetail_store.envelope import EventKind
from whitetail_store.event import encode_around_seq, now
from whitetail_store.files import sync_folders
from whitetail_store.lock import ThreadLock
from whitetail_store.log import retry_on_change
from whitetail_store.paths import check_run_id, check_thread_id
from whitetail_store.thread import EventLocation, EventWithoutSeq, ThreadLog
from whitetail_store.trash import Trash

T = TypeVar("T")

# An index costs 20 bytes an event: the least recently used threads are dropped.
_MAX_CACHED_THREADS = 64
_REPLY_TYPES = ("llm.ai.response", "ai_message")


class JsonlRunEventStore(RunEventStore):
    """Stores events in `{base_dir}/threads/{thread_id}/runs/{run_id}.jsonl`.

    Each method runs in a worker thread, so the event loop never waits for a file.
    Any number of stores, in any number of processes, may write to one thread.
    An event that was acknowledged survives the death of the process. docs/store.md
    lists all promises, and their known gaps.

    A batch is written to all of its runs or, if a write fails, to none. Only a
    process that is killed while it writes to several runs can leave some of them
    with their part of the batch and others without; each part is complete.
    """

    def __init__(
        self,
        base_dir: str | Path = ".deer-flow",
        *,
        trash: Trash | None = None,
        durable: bool = False,
    ) -> None:
        """Create a store; no file is opened or created yet.

        `trash`: deleted runs are moved there instead of being removed.
        `durable`: acknowledged events survive a power cut, too; writes are slower,
        since they wait for the disk.
        """
        self.shared: set[str] = set()
        """The ids of threads to which another program writes without the lock."""
        self._threads = Path(base_dir) / "threads"
        self._trash = trash
        self._durable = durable
        self._logs: OrderedDict[str, ThreadLog] = OrderedDict()
        self._lock = Lock()

    async def put(self, **event: Any) -> Record:
        """Write one event and return its whole record, `seq` included."""
        return (await self.put_batch([event]))[0]

    async def put_batch(self, events: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Write events, each given as the keywords of `put`; return them in order."""
        return await asyncio.to_thread(self._put_all, list(events))

    async def put_if_absent(self, **event: Any) -> tuple[Record, bool]:
        """Write an event unless its run has one of that type, as one atomic step."""
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
        """Return the events of category `message` of all runs, in order of `seq`."""
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

        def wanted(kind: EventKind) -> bool:
            return event_types is None or kind.event_type in event_types

        def of_task(record: Record) -> bool:
            metadata = record.get("metadata")
            return task_id is None or (
                isinstance(metadata, dict) and metadata.get("task_id") == task_id
            )

        def read(log: ThreadLog) -> list[Record]:
            locations = log.locate(wanted, run_id=run_id, after=after_seq)
            records = filter(of_task, _records(log, locations))
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
        """Return one run's events of category `message`, in order of `seq`."""
        check_run_id(run_id)
        return await asyncio.to_thread(
            self._messages, thread_id, run_id, limit, before_seq, after_seq
        )

    async def get_last_visible_ai_seq_by_run(
        self, thread_id: str, run_ids: Iterable[str], *, user_id: str | None = None
    ) -> dict[str, int]:
        """Return, by run id, the `seq` of the last model reply that the user sees."""
        wanted = [check_run_id(run_id) for run_id in run_ids]

        def read(log: ThreadLog) -> dict[str, int]:
            found = ((run_id, _last_visible_seq(log, run_id)) for run_id in wanted)
            return {run_id: seq for run_id, seq in found if seq is not None}

        return await asyncio.to_thread(self._read, thread_id, read)

    async def count_messages(self, thread_id: str) -> int:
        """Return the number of events of category `message` of a thread."""
        return await asyncio.to_thread(
            self._read, thread_id, lambda log: log.count("message")
        )

    async def delete_by_run(self, thread_id: str, run_id: str) -> int:
        """Remove a run's file; return the number of its events, 0 without a file."""
        check_run_id(run_id)
        return await asyncio.to_thread(self._delete, thread_id, run_id)

    async def delete_by_thread(self, thread_id: str) -> int:
        """Remove all run files of a thread; return the number of their events."""
        return await asyncio.to_thread(self._delete, thread_id, None)

    def _put_all(self, events: list[Mapping[str, Any]]) -> list[Record]:
        records = [_record(**event) for event in events]
        lines: dict[str, list[EventWithoutSeq]] = {}
        for record in records:
            lines.setdefault(record["thread_id"], []).append(
                _encode_without_seq(record)
            )
        for thread_id, of_thread in lines.items():
            first = self._write(thread_id, partial(ThreadLog.append, events=of_thread))
            seqs = count(first)
            for record in records:
                if record["thread_id"] == thread_id:
                    record["seq"] = next(seqs)
        return records

    def _put_if_absent(self, event: Mapping[str, Any]) -> tuple[Record, bool]:
        record = _record(**event)
        line = _encode_without_seq(record)

        def write(log: ThreadLog, lock: ThreadLock) -> tuple[Record, bool]:
            log.refresh()
            locations = log.locate(
                lambda kind: kind.event_type == record["event_type"],
                run_id=record["run_id"],
            )
            existing = next(_records(log, locations), None)
            if existing is not None:
                return existing, False
            record["seq"] = log.append(lock, [line])
            return record, True

        return self._write(record["thread_id"], write)

    def _delete(self, thread_id: str, run_id: str | None) -> int:
        def delete(log: ThreadLog, lock: ThreadLock) -> int:
            log.refresh()
            removed = [each for each in log.run_ids if run_id in (None, each)]
            event_count = sum(log.log(each).envelopes().events for each in removed)
            remember = self._trash is None
            log.remove(lock, removed, self._remove, remember=remember)
            if run_id is None:
                lock.remove()
            return event_count

        try:
            return self._write(thread_id, delete, create=False)
        except FileNotFoundError:
            return 0

    def _remove(self, path: Path) -> None:
        if self._trash is not None:
            self._trash.discard_file(path)
        else:
            path.unlink(missing_ok=True)
            if self._durable:
                sync_folders(path.parent)

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
            locations = log.locate(
                lambda kind: kind.category == "message",
                run_id=run_id,
                after=after,
                before=before,
                backward=backward,
            )
            page = list(islice(_records(log, locations), max(limit, 0)))
            return page[::-1] if backward else page

        return self._read(thread_id, read)

    def _read(self, thread_id: str, read: Callable[[ThreadLog], T]) -> T:
        """Return the result of `read` on a thread's refreshed log.

        Only one call of this process uses the log at a time. If a file is replaced
        meanwhile, `read` is called again.
        """
        log = self._log(check_thread_id(thread_id))

        def refreshed() -> T:
            log.refresh()
            return read(log)

        with log.lock:
            return retry_on_change(refreshed)

    def _write(
        self,
        thread_id: str,
        write: Callable[[ThreadLog, ThreadLock], T],
        *,
        create: bool = True,
    ) -> T:
        """Return the result of `write`, called with the lock of the thread held.

        No store of any process writes to the thread meanwhile.

        Raises:
            FileNotFoundError: There is no such thread, and `create` is false.

        """
        log = self._log(check_thread_id(thread_id))
        with log.lock, log.writing(create=create) as lock:
            try:
                return retry_on_change(lambda: write(log, lock))
            finally:
                if log.shared:
                    self.shared.add(thread_id)

    def _log(self, thread_id: str) -> ThreadLog:
        with self._lock:
            log = self._logs.get(thread_id)
            if log is None:
                log = ThreadLog(self._threads, thread_id, durable=self._durable)
                self._logs[thread_id] = log
            self._logs.move_to_end(thread_id)
            while len(self._logs) > _MAX_CACHED_THREADS:
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
    """Return the record of an event, its `seq` still 0."""
    if not isinstance(event_type, str) or not isinstance(category, str):
        raise TypeError("event_type and category must be strings")
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


def _encode_without_seq(record: Record) -> EventWithoutSeq:
    return record["run_id"], *encode_around_seq(record)


def _records(log: ThreadLog, locations: Iterable[EventLocation]) -> Iterator[Record]:
    for location in locations:
        record = log.record(location)
        if record is not None:
            yield record


def _last_visible_seq(log: ThreadLog, run_id: str) -> int | None:
    locations = log.locate(
        lambda kind: kind.event_type in _REPLY_TYPES and kind.category == "message",
        run_id=run_id,
        backward=True,
    )
    for record in _records(log, locations):
        metadata = record.get("metadata")
        caller = metadata.get("caller") if isinstance(metadata, dict) else None
        if not (isinstance(caller, str) and caller.startswith("middleware:")):
            seq = record["seq"]
            assert isinstance(seq, int)
            return seq
    return None
