"""The pane that shows a run's overview with its timeline below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.reactive import reactive

from whitetail.keys import OVERVIEW, bindings
from whitetail.panes.line_list import Cell, LineList
from whitetail.trace.stats.spans import Span
from whitetail.view.overview.calls import CallGroup
from whitetail.view.overview.entry import Entry
from whitetail.view.overview.timeline import Timeline, axis_line, span_line
from whitetail.view.text import fit

TimeRange = tuple[float, float]
"""Start and end, in seconds since the epoch."""

_MAX_ZOOM = 20
"""At this zoom the time range is a millionth of the run."""


class OverviewPane(LineList):
    """The entries of a run's overview, the time axis, and a line for each span."""

    HELP_GROUP = OVERVIEW
    BINDINGS: ClassVar[list[BindingType]] = bindings("overview")

    zoom: reactive[int] = reactive(0)
    """How many times the time range of the timeline was halved."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._entries: Sequence[Entry] = ()
        self._spans = Timeline()
        self._center = 0.0
        """The middle of the time range, in seconds since the epoch, while zoomed."""

    @property
    def count(self) -> int:
        """The number of lines."""
        return self._first_span_line + len(self._spans)

    @property
    def row(self) -> int | None:
        """The row of the run that the line of the cursor refers to. None if none."""
        if self.cursor < len(self._entries):
            return self._entries[self.cursor].row
        span = self._span(self.cursor)
        return None if span is None else span.row

    @property
    def calls(self) -> CallGroup | None:
        """The calls that the line of the cursor is about. None if it is about none."""
        line = self.cursor
        return self._entries[line].calls if line < len(self._entries) else None

    @property
    def path(self) -> str:
        """The file that the line of the cursor is about. Empty if it is about none."""
        line = self.cursor
        return self._entries[line].path if line < len(self._entries) else ""

    def show(self, entries: Sequence[Entry], spans: Timeline) -> None:
        """Show these entries and spans. The cursor stays on its entry or span."""
        # Fewer lines may scroll the view, so its top is read before.
        cursor, top = self._cursor_among(entries), self.scroll_offset.y
        old_entries, old_count = self._entries, self.count
        self._entries, self._spans = entries, spans
        self.resize_to(self.count)
        if cursor != self.cursor:
            top += cursor - self.cursor
            self.cursor = cursor
            self._scroll_top(max(0, top))
        # To draw all lines would block the event loop for 15 ms, and few have changed.
        shared = min(len(old_entries), len(entries))
        for line in self.visible_lines:
            if line >= shared or old_entries[line] != entries[line]:
                self.refresh_line(line)
        if old_count > self.count:
            self.refresh()

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return the cells of an entry, of the time axis, or of a span."""
        if line < len(self._entries):
            return list(_cut(self._entries[line].line, width))
        if (span := self._span(line)) is not None:
            return list(span_line(span, *self._time_range(), width))
        return list(axis_line(self._spans.window[0], *self._time_range(), width))

    def validate_zoom(self, zoom: int) -> int:
        """Return the nearest possible zoom."""
        return max(0, min(zoom, _MAX_ZOOM))

    def watch_zoom(self) -> None:
        """Center the time range on the span under the cursor."""
        span = self._span(self.cursor)
        if span is not None and span.start is not None:
            self._center = span.start

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Make the cursor visible, and move the time range to its span."""
        super().watch_cursor(before, cursor)
        span = self._span(cursor)
        if self.zoom and span is not None and span.start is not None:
            start, end = self._time_range()
            if not start <= span.start < end:
                self._center = span.start
                self.refresh()

    def action_page(self, by: float) -> None:
        """Scroll by some pages. The cursor does not move on the screen."""
        step = round(by * max(1, self.scrollable_content_region.height - 1))
        cursor, top = self.cursor + step, self.scroll_offset.y + step
        self._scroll_top(max(0, min(top, self.max_scroll_y)))
        self.move_to(cursor)

    def action_zoom_in(self) -> None:
        """Show half of the time range, around the span under the cursor."""
        self.zoom += 1

    def action_zoom_out(self) -> None:
        """Show twice the time range."""
        self.zoom -= 1

    def action_zoom_all(self) -> None:
        """Show the whole time of the run."""
        self.zoom = 0

    @property
    def _first_span_line(self) -> int:
        """The line after the time axis, which is there only if there are spans."""
        return len(self._entries) + bool(self._spans)

    def _span(self, line: int) -> Span | None:
        index = line - self._first_span_line
        return self._spans[index] if 0 <= index < len(self._spans) else None

    def _time_range(self) -> TimeRange:
        """Return the time range that the timeline shows."""
        start, end = self._spans.window
        half = (end - start) / 2 ** (self.zoom + 1)
        center = min(max(self._center, start + half), end - half)
        return center - half, center + half

    def _cursor_among(self, entries: Sequence[Entry]) -> int:
        """Return the line of the cursor's entry or span among new entries."""
        cursor, old_entries = self.cursor, self._entries
        if not old_entries:
            return cursor
        if cursor >= len(old_entries):
            return cursor - len(old_entries) + len(entries)
        entry = old_entries[cursor]
        if cursor < len(entries) and entries[cursor].row == entry.row:
            return cursor
        equal = [line for line, each in enumerate(entries) if each == entry]
        return min(equal, key=lambda line: abs(line - cursor), default=cursor)


def _cut(cells: Sequence[Cell], width: int) -> Iterator[Cell]:
    """Yield the cells that fit into `width`. The last one is cut with `…` if needed."""
    for text, tone in cells:
        if cell_len(text) > width:
            yield fit(text, width), tone
            return
        width -= cell_len(text)
        yield text, tone
