"""The base class of panes that list one thing per line: threads, runs, events."""

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
"""A sanitized text and its tone."""


class LineList(BasePane):
    """Lines with a cursor.

    Only visible lines are drawn, so ten lines cost as much as ten million. A subclass
    defines `count` and `draw`.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    cursor: reactive[int] = reactive(0, repaint=False)
    """The line of the cursor, from 0."""

    class Highlighted(PaneMessage):
        """The cursor moved to another line, or its line shows something else now."""

    class Opened(PaneMessage):
        """The user opened the line of the cursor."""

    class Left(PaneMessage):
        """The user wants to go back to the pane before."""

    class VisibleLinesChanged(PaneMessage):
        """Other lines became visible."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)

    @property
    def count(self) -> int:
        """The number of lines."""
        raise NotImplementedError

    @property
    def visible_lines(self) -> range:
        """The visible lines."""
        top = self.scroll_offset.y
        height = self.scrollable_content_region.height
        return range(top, max(top, min(top + height, self.count)))

    def draw(self, line: int, width: int) -> Sequence[Cell]:
        """Return the cells of a line from left to right.

        What is wider than `width` cells is cropped.
        """
        raise NotImplementedError

    def is_selected(self, line: int) -> bool:
        """Return whether a line is selected."""
        return False

    def label_columns(self) -> None:
        """Name the columns in the border, if the lines have any."""

    def move_to(self, line: int) -> None:
        """Move the cursor to a line, as a key of the user does."""
        self.cursor = line

    def show_line(self, line: int) -> None:
        """Scroll until a line is visible, and no farther."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if line < top:
            self._scroll_top(line)
        elif height and line >= top + height:
            self._scroll_top(line - height + 1)

    def resize_to(self, count: int) -> None:
        """Set the number of lines that can be scrolled to.

        While the scrollbar neither appears nor disappears, a new virtual size does
        not need a new layout of the screen. A layout writes ten times as many bytes
        to the terminal as a scroll.
        """
        size = Size(self.scrollable_content_region.width, count)
        height = self.scrollable_content_region.height
        old_count = self.virtual_size.height
        if (old_count > height) == (count > height) and self.is_mounted:
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
        """Draw one line again, if it is visible."""
        y = line - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Return the line at a row of the view."""
        width = self.scrollable_content_region.width
        style = palette(self).style
        line = y + self.scroll_offset.y
        if line >= self.count:
            return Strip.blank(width, style("plain"))
        background = self._line_background(line)
        segments = [
            Segment(text, style(tone, background))
            for text, tone in self.draw(line, width)
        ]
        return Strip(segments).adjust_cell_length(width, style("plain", background))

    def validate_cursor(self, cursor: int) -> int:
        """Return the nearest line that exists."""
        return max(0, min(cursor, self.count - 1))

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Draw the line in front of the columns in the colour of the border."""
        # No handler of Focus or Blur: those run before Textual changes `has_focus`.
        super().watch_has_focus(_has_focus)
        self.label_columns()

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Make the cursor visible and report what is under it."""
        self.refresh_line(before)
        self.refresh_line(cursor)
        self.show_line(cursor)
        if self.count:
            self.post_message(self.Highlighted(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Report that other lines are visible."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.VisibleLinesChanged(self))

    def on_resize(self) -> None:
        """Keep the cursor visible in the new size."""
        self.resize_to(self.count)
        self.show_line(self.cursor)
        self.post_message(self.VisibleLinesChanged(self))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked line. A double click opens it."""
        offset = event.get_content_offset(self)
        if offset is not None:
            line = offset.y + self.scroll_offset.y
            if line < self.count:
                self.move_to(line)
                if event.chain == 2:
                    self.post_message(self.Opened(self))

    def action_move(self, by: int) -> None:
        """Move the cursor by some lines."""
        self.move_to(self.cursor + by)

    def action_page(self, by: float) -> None:
        """Move the cursor by some pages."""
        height = max(1, self.scrollable_content_region.height - 1)
        self.move_to(self.cursor + round(by * height))

    def action_top(self) -> None:
        """Move the cursor to the first line."""
        self.move_to(0)

    def action_bottom(self) -> None:
        """Move the cursor to the last line."""
        self.move_to(self.count - 1)

    def action_open(self) -> None:
        """Open the line of the cursor."""
        if self.count:
            self.post_message(self.Opened(self))

    def _scroll_top(self, top: int) -> None:
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _line_background(self, line: int) -> str:
        if line == self.cursor:
            return "cursor" if self.has_focus else "cursor-blurred"
        return "selected" if self.is_selected(line) else ""
