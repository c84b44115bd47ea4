"""A list drawn line by line: what the panes of threads, runs and events share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from whitetail.keys import bindings
from whitetail.panes.base import BasePane, PaneMessage
from whitetail.panes.palette import palette

Cell = tuple[str, str]
"""Inert text, and the tone to draw it in."""


class LineList(BasePane):
    """Lines under a cursor.

    Only the lines in sight are drawn, so it costs the same for ten lines as for
    ten million. Whoever subclasses it says how many there are and draws one.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    cursor: reactive[int] = reactive(0, repaint=False)
    """The line under the cursor."""

    class Highlighted(PaneMessage):
        """Another line is under the cursor, or another thing on that line."""

    class Opened(PaneMessage):
        """The line under the cursor was chosen."""

    class VisibleRowsChanged(PaneMessage):
        """Other lines have come into sight."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)

    @property
    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def draw(self, line: int, width: int) -> Sequence[Cell]:
        """Return a line's cells from left to right; what is too wide is cut off."""
        raise NotImplementedError

    def is_selected(self, line: int) -> bool:
        """Return whether a line is among those selected."""
        return False

    @property
    def in_sight(self) -> range:
        """The lines that can be seen."""
        top = self.scroll_offset.y
        height = self.scrollable_content_region.height
        return range(top, max(top, min(top + height, self.count)))

    def move_to(self, line: int) -> None:
        """Put the cursor on a line, as a person's key does."""
        self.cursor = line

    def resize_to(self, count: int) -> None:
        """Take note of how many lines there are now.

        While the scrollbar stays as it is, a change of the virtual size need not
        lay out the screen again: that costs ten times the bytes of a plain scroll.
        """
        size = Size(self.scrollable_content_region.width, count)
        height = self.scrollable_content_region.height
        had = self.virtual_size.height
        if (had > height) == (count > height) and self.is_mounted:
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = count
            self.scroll_to(
                y=min(self.scroll_offset.y, self.max_scroll_y),
                animate=False,
                immediate=True,
                force=True,
            )
        else:
            self.virtual_size = size

    def refresh_line(self, line: int) -> None:
        """Draw one line again."""
        y = line - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        width = self.scrollable_content_region.width
        style = palette(self).style
        line = y + self.scroll_offset.y
        if line >= self.count:
            return Strip.blank(width, style("plain"))
        paper = self._paper(line)
        segments = [
            Segment(text, style(tone, paper)) for text, tone in self.draw(line, width)
        ]
        return Strip(segments).adjust_cell_length(width, style("plain", paper))

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a line."""
        return max(0, min(cursor, self.count - 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Bring the cursor into sight and say what is under it."""
        self.refresh_line(before)
        self.refresh_line(cursor)
        self.show_line(cursor)
        if self.count:
            self.post_message(self.Highlighted(self))

    def show_line(self, line: int) -> None:
        """Scroll no farther than needed to have a line in sight."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if line < top:
            self._scroll_top(line)
        elif height and line >= top + height:
            self._scroll_top(line - height + 1)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Say that other lines are in sight."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.VisibleRowsChanged(self))

    def on_resize(self) -> None:
        """Stay with the cursor when there is more or less room."""
        self.resize_to(self.count)
        self.show_line(self.cursor)
        self.post_message(self.VisibleRowsChanged(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; twice opens."""
        offset = event.get_content_offset(self)
        if offset is not None:
            line = offset.y + self.scroll_offset.y
            if line < self.count:
                self.move_to(line)
                if event.chain == 2:
                    self.post_message(self.Opened(self))

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self.move_to(self.cursor + by)

    def action_page(self, by: float) -> None:
        """Move the cursor by pages."""
        height = max(1, self.scrollable_content_region.height - 1)
        self.move_to(self.cursor + round(by * height))

    def action_top(self) -> None:
        """Move the cursor to the first line."""
        self.move_to(0)

    def action_bottom(self) -> None:
        """Move the cursor to the last line."""
        self.move_to(self.count - 1)

    def action_open(self) -> None:
        """Open what is under the cursor."""
        if self.count:
            self.post_message(self.Opened(self))

    def _scroll_top(self, top: int) -> None:
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _paper(self, line: int) -> str:
        if line == self.cursor:
            return "cursor" if self.has_focus else "cursor-blurred"
        return "selected" if self.is_selected(line) else ""
