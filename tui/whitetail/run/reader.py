"""Reads a run row by row, for its causal order and its statistics."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.trace.order.causality import ParentResolver, Placement
from whitetail.trace.order.outline import Folds, Outline
from whitetail.trace.parse import RowParser
from whitetail.trace.stats.stats import RunStats
from whitetail_store import BadLine, RunEvent

Rows = Sequence[RunEvent | BadLine]
"""The rows of a run, or some of them."""


class RunReader:
    """Reads a run's rows in batches from first to last, and new ones as it grows.

    Each row is parsed once, for the outline and for the statistics. Reading blocks:
    do it in a thread. `stats` may be used in that thread only. `outline` belongs to
    the thread that draws it; once it is drawn, add the result of `read` there.
    """

    def __init__(self, rows: Rows, folds: Folds | None = None) -> None:
        self._rows = rows
        self._parser = RowParser()
        self._resolver = ParentResolver(self._parser)
        self.stats = RunStats(self._parser)
        """The statistics of the rows that were read."""
        self.outline = Outline(folds)
        """The causal order of the rows that were added to it."""

    @property
    def rows_left(self) -> int:
        """The number of rows that were not read yet."""
        return len(self._rows) - self._parser.row_count

    def read(self, limit: int) -> tuple[int, Rows, list[Placement]]:
        """Read up to `limit` rows; return the first one's index, them, and placements.

        The placements are for `Outline.add_placements`.

        Raises:
            StoreError, OSError: The rows cannot be read.

        """
        first = self._parser.row_count
        rows = self._rows[first : first + limit]
        for event in rows:
            if isinstance(event, BadLine):
                row = self._parser.count_bad_line()
                self._resolver.add_bad_line(row, event)
                self.stats.add_bad_line(row, event)
            else:
                parsed = self._parser.parse(event)
                self._resolver.add(parsed)
                self.stats.add(parsed)
        return first, rows, self._resolver.resolve()

    def read_ahead(self, limit: int) -> int:
        """Read up to `limit` rows into an outline that is not drawn yet.

        Returns the number of rows left.

        Raises:
            StoreError, OSError: The rows cannot be read.

        """
        _, _, placements = self.read(limit)
        self.outline.add_placements(placements)
        return self.rows_left
