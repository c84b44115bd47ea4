"""The input line for a position in the run, or for words of a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from whitetail.keys import bindings
from whitetail.panes.line_input import LineInput

_PLACEHOLDER = "57 · 14:03 · +90s · -5m · 50% · or words of a command"


class GoToBar(LineInput):
    """An input at the bottom of the screen. Enter goes there, escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find")

    @dataclass
    class Closed(Message):
        """The user entered a position or words, or closed the input."""

        bar: GoToBar
        text: str
        """What was entered; empty for nothing."""

    def __init__(self) -> None:
        super().__init__(placeholder=_PLACEHOLDER)
        self._closed_once = False

    async def action_submit(self) -> None:
        """Report the text."""
        self._close(self.value.strip())

    def action_leave(self) -> None:
        """Report that the input was closed."""
        self._close("")

    def _close(self, text: str) -> None:
        """Report the first of keys that come before the input is removed."""
        if not self._closed_once:
            self._closed_once = True
            self.post_message(self.Closed(self, text))
