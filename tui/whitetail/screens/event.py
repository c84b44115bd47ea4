"""One event as the detail pane shows it and as the clipboard gets it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from textual.app import App

from whitetail.run.protocols import RunRows
from whitetail.run.snapshot import EventSnapshot, RelativeRows, read_snapshot
from whitetail.screens.clipboard import copy
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


def shown(
    snapshot: EventSnapshot | None,
    format: DetailFormat,  # noqa: A002
) -> tuple[str, Document | None]:
    """Return the title and the document of the pane that shows an event."""
    if snapshot is None:
        return "4 Event", None
    summary = summarize(snapshot.event)
    suffix = "" if format is DetailFormat.RENDERED else f" · {format}"
    title = f"4 Event {summary.seq} · {summary.kind}{suffix}"
    return title, _document_of(snapshot, format)


def copy_event(
    app: App[Any], location: str, snapshot: EventSnapshot | None, part: str
) -> None:
    """Copy an event's text, its raw `line`, or where its run is kept, the `path`."""
    if part == "path":
        copy(app, location, "the path")
    elif snapshot is not None:
        raw = part == "line"
        copy(app, _text_of(snapshot, raw=raw), "the raw line" if raw else "the event")


def _text_of(snapshot: EventSnapshot, *, raw: bool) -> str:
    """Return an event as plain text, or its raw line."""
    from whitetail.view.detail.document import raw_lines

    if raw:
        return "".join(text for [(text, _)] in raw_lines(snapshot.line))
    document = _document_of(snapshot, DetailFormat.PLAIN)
    lines = islice(unfolded_lines(document(0)), _MAX_COPIED_LINES)
    return "\n".join("".join(text for text, _ in line) for line in lines)


def _document_of(snapshot: EventSnapshot, format: DetailFormat) -> Document:  # noqa: A002
    from whitetail.view.detail.document import document

    return document(snapshot.event, snapshot.line, format, snapshot.relatives)
