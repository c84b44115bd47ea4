"""Which row of a run stands on which line: in causal order, or in the file's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whitetail.trace.outline import Outline


@dataclass(slots=True)
class Order:
    """The lines of a run's rows."""

    rows: int = 0
    """How many rows there are, folded ones among them."""
    outline: Outline | None = None
    """What is known of their places, once all of them were read."""
    causal: bool = True
    """Whether rows stand under their causes, where these are known."""

    @property
    def nested(self) -> Outline | None:
        """The outline, if it says what lines there are."""
        return self.outline if self.causal else None

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self.nested.lines if self.nested is not None else self.rows

    def row(self, line: int) -> int:
        """Return the row on a line; 0 where there is none."""
        return next(iter(self.on(line, line + 1)), 0)

    def line(self, row: int) -> int:
        """Return the line of a row, or of the one that it is folded into."""
        if self.nested is not None and 0 <= row < len(self.nested):
            return self.nested.line(row)
        return max(row, 0)

    def place(self, row: int) -> int:
        """Return how many rows, folded ones among them, stand before a row."""
        if self.nested is not None and 0 <= row < len(self.nested):
            return self.nested.place(row)
        return row

    def on(self, first: int, last: int) -> Sequence[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        if self.nested is not None:
            return self.nested.rows(max(first, 0), last)
        return range(max(first, 0), last)

    def all(self) -> Sequence[int]:
        """Return all rows as they stand, folded ones among them."""
        return self.nested.order() if self.nested is not None else range(self.rows)
