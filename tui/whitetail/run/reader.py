"""A run that is being told: what was read of it so far, in order and added up."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.trace.order.causality import ParentResolver, Placement
from whitetail.trace.order.outline import Folds, Outline
from whitetail.trace.parse import RowParser
from whitetail.trace.stats.stats import RunStats
from whitetail_store import BadLine, RunEvent

Rows = Sequence[RunEvent | BadLine]


class RunReader:
    """Reads a run's rows in pieces, from the first to the last, and on as it grows.

    Each is read once, for its place and for what is added up. Reading is for a
    thread of its own, as is whatever looks at the account; the outline belongs to
    whoever draws it, once that has begun, and then takes only what it is handed.
    """

    def __init__(self, rows: Rows, folds: Folds | None = None) -> None:
        self._rows = rows
        self._parser = RowParser()
        self._resolver = ParentResolver(self._parser)
        self.stats = RunStats(self._parser)
        self.outline = Outline(folds)

    @property
    def rows_left(self) -> int:
        """How many rows were not read yet."""
        return len(self._rows) - self._parser.row_count

    def read(self, limit: int) -> tuple[int, Rows, list[Placement]]:
        """Read the next rows; return the first one's number, them, and their places.

        Raises:
            StoreError, OSError: They can't be read.

        """
        first = self._parser.row_count
        rows = self._rows[first : first + limit]
        for event in rows:
            if isinstance(event, BadLine):
                row = self._parser.count_bad_line()
                self._resolver.add_bad_line(row, event)
                self.stats.add_bad_line(row, event)
            else:
                reading = self._parser.parse(event)
                self._resolver.add(reading)
                self.stats.add(reading)
        return first, rows, self._resolver.resolve()

    def read_ahead(self, limit: int) -> int:
        """Read rows into an outline that nobody draws yet; return `behind`."""
        self.outline.add_placements(self.read(limit)[2])
        return self.rows_left
