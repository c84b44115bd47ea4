"""The order in which a run's events reach its file, and their encoding as lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

FLUSH_EVENTS = 20
"""Number of events after which DeerFlow's journal writes them."""
_SUBAGENT_FLUSH_EVENTS = 25

_encoder = json.JSONEncoder(default=str, ensure_ascii=False)
"""Gives the bytes of DeerFlow's `json.dumps`, which creates an encoder per call."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event without ids and seq."""

    at: float
    """Seconds since the start of its run."""
    event_type: str
    category: str
    content: Any
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that are written at once."""

    at: float
    """Seconds since the start of the run."""
    events: tuple[Event, ...]


class Journal:
    """Encodes the events of a thread and numbers them through."""

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id
        self._seq = 0

    def encode(self, run_id: str, batches: Iterable[Batch], start: float) -> bytes:
        """Return the lines of batches of a run that began `start` s after the epoch."""
        return b"".join(
            self._line(run_id, event, start)
            for batch in batches
            for event in batch.events
        )

    def _line(self, run_id: str, event: Event, start: float) -> bytes:
        self._seq += 1
        created_at = datetime.fromtimestamp(start + event.at, UTC)
        record = {
            "thread_id": self.thread_id,
            "run_id": run_id,
            "event_type": event.event_type,
            "category": event.category,
            "content": event.content,
            "metadata": event.metadata,
            "seq": self._seq,
            "created_at": created_at.isoformat(timespec="microseconds"),
        }
        return _encoder.encode(record).encode() + b"\n"


def split_into_batches(
    events: Iterable[Event],
    *,
    flush_events: int = FLUSH_EVENTS,
    process_died: bool = False,
) -> Iterator[Batch]:
    """Yield the batches of a run in the order of writing; `events` are sorted by time.

    Events of a subagent wait until there are 25 or the subagent ends, and then all
    get the time of the last one. All others wait until there are `flush_events`, or
    until the run ends. If the process died, the last batch is never written.
    """
    waiting: list[Event] = []
    subagent_events: list[Event] = []
    for event in events:
        if event.category == "subagent":
            subagent_events.append(event)
            full = len(subagent_events) == _SUBAGENT_FLUSH_EVENTS
            if full or event.event_type == "subagent.end":
                at = event.at
                yield Batch(at, tuple(replace(each, at=at) for each in subagent_events))
                subagent_events.clear()
        else:
            waiting.append(event)
            if len(waiting) == flush_events:
                yield Batch(event.at, tuple(waiting))
                waiting.clear()
    if waiting and not process_died:
        yield Batch(waiting[-1].at, tuple(waiting))
