"""A pane that scrolls through styled text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from whitetail.keys import bindings
from whitetail.panes.base import BasePane
from whitetail.panes.palette import palette
from whitetail.view.matches import TextMatcher, marked_line
from whitetail.view.styled import StyledLine, StyledSpan


class TextView(BasePane):
    """A scrollable text. Only visible lines are drawn."""

    DEFAULT_CSS = "TextView { overflow: auto auto; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("text")

    sought: reactive[TextMatcher | None] = reactive(None)
    """The text that is marked; None for none."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: list[StyledLine] = []

    @property
    def text_width(self) -> int:
        """The longest line that is visible without horizontal scrolling, in cells."""
        return max(2, self.scrollable_content_region.width - 1)

    @property
    def wrap_width(self) -> int | None:
        """The width to which lines are wrapped; None if they are not."""
        return self.text_width

    def measure(self, *, wide: bool = False) -> None:
        """Adapt the scrollbars to the lines.

        `wide`: lines may be wider than the pane, so that it scrolls horizontally.
        """
        width = max(map(_width, self._lines), default=0) if wide else 0
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def line_background(self, line: int) -> str:
        """Return the palette's name of a line's background. Empty for the pane's."""
        return ""

    def render_line(self, y: int) -> Strip:
        """Return the line at a row of the view."""
        width = self.scrollable_content_region.width
        line = y + self.scroll_offset.y
        style, background = palette(self).style, self.line_background(line)
        plain = style("plain", background)
        if line >= len(self._lines):
            return Strip.blank(width, plain)
        spans: Sequence[StyledSpan] = self._lines[line]
        if self.sought is not None:
            spans = marked_line(self._lines, line, self.wrap_width, self.sought)
        strip = Strip([Segment(text, style(tone, background)) for text, tone in spans])
        left = self.scroll_offset.x
        return strip.crop(left, left + width).adjust_cell_length(width, plain)

    def action_scroll_by(self, lines: int) -> None:
        """Scroll by some lines."""
        self.scroll_relative(y=lines, animate=False)

    def action_page(self, by: float) -> None:
        """Scroll by some pages, one line less each."""
        height = max(1, self.scrollable_content_region.height - 1)
        self.action_scroll_by(round(by * height))

    def action_top(self) -> None:
        """Scroll to the beginning."""
        self.scroll_home(animate=False)

    def action_to_end(self) -> None:
        """Scroll to the end."""
        self.scroll_end(animate=False)


def _width(line: StyledLine) -> int:
    return sum(cell_len(text) for text, _ in line)
