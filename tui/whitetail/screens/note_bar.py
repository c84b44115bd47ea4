"""The input line for a note on an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from whitetail.keys import bindings
from whitetail.panes.line_input import LineInput

_PLACEHOLDER = "a note on this event; an empty one removes it"
_MAX_CHARS = 2_000


class NoteBar(LineInput):
    """An input at the bottom of the screen. Enter saves the note, escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find")

    @dataclass
    class Closed(Message):
        """The user entered a note, or closed the input."""

        bar: NoteBar
        note: str | None
        """What was entered; None if the note stays as it was."""

    def __init__(self, row: int, note: str) -> None:
        """Show the note that a row has."""
        super().__init__(note, placeholder=_PLACEHOLDER, max_length=_MAX_CHARS)
        self.row = row
        self._closed_once = False

    async def action_submit(self) -> None:
        """Report the note."""
        self._close(self.value.strip())

    def action_leave(self) -> None:
        """Report that the input was closed."""
        self._close(None)

    def _close(self, note: str | None) -> None:
        """Report the first of keys that come before the input is removed."""
        if not self._closed_once:
            self._closed_once = True
            self.post_message(self.Closed(self, note))
