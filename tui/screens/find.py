"""The line in which one types what to find."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FindBar(Input):
    """An input at the foot of the screen; enter finds, escape leaves."""

    DEFAULT_CSS = """
    FindBar {
        height: 1;
        border: none;
        padding: 0 1;
        background: $surface;
        display: none;
        &:focus { border: none; }
        &.-open { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", show=False)
    ]

    class Left(Message):
        """The person thought better of it."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(placeholder="find in this run, then n and N", id=id)

    def open(self) -> None:
        """Show the line and type into it."""
        self.add_class("-open")
        self.focus()
        self.select_all()

    def close(self) -> None:
        """Hide the line."""
        self.remove_class("-open")

    def action_leave(self) -> None:
        """Close without searching."""
        self.post_message(self.Left())
