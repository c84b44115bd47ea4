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

    async def action_submit(self) -> None:
        """Report the text."""
        self.post_message(self.Closed(self, self.value.strip()))

    def action_leave(self) -> None:
        """Report that the input was closed."""
        self.post_message(self.Closed(self, ""))
