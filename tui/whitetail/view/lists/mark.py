"""What the user has marked an event with: a bookmark, a note, or both."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len

from whitetail.view.styled import StyledLine, StyledSpan
from whitetail.view.text import fit, one_line, sanitized_lines

BOOKMARK_SIGN, NOTE_SIGN = (
    "\N{BLACK FLAG}",
    "\N{HEAVY DOUBLE TURNED COMMA QUOTATION MARK ORNAMENT}",
)
"""Each is one cell wide in every terminal."""
MARK_SIGNS = {
    BOOKMARK_SIGN: "an event with a bookmark",
    NOTE_SIGN: "the note on an event",
}
_MAX_CHARS = 400


class EventMark(NamedTuple):
    """The bookmark and the note of an event."""

    bookmarked: bool = False
    note: str = ""
    """Not sanitized; empty for none."""


NO_MARK = EventMark()


def with_note(text: str, tone: str, note: str, cells: int) -> list[StyledSpan]:
    """Return the spans of a text and the note after it, in so many cells.

    The note has the cells that the text does not need, and at least half of them.
    """
    if not note:
        return [(fit(text, cells), tone)]
    note = f" {NOTE_SIGN} {one_line(note, _MAX_CHARS)} "
    room = max(cells // 2, cells - cell_len(text) - 2)
    note = fit(note, min(room, cell_len(note)))
    return [(fit(text, cells - cell_len(note)), tone), (note, "accent")]


def note_lines(note: str) -> list[StyledLine]:
    """Return a note as the first lines of an event in full."""
    lines = [f"{NOTE_SIGN} {line}" for line in sanitized_lines(note)]
    return [*(((line, "accent"),) for line in lines), ()] if note else []
