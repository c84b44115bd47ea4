"""Maps the rows of a run to lines, in causal order or in file order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whitetail.trace.order.outline import Outline


@dataclass(slots=True)
class RowOrder:
    """Maps the rows of a run to lines, in causal order or in file order.

    Until all rows of a run were read, there is no outline, and lines are rows.
    """

    row_count: int = 0
    """The number of rows, folded ones included."""
    outline: Outline | None = None
    """Set once all rows were read."""
    causal: bool = True
    """Whether rows are shown in causal order, if there is an outline."""

    @property
    def causal_outline(self) -> Outline | None:
        """The outline, if rows are shown in causal order."""
        return self.outline if self.causal else None

    @property
    def line_count(self) -> int:
        """The number of lines."""
        outline = self.causal_outline
        return self.row_count if outline is None else outline.line_count

    def row_on_line(self, line: int) -> int:
        """Return the row on a line; 0 if there is no such line."""
        return next(iter(self.rows_on_lines(line, line + 1)), 0)

    def line_of(self, row: int) -> int:
        """Return the line of a row, or of the row into which it is folded."""
        outline = self.causal_outline
        if outline is not None and 0 <= row < len(outline):
            return outline.line_of(row)
        return max(row, 0)

    def position_of(self, row: int) -> int:
        """Return how many rows, folded ones included, are before a row."""
        outline = self.causal_outline
        if outline is not None and 0 <= row < len(outline):
            return outline.position_of(row)
        return row

    def rows_on_lines(self, first: int, last: int) -> Sequence[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        if self.causal_outline is not None:
            return self.causal_outline.rows_on_lines(max(first, 0), last)
        return range(max(first, 0), last)

    def all_rows(self) -> Callable[[], Sequence[int]]:
        """Return a function that returns all rows, folded ones too, as they are now.

        They are in the order that is shown.
        """
        outline = self.causal_outline
        rows = range(self.row_count) if outline is None else outline.order()
        return lambda: rows
