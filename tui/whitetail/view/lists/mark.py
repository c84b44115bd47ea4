"""What the user has marked an event with: a bookmark, a note, or both."""

from __future__ import annotations

from typing import NamedTuple

from whitetail.view.styled import StyledLine
from whitetail.view.text import one_line, sanitized_lines

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


def note_text(note: str) -> str:
    """Return a note with its sign, in one line; empty if there is none."""
    return f"{NOTE_SIGN} {one_line(note, _MAX_CHARS)}" if note else ""


def note_lines(note: str) -> list[StyledLine]:
    """Return a note as the first lines of an event in full."""
    lines = [f"{NOTE_SIGN} {line}" for line in sanitized_lines(note)]
    return [*(((line, "accent"),) for line in lines), ()] if note else []
