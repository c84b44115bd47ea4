"""The base class of a list whose lines are the rows of a `RowSource`."""

from __future__ import annotations

from whitetail.panes.line_list import LineList
from whitetail.run.protocols import RowSource


class RowList(LineList):
    """Lists the rows of a source; a subclass draws them."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._source: RowSource | None = None

    @property
    def count(self) -> int:
        """The number of lines."""
        return 0 if self._source is None else self._source.count

    @property
    def row_count(self) -> int:
        """The number of events, including those that are folded away."""
        return 0 if self._source is None else self._source.row_count

    @property
    def row(self) -> int:
        """The row under the cursor."""
        return 0 if self._source is None else self._source.row(self.cursor)

    @property
    def seq(self) -> str:
        """The number of the event under the cursor; `…` until it was read."""
        cached = None if self._source is None else self._source.cached(self.row)
        return "…" if cached is None else cached.summary.seq

    @property
    def at_newest(self) -> bool:
        """Whether the cursor is on the newest event."""
        return self.cursor == self.newest

    @property
    def newest(self) -> int:
        """The line of the row that was written last, of those that are listed."""
        source = self._source
        return 0 if source is None else source.line(source.newest_row)

    @property
    def can_unfold(self) -> bool:
        """Whether events are folded into the one under the cursor."""
        source = self._source
        return bool(source and self.count and source.context(self.row).folded)
