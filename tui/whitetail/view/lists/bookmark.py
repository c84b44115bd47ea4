"""A bookmark as a line of a list."""

from __future__ import annotations

from dataclasses import dataclass

from whitetail.view.lists.mark import with_note
from whitetail.view.styled import StyledSpan
from whitetail.view.text import fit, one_line
from whitetail.view.units import clock

_TIME_CELLS = 8
_TITLE_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class BookmarkEntry:
    """What a line shows of a bookmark."""

    title: str
    """That of the thread."""
    label: str
    """The event in a few words."""
    note: str
    marked_at: float
    missing: str = ""
    """Why there is nothing to go to; empty if there is, as far as was found out."""


def bookmark_line(entry: BookmarkEntry, width: int, now: float) -> list[StyledSpan]:
    """Return thread, event, note and time of a bookmark."""
    title_cells = int(_TITLE_SHARE * width)
    cells = max(0, width - title_cells - _TIME_CELLS - 1)
    label = one_line(entry.label or "event", 200)
    tone = "plain"
    if entry.missing:
        label, tone = f"{entry.missing}: {label}", "muted"
    return [
        (f"{fit(one_line(entry.title, 200), title_cells - 1)} ", tone),
        *with_note(label, tone, entry.note, cells),
        (f" {clock(entry.marked_at, now):>{_TIME_CELLS}}", "muted"),
    ]
