"""Lines of toned text to scroll through."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Size
from textual.strip import Strip

from whitetail.keys import bindings
from whitetail.panes.base import BasePane
from whitetail.panes.palette import palette
from whitetail.view.styled import StyledLine


class TextView(BasePane):
    """A text, of which only the lines in sight are drawn."""

    DEFAULT_CSS = "TextView { overflow: auto auto; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("text")

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: list[StyledLine] = []

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        width = self.scrollable_content_region.width
        line = y + self.scroll_offset.y
        style, paper = palette(self).style, self.paper(line)
        plain = style("plain", paper)
        if line >= len(self._lines):
            return Strip.blank(width, plain)
        spans = self._lines[line]
        strip = Strip([Segment(text, style(tone, paper)) for text, tone in spans])
        left = self.scroll_offset.x
        return strip.crop(left, left + width).adjust_cell_length(width, plain)

    def paper(self, line: int) -> str:
        """Return what a line lies on."""
        return ""

    def action_half_page(self, by: int) -> None:
        """Scroll by half a page."""
        self.scroll_relative(y=by * (self.size.height // 2), animate=False)

    def action_to_end(self) -> None:
        """Show the end."""
        self.scroll_end(animate=False)

    @property
    def text_width(self) -> int:
        """How many cells a line may have so that it need not be scrolled."""
        return max(2, self.scrollable_content_region.width - 1)

    def measure(self, *, wide: bool = False) -> None:
        """Tell the scrollbars how much there is; `wide` if lines may go beyond."""
        width = max(map(_width, self._lines), default=0) if wide else 0
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()


def _width(line: StyledLine) -> int:
    return sum(cell_len(text) for text, _ in line)
