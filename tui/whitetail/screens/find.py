"""The input line for a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from whitetail.keys import bindings
from whitetail.panes.line_input import LineInput


class FindBar(LineInput):
    """An input at the bottom of the screen. Enter searches, escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find")

    @dataclass
    class Submitted(Message):
        """The user entered a text to search for."""

        bar: FindBar
        value: str

    @dataclass
    class Left(Message):
        """The user closed the input without a search."""

        bar: FindBar

    def __init__(
        self,
        placeholder: str = "search in this run, then n: next match, N: previous match",
    ) -> None:
        super().__init__(placeholder=placeholder)

    async def action_submit(self) -> None:
        """Report the text."""
        self.post_message(self.Submitted(self, self.value))

    def action_leave(self) -> None:
        """Report that the input was closed."""
        self.post_message(self.Left(self))
