"""One event as a line of text."""

from __future__ import annotations

from whitetail.view.lists.event import summarize
from whitetail.view.styled import StyledLine
from whitetail.view.units import time_of_day
from whitetail_store import LogRow, RunEvent

_KIND_CELLS, _SEQ_CELLS = 14, 6


def event_line(event: LogRow, depth: int = 0) -> StyledLine:
    """Return number, time, sign, kind, caller and summary of an event."""
    summary = summarize(event)
    at = event.time if isinstance(event, RunEvent) else None
    caller = f"{summary.caller}: " if summary.caller else ""
    indent = "  " * depth
    return (
        (f"{summary.seq:>{_SEQ_CELLS}} {time_of_day(at)}  {indent}", "muted"),
        (f"{summary.sign} {summary.kind:<{_KIND_CELLS}} ", summary.tone),
        (caller, "muted"),
        (summary.summary, "plain"),
    )
