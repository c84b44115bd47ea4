"""Checks and encodes new events, before their thread is locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count
from threading import Lock
from typing import Any

from whitetail_store.base import Record
from whitetail_store.errors import EventTooLargeError
from whitetail_store.event import MAX_LINE_BYTES, encode_around_seq, now
from whitetail_store.paths import check_run_id, check_thread_id
from whitetail_store.writer import EventWithoutSeq


class NewEvents:
    """The events of one call, which are encoded once, whichever thread is first."""

    def __init__(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Check the ids and keys of events; unknown keys are ignored.

        Raises:
            KeyError: A key is missing.
            TypeError, InvalidIdError: A value is not allowed.

        """
        self.records = [new_record(event) for event in events]
        """The record of each event; its `seq` is 0 until `number`."""
        self._lock = Lock()
        self._lines: dict[str, list[EventWithoutSeq]] | None = None
        self._error: Exception | None = None

    @property
    def thread_ids(self) -> list[str]:
        """The threads of the events, in the order of their first event."""
        return list(dict.fromkeys(record["thread_id"] for record in self.records))

    def lines(self, thread_id: str) -> list[EventWithoutSeq]:
        """Return the lines of a thread's events, without their seqs.

        Raises:
            EventTooLargeError: A line is too long to be read back.
            TypeError, ValueError, RecursionError: A value cannot be written, perhaps
                that of an event of another thread.

        """
        with self._lock:
            if self._lines is None:
                self._lines = {}
                try:
                    for record in self.records:
                        self._lines.setdefault(record["thread_id"], []).append(
                            _encode(record)
                        )
                except Exception as error:
                    self._error = error
            if self._error is not None:
                raise self._error
            return self._lines[thread_id]

    def number(self, thread_id: str, first: int) -> None:
        """Set the `seq` of the records of a thread, from `first` on."""
        seqs = count(first)
        for record in self.records:
            if record["thread_id"] == thread_id:
                record["seq"] = next(seqs)


def new_record(event: Mapping[str, Any]) -> Record:
    """Return the record of a new event, whose `seq` is 0.

    Raises:
        KeyError: A key is missing.
        TypeError, InvalidIdError: A value is not allowed.

    """
    event_type, category = event["event_type"], event["category"]
    if not isinstance(event_type, str) or not isinstance(category, str):
        raise TypeError("event_type and category must be strings")
    created_at = event.get("created_at")
    if isinstance(created_at, datetime):
        created_at = created_at.isoformat()
    return {
        "thread_id": check_thread_id(event["thread_id"]),
        "run_id": check_run_id(event["run_id"]),
        "event_type": event_type,
        "category": category,
        "content": event.get("content", ""),
        "metadata": dict(event.get("metadata") or {}),
        "seq": 0,
        "created_at": created_at or now(),
    }


def _encode(record: Record) -> EventWithoutSeq:
    before, after = encode_around_seq(record)
    # At least one digit; the writer checks again when it knows all of them.
    if (size := len(before) + 1 + len(after)) > MAX_LINE_BYTES:
        raise EventTooLargeError(size, MAX_LINE_BYTES)
    return record["run_id"], before, after
