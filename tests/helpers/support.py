"""Builds one event. Moves to `tests/helpers/events.py`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from whitetail_store import RunEvent

START = 1_790_000_000.0
"""A moment, in seconds since the epoch."""


def event(
    seq: int, kind: str = "llm.ai.response", *, at: float = START, **changes: Any
) -> RunEvent:
    """Return an event that happened `seq` seconds after a moment."""
    record = {
        "thread_id": "t",
        "run_id": "r",
        "event_type": kind,
        "category": "message",
        "content": f"text {seq}",
        "metadata": {},
        "seq": seq,
        "created_at": stamp(at + seq),
        **changes,
    }
    return RunEvent.of(record)


def stamp(moment: float) -> str:
    """Return seconds since the epoch as an event holds them."""
    return datetime.fromtimestamp(moment, UTC).isoformat()
