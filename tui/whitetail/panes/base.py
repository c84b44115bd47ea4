"""What all panes with a border share: the border, and how they speak."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.scroll_view import ScrollView
from textual.widget import Widget


@dataclass
class PaneMessage(Message):
    """Something that a pane says; of several, the last stands for all."""

    pane: Widget

    @property
    def control(self) -> Widget:
        """The pane, for `@on`."""
        return self.pane

    def can_replace(self, message: Message) -> bool:
        """Replace what the same pane said of the same kind."""
        return isinstance(message, type(self)) and message.pane is self.pane


class BasePane(ScrollView, can_focus=True):
    """A view to scroll, within a border that shows where the focus is."""

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
