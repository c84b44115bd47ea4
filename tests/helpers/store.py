"""Keywords of `put` and other short forms for the tests of the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from whitetail_store import NewEvent, RunEventStore

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


CALLS: dict[str, Callable[[RunEventStore, Any, Any], Awaitable[object]]] = {
    "put": lambda s, t, r: s.put(**new_event(thread_id=t, run_id=r)),
    "put_batch": lambda s, t, r: s.put_batch([new_event(thread_id=t, run_id=r)]),
    "put_if_absent": lambda s, t, r: s.put_if_absent(
        **new_event(thread_id=t, run_id=r)
    ),
    "list_events": lambda s, t, r: s.list_events(t, r),
    "list_messages_by_run": lambda s, t, r: s.list_messages_by_run(t, r),
    "get_last_visible_ai_seq_by_run": (
        lambda s, t, r: s.get_last_visible_ai_seq_by_run(t, [r])
    ),
    "delete_by_run": lambda s, t, r: s.delete_by_run(t, r),
    "list_messages": lambda s, t, r: s.list_messages(t),
    "count_messages": lambda s, t, r: s.count_messages(t),
    "delete_by_thread": lambda s, t, r: s.delete_by_thread(t),
}
"""A call of each method with a thread id and a run id."""
