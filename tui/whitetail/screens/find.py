"""The line in which one types what to find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from whitetail.view.text import sanitize


class FindBar(Input):
    """An input at the foot of the screen; enter finds, escape leaves."""

    DEFAULT_CSS = """
    FindBar {
        height: 1;
        border: none;
        padding: 0 1;
        background: $surface;
        &:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", show=False)
    ]

    @dataclass
    class Submitted(Message):
        """The person typed what to find."""

        bar: FindBar
        value: str

    @dataclass
    class Left(Message):
        """The person thought better of it."""

        bar: FindBar

    def __init__(self) -> None:
        super().__init__(placeholder="find in this run, then n and N")

    def validate_value(self, value: str) -> str:
        """Let nothing in that could act on a terminal, as what is pasted may."""
        return sanitize(value)

    async def action_submit(self) -> None:
        """Find what was typed."""
        self.post_message(self.Submitted(self, self.value))

    def action_leave(self) -> None:
        """Close without searching."""
        self.post_message(self.Left(self))
