"""Reads the rows of a run into its order, its statistics and its faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from whitetail.run.protocols import RunRows
from whitetail.trace.order.causality import ParentResolver, Placement
from whitetail.trace.order.outline import Folds, Outline
from whitetail.trace.parse import ParsedRow, RowParser
from whitetail.trace.stats.stats import RunStats
from whitetail.view.brief import plural
from whitetail_store import BadLine, Fault, Finding, LogRow

_OF_WHOLE_FILE = (Fault.ENCODING, Fault.FOREIGN)
MAX_FAULTS = 10_000
"""At most this many faults are kept: a longer list is not useful."""
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
        self.faults: list[Finding] = []
        """The faults of the rows that were read, at most `MAX_FAULTS`.

        What is wrong with the whole file has one entry, that of the first row.
        """
        self._whole_file_faults: dict[tuple[Fault, str], tuple[int, int]] = {}
        """Their indices in `faults`, and how many rows have them."""

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
            self._add_fault(fault)
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

    def _add_fault(self, fault: Finding) -> None:
        key = fault.kind, fault.reason
        index, rows = self._whole_file_faults.get(key, (len(self.faults), 0))
        if rows:
            more = f"{fault.reason} (and {plural(rows, 'more row')})"
            self.faults[index] = replace(self.faults[index], reason=more)
        elif index >= MAX_FAULTS:
            return
        else:
            self.faults.append(fault)
        if fault.kind in _OF_WHOLE_FILE:
            self._whole_file_faults[key] = index, rows + 1
