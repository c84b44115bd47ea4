"""The base classes of all bordered panes and of their messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.message import Message
from textual.scroll_view import ScrollView
from textual.widget import Widget


@dataclass
class PaneMessage(Message):
    """A message of a pane. Of several in the queue, only the last is delivered."""

    pane: Widget

    @property
    def control(self) -> Widget:
        """The pane that posted the message: what a selector of `@on` matches."""
        return self.pane

    def can_replace(self, message: Message) -> bool:
        """Return whether `message`, the next in the queue, makes this one redundant."""
        return isinstance(message, type(self)) and message.pane is self.pane


class BasePane(ScrollView, can_focus=True):
    """A scrollable view with a border, which is highlighted while it has the focus."""

    HELP_GROUP: ClassVar[str] = ""
    """The group of the table of keys that help shows first."""

    DEFAULT_CSS = """
    BasePane {
        overflow: hidden auto;
        scrollbar-size: 1 1;
        border: round $surface-lighten-2;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        background: $background;
        &:focus {
            border: round $border;
            border-title-color: $text-primary;
            border-title-style: bold;
        }
    }
    """
