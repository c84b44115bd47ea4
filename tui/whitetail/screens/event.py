"""One event as the detail pane shows it and as the clipboard gets it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, islice

from whitetail.run.open_run import OpenRun
from whitetail.run.protocols import RunRows
from whitetail.run.snapshot import EventSnapshot, RelativeRows, read_snapshot
from whitetail.view.detail.format import DetailFormat
from whitetail.view.folding import unfolded_lines
from whitetail.view.lists.event import summarize
from whitetail.view.lists.mark import note_lines
from whitetail.view.styled import Document

_MAX_COPIED_LINES = 5_000


def read_event(
    rows: RunRows, row: int, relative_rows: RelativeRows | None
) -> EventSnapshot:
    """Return a row and its relatives, once the modules that lay it out are loaded.

    Called in a thread: the first screen needs none of those modules, and loading
    them in the event loop would block it.

    Raises:
        StoreError, OSError, IndexError: The rows cannot be read.

    """
    from whitetail.view.detail import document  # noqa: F401

    return read_snapshot(rows, row, relative_rows)


async def read_event_of(run: OpenRun, row: int, *, run_ended: bool) -> EventSnapshot:
    """Return a row of an open run, with its relatives if they are known.

    Raises:
        StoreError, OSError, IndexError: The rows cannot be read.

    """
    relative_rows = None
    if run.outline is not None and row < len(run.outline):
        relative_rows = RelativeRows.of(row, run.outline, run_ended=run_ended)
    return await asyncio.to_thread(read_event, run.rows, row, relative_rows)


def shown(
    snapshot: EventSnapshot | None,
    format: DetailFormat,  # noqa: A002
    note: str = "",
) -> tuple[str, Document | None]:
    """Return the title and the document of the pane that shows an event.

    The note of the user comes first, unless the raw line is shown.
    """
    if snapshot is None:
        return "4 Event", None
    summary = summarize(snapshot.event)
    suffix = "" if format is DetailFormat.RENDERED else f" · {format}"
    title = f"4 Event {summary.seq} · {summary.kind}{suffix}"
    document = _document_of(snapshot, format)
    if note and format is not DetailFormat.RAW:
        return title, lambda width: chain(note_lines(note), document(width))
    return title, document


def raw_line(snapshot: EventSnapshot) -> str:
    """Return the raw line of an event, sanitized."""
    from whitetail.view.detail.document import raw_lines

    return "".join(text for [(text, _)] in raw_lines(snapshot.line))


def plain_lines(snapshot: EventSnapshot) -> Iterator[str]:
    """Yield an event in full as lines of plain text, sanitized."""
    document = _document_of(snapshot, DetailFormat.PLAIN)
    for line in unfolded_lines(document(0)):
        yield "".join(text for text, _ in line)


def plain_text(snapshot: EventSnapshot) -> str:
    """Return an event in full as plain text, at most its first lines."""
    return "\n".join(islice(plain_lines(snapshot), _MAX_COPIED_LINES))


def _document_of(snapshot: EventSnapshot, format: DetailFormat) -> Document:  # noqa: A002
    from whitetail.view.detail.document import document

    return document(snapshot.event, snapshot.line, format, snapshot.relatives)
