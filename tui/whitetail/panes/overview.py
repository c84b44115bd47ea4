"""The pane of a run's overview, with its timeline below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.reactive import reactive

from whitetail.keys import bindings
from whitetail.panes.line_list import Cell, LineList
from whitetail.trace.stats.spans import Span
from whitetail.view.overview.entry import Entry
from whitetail.view.overview.timeline import Timeline, axis_line, span_line
from whitetail.view.text import fit

Window = tuple[float, float]
"""A stretch of time, in seconds since the epoch."""

_DEEPEST = 20


class OverviewPane(LineList):
    """Lines about a run, the axis of its time, then a line for each span of it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("overview")

    zoom: reactive[int] = reactive(0)
    """How often the timeline's window was halved."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._entries: Sequence[Entry] = ()
        self._spans = Timeline()
        self._middle = 0.0
        """The moment that a zoomed window has in its middle."""

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self._first + len(self._spans)

    @property
    def row(self) -> int | None:
        """The run's row that the line under the cursor speaks of."""
        if self.cursor < len(self._entries):
            return self._entries[self.cursor].row
        span = self._span(self.cursor)
        return None if span is None else span.row

    def show(self, entries: Sequence[Entry], spans: Timeline) -> None:
        """Show other lines; the cursor stays with what it is on."""
        at, had, count = self._found(entries), self._entries, self.count
        self._entries, self._spans = entries, spans
        self.resize_to(self.count)
        if at != self.cursor:
            top = self.scroll_offset.y + at - self.cursor
            self.cursor = at
            self._scroll_top(max(0, top))
        # All lines would cost the event loop 15 ms, and most stay as they were.
        for line in self.in_sight:
            if line >= min(len(had), len(entries)) or had[line] != entries[line]:
                self.refresh_line(line)
        if count > self.count:
            self.refresh()

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return an entry's line, the axis, or a span's line."""
        if line < len(self._entries):
            return list(_cut(self._entries[line].line, width))
        if (span := self._span(line)) is not None:
            return list(span_line(span, *self._window(), width))
        return list(axis_line(self._spans.window[0], *self._window(), width))

    def validate_zoom(self, zoom: int) -> int:
        """Keep the window between the whole run and a millionth of it."""
        return max(0, min(zoom, _DEEPEST))

    def watch_zoom(self) -> None:
        """Zoom in on the span under the cursor."""
        span = self._span(self.cursor)
        if span is not None and span.start is not None:
            self._middle = span.start

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Bring the cursor into sight, and its span into the window."""
        super().watch_cursor(before, cursor)
        span = self._span(cursor)
        if self.zoom and span is not None and span.start is not None:
            start, end = self._window()
            if not start <= span.start < end:
                self._middle = span.start
                self.refresh()

    def action_zoom_in(self) -> None:
        """Show half as much time, around the span under the cursor."""
        self.zoom += 1

    def action_zoom_out(self) -> None:
        """Show twice as much time."""
        self.zoom -= 1

    def action_zoom_all(self) -> None:
        """Show all of the run's time."""
        self.zoom = 0

    @property
    def _first(self) -> int:
        """The first span's line: the axis stands above it."""
        return len(self._entries) + bool(self._spans)

    def _span(self, line: int) -> Span | None:
        at = line - self._first
        return self._spans[at] if 0 <= at < len(self._spans) else None

    def _window(self) -> Window:
        """Return the time that is shown."""
        start, end = self._spans.window
        half = (end - start) / 2 ** (self.zoom + 1)
        middle = min(max(self._middle, start + half), end - half)
        return middle - half, middle + half

    def _found(self, entries: Sequence[Entry]) -> int:
        """Return where the line under the cursor stands among other entries."""
        cursor, had = self.cursor, self._entries
        if not had:
            return cursor
        if cursor >= len(had):
            return cursor - len(had) + len(entries)
        now = had[cursor]
        if cursor < len(entries) and entries[cursor].row == now.row:
            return cursor
        same = [at for at, each in enumerate(entries) if each == now]
        return min(same, key=lambda at: abs(at - cursor), default=cursor)


def _cut(cells: Sequence[Cell], width: int) -> Iterator[Cell]:
    """Yield cells that have room, the last of them cut with `…` if it has not."""
    for text, tone in cells:
        if cell_len(text) > width:
            yield fit(text, width), tone
            return
        width -= cell_len(text)
        yield text, tone
