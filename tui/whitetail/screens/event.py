"""One event as the detail pane shows it and as the clipboard gets it."""

from __future__ import annotations

from itertools import islice

from whitetail.run.protocols import RunRows
from whitetail.run.snapshot import EventSnapshot, RelativeRows, read_snapshot
from whitetail.view.detail.format import DetailFormat
from whitetail.view.folding import unfolded_lines
from whitetail.view.lists.event import summarize
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


def document_of(snapshot: EventSnapshot, format: DetailFormat) -> Document:  # noqa: A002
    """Return an event as a document in a format."""
    from whitetail.view.detail.document import document

    return document(snapshot.event, snapshot.line, format, snapshot.relatives)


def title_of(snapshot: EventSnapshot, format: DetailFormat) -> str:  # noqa: A002
    """Return the title of the pane that shows an event."""
    summary = summarize(snapshot.event)
    suffix = "" if format is DetailFormat.RENDERED else f" · {format}"
    return f"4 Event {summary.seq} · {summary.kind}{suffix}"


def text_of(snapshot: EventSnapshot, *, raw: bool) -> str:
    """Return an event as plain text, or its raw line."""
    document = document_of(snapshot, DetailFormat.RAW if raw else DetailFormat.PLAIN)
    lines = islice(unfolded_lines(document(0)), _MAX_COPIED_LINES)
    # A raw line is shown in pieces that belong together.
    between = "" if raw else "\n"
    return between.join("".join(text for text, _ in line) for line in lines)
