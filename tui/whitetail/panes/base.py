"""The base classes of all bordered panes and of their messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.content import Content
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.widget import Widget

NOTHING_FOLDED = "Nothing is folded here."
NOTHING_TO_FOLD = "Nothing can be folded here, and nothing is above it."


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


def title_with_columns(title: str, names: str, gap: int, *, focused: bool) -> Content:
    """Return a border title with the names of columns, and a line of `gap` cells.

    The line between them has the colour of the border. Without room for it, there are
    no names. A border title starts two cells to the right of the lines.
    """
    if gap <= 2 or not names:
        return Content(title)
    line = f" {'─' * (gap - 2)} "
    border = "$border" if focused else "$surface-lighten-2"
    return Content.assemble(title, (line, border), (names, "not bold"))


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
