"""The pane of a run's overview, with its timeline below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.reactive import reactive

from ..keys import bindings
from ..trace.spans import Span
from ..view.overview import Entry, bar
from ..view.text import fit
from .lines import Cell, LinePane

Window = tuple[float, float]
"""A stretch of time, in seconds since the epoch."""


class OverviewPane(LinePane):
    """Lines about a run, then one for each span of its time."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("overview")

    zoom: reactive[int] = reactive(0)
    """How often the timeline's window was halved."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._entries: Sequence[Entry] = ()
        self._spans: Sequence[Span] = ()
        self._count = 0

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._entries) + self._count

    @property
    def row(self) -> int | None:
        """The run's row that the line under the cursor speaks of."""
        if self.cursor < len(self._entries):
            return self._entries[self.cursor].row
        return self._span(self.cursor).row if self._count else None

    def show(self, entries: Sequence[Entry], spans: Sequence[Span], count: int) -> None:
        """Show other lines, and the first `count` spans of a sequence that grows."""
        self._entries, self._spans, self._count = entries, spans, count
        self.resize_to(self.count)
        self.refresh()

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return an entry's line, or a span's."""
        if line < len(self._entries):
            return list(_cut(self._entries[line].line, width))
        return list(bar(self._span(line), *self._window(), width))

    def validate_zoom(self, zoom: int) -> int:
        """Keep the window between the whole run and a thousandth of it."""
        return max(0, min(zoom, 10))

    def action_zoom_in(self) -> None:
        """Show half as much time, around the span under the cursor."""
        self.zoom += 1

    def action_zoom_out(self) -> None:
        """Show twice as much time."""
        self.zoom -= 1

    def action_zoom_all(self) -> None:
        """Show all of the run's time."""
        self.zoom = 0

    def _span(self, line: int) -> Span:
        return self._spans[line - len(self._entries)]

    def _window(self) -> Window:
        """Return the time that is shown: around the cursor's span when zoomed in."""
        whole = self._spans[0]
        start = whole.start or 0.0
        end = max(whole.end or start, self._spans[self._count - 1].end or start)
        half = (end - start) / 2 ** (self.zoom + 1)
        at = self._span(self.cursor) if self.cursor >= len(self._entries) else whole
        middle = (start + end) / 2 if at is whole else (at.start or start)
        middle = min(max(middle, start + half), end - half)
        return middle - half, middle + half


def _cut(cells: Sequence[Cell], width: int) -> Iterator[Cell]:
    """Yield cells that have room, the last of them cut with `…` if it has not."""
    for text, tone in cells:
        if cell_len(text) > width:
            yield fit(text, width), tone
            return
        width -= cell_len(text)
        yield text, tone
