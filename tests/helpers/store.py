"""Keywords of `put` and other short forms for the tests of the store."""

from __future__ import annotations

from typing import Any, cast

from whitetail_store import NewEvent

Event = dict[str, Any]
"""The keywords of `put`, or the record of an event."""


def new_event(**changes: Any) -> NewEvent:
    """Return the keywords of `put` for a reply in run `r` of thread `t`.

    `changes` replace its values, or add keywords.
    """
    event = {
        "thread_id": "t",
        "run_id": "r",
        "event_type": "llm.ai.response",
        "category": "message",
        **changes,
    }
    return cast("NewEvent", event)


def seqs(records: list[Event]) -> list[int]:
    """Return the `seq` of each record."""
    return [record["seq"] for record in records]
