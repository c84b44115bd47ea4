"""An export as one JSON object: runs with verdict, totals, spans and events.

docs/json.md describes it. It is written piece by piece, with each event on a line of
its own, so that a long run needs little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from whitetail import __version__
from whitetail.export.cut import cut_values
from whitetail.export.document import Export, ExportedEvent, RunDocument
from whitetail.trace.handoff.handoff import Handoff, handoffs
from whitetail.trace.message import is_failure
from whitetail.trace.stats.spans import Span
from whitetail.view.json_fields import (
    iso_time,
    json_text,
    rounded,
    tokens_record,
    verdict_fields,
)
from whitetail.view.lists.event import summarize
from whitetail_store import RunEvent

SCHEMA = "whitetail.export/1"


def chunks(export: Export) -> Iterator[bytes]:
    """Yield the bytes of a file."""
    options = export.options
    head = {
        "schema": SCHEMA,
        "whitetail": __version__,
        "exported_at": iso_time(options.now),
        "thread_id": export.thread,
        "title": export.title() or None,
        "filter": options.query_text if options.query is not None else None,
        "max_bytes": options.max_bytes,
        "redaction": options.redaction or None,
    }
    yield _text(head)[:-1] + b', "runs": ['
    for number, document in enumerate(export.documents()):
        yield b",\n" if number else b"\n"
        yield from _run(document)
    yield b"\n]}\n"


def _run(document: RunDocument) -> Iterator[bytes]:
    yield _text(_run_head(document))[:-1]
    max_bytes = document.options.max_bytes
    yield from _list("spans", (_span(*each) for each in document.spans))
    messages = (row for row, _ in document.conversation())
    yield from _list("conversation", messages)
    tasks = (cut_values(each, max_bytes) for each in _handoffs(document))
    yield from _list("handoffs", tasks)
    events = (
        cut_values(_event(each, document.notes.get(each.row)), max_bytes)
        for each in document.events()
    )
    yield from _list("events", events)
    yield b"}"


def _list(name: str, values: Iterable[Any]) -> Iterator[bytes]:
    yield f', "{name}": ['.encode()
    for number, value in enumerate(values):
        yield (b",\n" if number else b"\n") + _text(value)
    yield b"]"


def _run_head(document: RunDocument) -> dict[str, Any]:
    thread, run = document.key
    start, end = document.time
    usage, prices = document.stats.usage, document.options.prices
    return {
        "thread_id": thread,
        "run_id": run,
        **verdict_fields(document.verdict),
        "title": document.summary.title or None,
        "prompt": document.summary.prompt or None,
        "started_at": iso_time(start),
        "ended_at": iso_time(end),
        "duration_s": rounded(document.duration),
        "rows": document.stats.row_count,
        "tokens": tokens_record(usage.total),
        "cost": usage.cost(prices).amount if prices else None,
        "tool_calls": sum(tool.calls for tool in usage.tools.values()),
        "errors": usage.errors,
    }


def _span(number: int, parent: int | None, span: Span) -> dict[str, Any]:
    return {
        "id": number,
        "parent": parent,
        "kind": span.kind.value,
        "name": span.name,
        "start": iso_time(span.start),
        "end": iso_time(span.end),
        "duration_s": rounded(span.duration),
        "exact": span.exact,
        "failed": span.failed,
        "caller": span.caller or None,
        "row": span.row,
        "result_row": span.result_row,
    }


def _handoffs(document: RunDocument) -> Iterator[dict[str, Any]]:
    for row in document.task_rows():
        event = document.whole.event(row)
        if isinstance(event, RunEvent):
            for task in handoffs(event, document.relatives(row)):
                yield _handoff(row, task)


def _handoff(row: int, task: Handoff) -> dict[str, Any]:
    end, returned = task.end, task.returned
    return {
        "row": row,
        "agent": task.agent or None,
        "description": task.description,
        "prompt": task.prompt,
        "steps": len(task.steps),
        "failed_steps": sum(step.failed for step in task.steps),
        "end": end
        and {"status": end.status, "text": end.text, "truncated": end.truncated},
        "returned": returned and {"text": returned.text, "failed": returned.failed},
        "match": task.match.value.replace(" ", "_"),
    }


def _event(exported: ExportedEvent, note: str | None) -> dict[str, Any]:
    row, event, parent, depth = exported
    position = {"row": row, "parent": parent, "depth": depth, "note": note}
    if not isinstance(event, RunEvent):
        raw = event.raw.decode("utf-8", "backslashreplace")
        return {**position, "bad_line": raw, "reason": event.reason}
    return {
        **position,
        "seq": event.seq,
        "time": iso_time(event.time),
        "event_type": event.event_type,
        "category": event.category,
        "caller": event.caller or None,
        "error": is_failure(event),
        "text": summarize(event).summary,
        "content": event.content,
        "metadata": event.metadata,
        **({"extra": event.extra} if event.extra else {}),
    }


def _text(value: Any) -> bytes:
    """Return a value as JSON; without parts that are nested more deeply than it can."""
    try:
        return json_text(value).encode()
    except RecursionError:
        left_out = dict.fromkeys(value.keys() & {"content", "metadata", "extra"})
        return json_text({**value, **left_out, "too_deep": True}).encode()
