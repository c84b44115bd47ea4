"""The filters and limits of the methods that read.

Keeps the part of promise 10 that a page costs the page: records are read on demand.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from whitetail_store.base import Record
from whitetail_store.envelope import EventKind
from whitetail_store.thread import ThreadSnapshot

REPLY_TYPES = ("llm.ai.response", "ai_message")
"""The event types of a model reply; the second one is that of older files."""


def events(
    snapshot: ThreadSnapshot,
    run_id: str,
    event_types: Collection[str] | None,
    task_id: str | None,
    limit: int | None,
    after: int | None,
) -> list[Record]:
    """Return a run's first `limit` events that pass the filters, by `seq`."""

    def wanted(kind: EventKind) -> bool:
        return event_types is None or kind.event_type in event_types

    def of_task(record: Record) -> bool:
        metadata = record.get("metadata")
        return task_id is None or (
            isinstance(metadata, dict) and metadata.get("task_id") == task_id
        )

    records = snapshot.records(wanted, run_id=run_id, after=after)
    return list(islice(filter(of_task, records), _stop(limit)))


def messages(
    snapshot: ThreadSnapshot,
    run_id: str | None,
    limit: int | None,
    before: int | None,
    after: int | None,
) -> list[Record]:
    """Return a page of the events of category `message`, by `seq`.

    `run_id`: only those of that run. `limit` keeps the first ones if `after` is
    given, else the last ones.
    """
    backward = after is None
    records = snapshot.records(
        lambda kind: kind.category == "message",
        run_id=run_id,
        after=after,
        before=before,
        backward=backward,
    )
    page = list(islice(records, _stop(limit)))
    return page[::-1] if backward else page


def last_visible_seq(snapshot: ThreadSnapshot, run_id: str) -> int | None:
    """Return the `seq` of a run's last model reply that the user sees; None without.

    Replies to middleware do not count.
    """
    records = snapshot.records(
        lambda kind: kind.event_type in REPLY_TYPES and kind.category == "message",
        run_id=run_id,
        backward=True,
    )
    for record in filter(is_visible_reply, records):
        seq = record["seq"]
        assert isinstance(seq, int)
        return seq
    return None


def is_visible_reply(reply: Record) -> bool:
    """Return whether the user sees a model reply: it is not one to middleware."""
    metadata = reply.get("metadata")
    caller = metadata.get("caller") if isinstance(metadata, dict) else None
    return not (isinstance(caller, str) and caller.startswith("middleware:"))


def _stop(limit: int | None) -> int | None:
    return None if limit is None else max(limit, 0)
