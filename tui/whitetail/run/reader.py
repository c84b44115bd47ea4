"""Reads the rows of a run into its order, its statistics and its faults."""

from __future__ import annotations

from collections.abc import Callable

from whitetail.run.faults import FaultList
from whitetail.run.protocols import RunRows
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Folds, Outline
from whitetail.trace.order.placement import Placement
from whitetail.trace.parse import ParsedRow, RowParser
from whitetail.trace.stats.stats import RunStats
from whitetail_store import BadLine, Finding, LogRow

RowObserver = Callable[[int, ParsedRow | BadLine], None]
"""Is called with each row that is read, by the thread that reads."""


class RunReader:
    """Reads each row of a run once, from the first to the last, and on as it grows.

    One thread at a time may read, or look at the statistics. The outline belongs to
    the event loop once it is shown; then it gets only the placements that `read`
    returns.
    """

    def __init__(self, rows: RunRows, folds: Folds | None = None) -> None:
        self._rows = rows
        self._parser = RowParser()
        self._resolver = ParentResolver(self._parser)
        self.stats = RunStats(self._parser)
        self.outline = Outline(folds)
        self.observer: RowObserver | None = None
        """Sees each row that is read from now on."""
        self._faults = FaultList()

    @property
    def faults(self) -> list[Finding]:
        """The faults of the rows that were read, as a `FaultList` has them."""
        return self._faults.found

    @property
    def rows_read(self) -> int:
        """How many rows were read."""
        return self._parser.row_count

    def read(self, limit: int) -> tuple[int, list[LogRow], list[Placement]]:
        """Read the next rows; return the first one's number, them and their placements.

        Raises:
            StoreError, OSError: The rows cannot be read.

        """
        first = self._parser.row_count
        rows, faults = self._rows.examine(first, first + limit)
        for fault in faults:
            self._faults.add(fault)
        for event in rows:
            parsed: ParsedRow | BadLine
            if isinstance(event, BadLine):
                row, parsed = self._parser.count_bad_line(), event
                self._resolver.add_bad_line(row, event)
                self.stats.add_bad_line(row, event)
            else:
                parsed = self._parser.parse(event)
                row = parsed.row
                self._resolver.add(parsed)
                self.stats.add(parsed)
            if self.observer is not None:
                self.observer(row, parsed)
        return first, rows, self._resolver.resolve()

    def read_ahead(self, limit: int) -> int:
        """Read rows into an outline that is not shown yet; return how many are left.

        Raises:
            StoreError, OSError: The rows cannot be read.

        """
        self.outline.add_placements(self.read(limit)[2])
        return max(0, len(self._rows) - self._parser.row_count)
