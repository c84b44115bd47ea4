"""`JsonlRunEventStore`: a drop-in replacement for DeerFlow's store, on the same files.

Keeps promise 9: no method works on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from whitetail_store.base import NewEvent, Record, RunEventStore
from whitetail_store.files import sync_folders
from whitetail_store.jsonl_copy import FileCopySide
from whitetail_store.lock import LOCK_TIMEOUT_S, ThreadLock
from whitetail_store.new_event import NewEvents
from whitetail_store.open_threads import OpenThread, OpenThreads
from whitetail_store.paths import (
    check_folder,
    check_run_file,
    check_run_id,
    run_path,
    run_stamps,
)
from whitetail_store.queries import events as events_of
from whitetail_store.queries import last_visible_seq, messages
from whitetail_store.thread import ThreadLog
from whitetail_store.trash import Trash
from whitetail_store.turns import Promise

_logger = logging.getLogger(__name__)


class JsonlRunEventStore(RunEventStore):
    """Stores events in `{base_dir}/threads/{thread_id}/runs/{run_id}.jsonl`.

    Each method works in a thread of the store, so the event loop never waits for a
    file. Any number of stores, in any number of processes, may write to one thread.
    An event that was acknowledged survives the death of the process. docs/store.md
    lists all promises, and their known gaps.

    Calls that write to a thread are served in the order in which they were made.
    Readers wait for no writer. A call ends after `lock_timeout` seconds at the
    latest if another process holds the lock of the thread (`LockTimeoutError`), or if
    its files change all the time (`UnsettledFilesError`).

    A call that is cancelled while it waits has changed nothing. If it is cancelled
    while it is served, it is done as a whole or, if it fails, not at all.

    A batch is written to all of its runs or, if a write fails, to none. Only a
    process that is killed while it writes to several runs can leave some of them
    with their part of the batch and others without; each part is complete.
    """

    def __init__(
        self,
        base_dir: str | Path | None = None,
        *,
        trash: Trash | None = None,
        durable: bool = False,
        lock_timeout: float = LOCK_TIMEOUT_S,
    ) -> None:
        """Create a store; no file is opened or created yet.

        `base_dir`: `.deer-flow` in the working directory if None.
        `trash`: deleted runs are moved there instead of being removed.
        `durable`: acknowledged events survive a power cut, too; writes are slower,
        since they wait for the disk.
        `lock_timeout`: how long a call waits for another process, in seconds.
        """
        self._threads = Path(".deer-flow" if base_dir is None else base_dir) / "threads"
        self._trash = trash
        self._durable = durable
        self._open = OpenThreads(
            self._threads, durable=durable, lock_timeout=lock_timeout
        )

    @property
    def shared(self) -> set[str]:
        """The ids of threads to which another program writes without the lock."""
        return self._open.shared

    @property
    def unreadable(self) -> dict[Path, OSError]:
        """The run files that were left out of the last reads of their threads.

        Each has the error that the read of it had. A warning is logged, too.
        """
        return self._open.unreadable

    @property
    def copy_side(self) -> FileCopySide:
        """What the store offers to a copy."""
        return FileCopySide(self._threads, self._open)

    async def put_batch(self, events: Iterable[NewEvent]) -> list[Record]:
        """Write events, each given as the keywords of `put`; return them in order."""
        new = NewEvents(events)
        # All are queued now: each has its turn in the order of the calls.
        writes = [self._append(thread_id, new) for thread_id in new.thread_ids]
        if len(writes) == 1:
            await writes[0].result()
        else:
            await _all_results(writes)
        return new.records

    async def _put_if_absent(self, event: NewEvent) -> tuple[Record, bool]:
        new = NewEvents([event])
        thread_id, run_id = event["thread_id"], event["run_id"]

        def write(thread: OpenThread, lock: ThreadLock) -> tuple[Record, bool]:
            records = thread.log.run_snapshot(run_id).records(
                lambda kind: kind.event_type == event["event_type"], run_id=run_id
            )
            existing = next(records, None)
            if existing is not None:
                return existing, False
            first = thread.writer.append(lock, new.lines(thread_id))
            new.number(thread_id, first)
            return new.records[0], True

        return await self._open.write(
            thread_id, write, prepare=lambda: new.lines(thread_id)
        ).result()

    async def list_messages(
        self,
        thread_id: str,
        *,
        limit: int | None = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
        user_id: str | None = None,
    ) -> list[Record]:
        """Return the events of category `message` of all runs, in order of `seq`."""
        if before_seq is not None:
            after_seq = None
        return await self._open.read(
            thread_id,
            lambda log: messages(log.snapshot(), None, limit, before_seq, after_seq),
        )

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
        check_run_id(run_id)

        def read(log: ThreadLog) -> list[Record]:
            snapshot = log.run_snapshot(run_id)
            return events_of(snapshot, run_id, event_types, task_id, limit, after_seq)

        return await self._open.read(thread_id, read)

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
        check_run_id(run_id)
        return await self._open.read(
            thread_id,
            lambda log: messages(
                log.run_snapshot(run_id), run_id, limit, before_seq, after_seq
            ),
        )

    async def get_last_visible_ai_seq_by_run(
        self, thread_id: str, run_ids: Iterable[str], *, user_id: str | None = None
    ) -> dict[str, int]:
        """Return, by run id, the `seq` of the last model reply that the user sees."""
        wanted = [check_run_id(run_id) for run_id in run_ids]

        def read(log: ThreadLog) -> dict[str, int]:
            snapshot = log.run_snapshot(*wanted)
            found = ((run_id, last_visible_seq(snapshot, run_id)) for run_id in wanted)
            return {run_id: seq for run_id, seq in found if seq is not None}

        return await self._open.read(thread_id, read)

    async def count_messages(self, thread_id: str) -> int:
        """Return the number of events of category `message` of a thread."""
        return await self._open.read(
            thread_id, lambda log: log.snapshot().count("message")
        )

    async def delete_by_run(self, thread_id: str, run_id: str) -> int:
        """Remove a run's file; return the number of its events, 0 without a file.

        A file that may not be read is removed, too; its events are not counted, and a
        warning is logged.
        """
        check_run_id(run_id)

        def check() -> None:
            path = run_path(self._threads, thread_id, run_id)
            check_folder(path.parent)
            check_run_file(path)
            if not path.exists():
                raise FileNotFoundError(path)

        return await self._delete(thread_id, run_id, check)

    async def delete_by_thread(self, thread_id: str) -> int:
        """Remove all run files of a thread; return the number of their events.

        Links, fifos and folders that are named like runs are left.
        """
        return await self._delete(thread_id, None, None)

    def _append(self, thread_id: str, new: NewEvents) -> Promise[None]:
        def write(thread: OpenThread, lock: ThreadLock) -> None:
            lines = new.lines(thread_id)
            first = thread.writer.append(lock, lines, at_once=True)
            new.number(thread_id, first)

        return self._open.write(thread_id, write, prepare=lambda: new.lines(thread_id))

    async def _delete(
        self, thread_id: str, run_id: str | None, check: Callable[[], None] | None
    ) -> int:
        def delete(thread: OpenThread, lock: ThreadLock) -> int:
            stamps = run_stamps(self._threads, thread_id)
            removed = [each for each in stamps if run_id in (None, each)]
            event_count = sum(_count_events(thread.log, each) for each in removed)
            remember = self._trash is None
            thread.writer.remove(lock, removed, self._remove, remember=remember)
            if run_id is None:
                lock.remove()
            return event_count

        try:
            return await self._open.write(
                thread_id, delete, prepare=check, create=False
            ).result()
        except FileNotFoundError:
            return 0

    def _remove(self, path: Path) -> None:
        if self._trash is not None:
            self._trash.discard_file(path)
        else:
            path.unlink(missing_ok=True)
            if self._durable:
                sync_folders(path.parent)


async def _all_results(promises: Iterable[Promise[None]]) -> None:
    """Wait for all promises; then raise the first of their errors."""
    results = await asyncio.gather(
        *(promise.result() for promise in promises), return_exceptions=True
    )
    for error in results:
        if error is not None:
            raise error


def _count_events(log: ThreadLog, run_id: str) -> int:
    try:
        return log.run_snapshot(run_id).events
    except PermissionError as error:
        _logger.warning("the events of a deleted run are not counted: %s", error)
        return 0
