"""The objects that `--json` prints; docs/json.md describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from whitetail.trace.message import is_failure
from whitetail.trace.stats.totals import TokenTotals, Total
from whitetail.view.json_fields import (
    iso_time,
    rounded,
    status_word,
    tokens_record,
    verdict_fields,
)
from whitetail.view.lists.entries import RunEntry, ThreadEntry, TrashEntry
from whitetail_store import LogRow, RunEvent, RunKey

if TYPE_CHECKING:
    from whitetail.source.listing import Listing
    from whitetail.trace.stats.file_changes import FileChange
    from whitetail.trace.stats.stats import RunStats
    from whitetail.trace.verdict.verdict import Verdict
    from whitetail_store import Finding

RUN_SCHEMA = "whitetail.run/1"
THREAD_SCHEMA = "whitetail.thread/1"
EVENT_SCHEMA = "whitetail.event/1"
DELETION_SCHEMA = "whitetail.deletion/1"
TRASH_SCHEMA = "whitetail.trash/1"
ANSWER_SCHEMA = "whitetail.answer/1"
CHECK_SCHEMA = "whitetail.check/1"
OVERVIEW_SCHEMA = "whitetail.overview/1"


def run_record(
    entry: RunEntry, listing: Listing, tokens: TokenTotals | None
) -> dict[str, Any]:
    """Return a run; `tokens` are None if it was not read whole."""
    key, metrics = entry.key, entry.metrics
    return {
        "schema": RUN_SCHEMA,
        "thread_id": key[0],
        "run_id": key[1],
        "status": status_word(entry.status),
        "title": listing.title(key[0]),
        "prompt": listing.catalog.summary(key).prompt or None,
        "started_at": iso_time(entry.started),
        "ended_at": iso_time(entry.ended),
        "duration_s": rounded(entry.took),
        "events": entry.events,
        "size_bytes": entry.size,
        "tokens": tokens_record(tokens),
        "cost": amount(metrics.cost) if metrics else None,
        "tool_calls": metrics.calls if metrics else None,
        "errors": metrics.errors if metrics else None,
        "path": listing.location_of(key),
    }


def thread_record(
    entry: ThreadEntry, listing: Listing, tokens: TokenTotals | None
) -> dict[str, Any]:
    """Return a thread, with the totals of its runs."""
    numbers = entry.numbers
    events, calls, errors = map(amount, (numbers.events, numbers.calls, numbers.errors))
    return {
        "schema": THREAD_SCHEMA,
        "thread_id": entry.key,
        "status": status_word(entry.status),
        "title": listing.title(entry.key),
        "started_at": iso_time(entry.started),
        "ended_at": iso_time(entry.time),
        "runs": entry.runs,
        "duration_s": rounded(amount(numbers.took)),
        "events": None if events is None else int(events),
        "size_bytes": numbers.size,
        "tokens": tokens_record(tokens),
        "cost": amount(numbers.cost),
        "tool_calls": None if calls is None else int(calls),
        "errors": None if errors is None else int(errors),
    }


def event_record(
    key: RunKey, row: int, event: LogRow, text: str, **more: Any
) -> dict[str, Any]:
    """Return an event; `text` is what a list would show of it."""
    known = event if isinstance(event, RunEvent) else None
    return {
        "schema": EVENT_SCHEMA,
        "thread_id": key[0],
        "run_id": key[1],
        "row": row,
        "seq": known and known.seq,
        "time": known and iso_time(known.time),
        "event_type": known and known.event_type,
        "caller": (known and known.caller) or None,
        "error": known is None or is_failure(known),
        "text": text,
        **more,
    }


def whole_event_record(
    key: RunKey, row: int, event: RunEvent, text: str
) -> dict[str, Any]:
    """Return an event with all that the file has of it."""
    return event_record(
        key,
        row,
        event,
        text,
        category=event.category,
        content=event.content,
        metadata=event.metadata,
    )


def deletion_record(
    entry: RunEntry, listing: Listing, events: int | None
) -> dict[str, Any]:
    """Return a run that is to be deleted; None as its events if it cannot be read."""
    thread, run = entry.key
    return {
        "schema": DELETION_SCHEMA,
        "thread_id": thread,
        "run_id": run,
        "status": status_word(entry.status),
        "title": listing.title(thread),
        "prompt": listing.catalog.summary(entry.key).prompt or None,
        "started_at": iso_time(entry.started),
        "events": events,
        "size_bytes": entry.size,
        "deleted": False,
        "trash_id": None,
    }


def trash_record(entry: TrashEntry, entry_id: str, expires: float) -> dict[str, Any]:
    """Return a run in the trash."""
    return {
        "schema": TRASH_SCHEMA,
        "trash_id": entry_id,
        "thread_id": entry.run[0],
        "run_id": entry.run[1],
        # Without a prompt and a title, it is the id.
        "name": None if entry.title == entry.run[1] else entry.title,
        "size_bytes": entry.size,
        "deleted_at": iso_time(entry.deleted_at),
        "expires_at": iso_time(expires),
        "path": entry.key,
    }


def conclusion_record(key: RunKey, answer: str | None) -> dict[str, Any]:
    """Return the answer of a run; None if it has none."""
    return {
        "schema": ANSWER_SCHEMA,
        "thread_id": key[0],
        "run_id": key[1],
        "answer": answer,
    }


def check_record(
    entry: RunEntry, why: str, faults: Sequence[Finding], path: str
) -> dict[str, Any]:
    """Return the status and the faults of a run."""
    return {
        "schema": CHECK_SCHEMA,
        "thread_id": entry.key[0],
        "run_id": entry.key[1],
        "status": status_word(entry.status),
        "reason": why,
        "faults": [
            {
                "row": each.location.row,
                "offset": each.location.offset,
                "fault": each.kind.value,
                "reason": each.reason,
            }
            for each in faults
        ],
        "path": path,
    }


def overview_record(
    entry: RunEntry, listing: Listing, stats: RunStats, verdict: Verdict
) -> dict[str, Any]:
    """Return a run with its verdict and its totals by model, caller and tool."""
    usage, prices = stats.usage, listing.prices
    return {
        **run_record(entry, listing, usage.total),
        "schema": OVERVIEW_SCHEMA,
        **verdict_fields(verdict),
        "retries": usage.retries,
        "by_model": [
            {
                "model": name or None,
                **_usage_fields(tokens),
                "cost": prices.cost(name, tokens) if prices else None,
            }
            for name, tokens in usage.by_model().items()
        ],
        "by_caller": [
            {"caller": name, **_usage_fields(tokens)}
            for name, tokens in usage.by_caller().items()
        ],
        "by_tool": [
            {
                "tool": name or None,
                "calls": tool.calls,
                "errors": tool.errors,
                "result_bytes": tool.bytes,
                "duration_s": rounded(tool.time),
            }
            for name, tool in usage.tools.items()
        ],
        "files": [_file_fields(file) for file in stats.files.changes()],
        "more_files": stats.files.omitted,
    }


def _file_fields(file: FileChange) -> dict[str, Any]:
    return {
        "path": file.path,
        "action": file.action.value,
        "row": file.row,
        "added_lines": file.added,
        "removed_lines": file.removed,
        "output": file.output,
        "presented": file.presented,
    }


def _usage_fields(tokens: TokenTotals) -> dict[str, Any]:
    return {
        "replies": tokens.replies,
        "tokens": tokens_record(tokens),
        "latency_median_s": tokens.median_latency,
        "latency_max_s": tokens.max_latency,
    }


def amount(total: Total | None) -> float | None:
    """Return an amount as far as it is known; None if it is not."""
    return None if total is None else total.amount
