"""What the store over files offers to a copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from whitetail_store.base import Record
from whitetail_store.copying import Batch
from whitetail_store.errors import CorruptLineError, InvalidIdError
from whitetail_store.event import decode, encode_around_seq
from whitetail_store.lock import ThreadLock
from whitetail_store.log import RunLog
from whitetail_store.open_threads import OpenThread, OpenThreads
from whitetail_store.paths import (
    RunKey,
    check_run_id,
    check_thread_id,
    run_path,
    run_stamps,
    thread_ids,
)

_BATCH = 500


class FileCopySide:
    """The runs of a folder of threads, as a copy reads and writes them."""

    def __init__(self, threads: Path, open_threads: OpenThreads) -> None:
        self._threads = threads
        self._open = open_threads

    async def run_keys(self) -> list[RunKey]:
        """Return the runs of all threads.

        Raises:
            OSError: A folder cannot be read.

        """
        return await asyncio.to_thread(self._run_keys)

    async def batches(self, key: RunKey) -> AsyncIterator[Batch]:
        """Yield the events in the file of a run, in their order in it.

        An event that names another run stays one of that run; all are of the thread in
        whose folder the file is.
        """
        log = RunLog(run_path(self._threads, *key))
        await asyncio.to_thread(log.refresh)
        for first in range(0, len(log), _BATCH):
            rows = range(first, min(first + _BATCH, len(log)))
            yield await asyncio.to_thread(_read, log, rows, key)

    def as_stored(self, record: Record) -> Record:
        """Return an event as it is read back: unchanged.

        Raises:
            InvalidIdError: An id is no safe name of a file.

        """
        check_thread_id(record["thread_id"])
        check_run_id(record["run_id"])
        return record

    async def write(self, thread_id: str, records: Sequence[Record]) -> None:
        """Append events to the files of their runs, with the seqs that they have."""
        if not records:
            return
        lines = await asyncio.to_thread(
            lambda: [
                (record["run_id"], *encode_around_seq(record)) for record in records
            ]
        )
        seqs = [record["seq"] for record in records]

        def write(thread: OpenThread, lock: ThreadLock) -> None:
            thread.writer.append(lock, lines, seqs=seqs)

        await self._open.write(thread_id, write).result()

    def _run_keys(self) -> list[RunKey]:
        try:
            threads = list(thread_ids(self._threads))
        except FileNotFoundError:
            return []
        return [
            (thread_id, run_id)
            for thread_id in threads
            for run_id in run_stamps(self._threads, thread_id)
        ]


def _read(log: RunLog, rows: range, key: RunKey) -> Batch:
    records, bad_lines = [], 0
    for line in log.lines(rows):
        if not line.strip():
            continue
        try:
            records.append(_whole(decode(line), key))
        except (CorruptLineError, InvalidIdError):
            bad_lines += 1
    return Batch(records, bad_lines)


def _whole(found: Record, key: RunKey) -> Record:
    """Return a record that has each key, and values of the right types."""
    run_id, metadata = found.get("run_id"), found.get("metadata")
    return {
        "thread_id": key[0],
        "run_id": check_run_id(run_id) if run_id else key[1],
        "event_type": found["event_type"],
        "category": _text(found.get("category")),
        "content": found.get("content", ""),
        "metadata": metadata if isinstance(metadata, dict) else {},
        "seq": found["seq"],
        "created_at": _text(found.get("created_at")),
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
