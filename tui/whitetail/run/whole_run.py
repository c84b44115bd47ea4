"""A run that is read to its end at once, for a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf

from whitetail.run.protocols import RunRows
from whitetail.run.reader import RunReader
from whitetail.run.snapshot import EventSnapshot, RelativeRows, read_snapshot
from whitetail.trace.order.outline import Outline
from whitetail.trace.query.nodes import Query
from whitetail.trace.stats.stats import RunStats
from whitetail_store import LogRow

_STEP_ROWS = 100


class WholeRun:
    """The rows of a run with their order and their statistics. All methods block."""

    def __init__(
        self, rows: RunRows, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Read all rows that are there now.

        `progress` is called with how many rows are read, of how many. It may raise an
        exception to stop.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        rows.refresh()
        self.rows = rows
        reader = RunReader(rows)
        while reader.read_ahead(_STEP_ROWS):
            if progress is not None:
                progress(reader.rows_read, len(rows))
        self.outline: Outline = reader.outline
        """The causal order of the rows."""
        self.stats: RunStats = reader.stats

    def matching(self, query: Query | None) -> Iterator[int]:
        """Yield the rows that match a query, all without one, in causal order."""
        order = self.outline.order()
        if query is None:
            yield from order
            return
        from whitetail.run.row_filter import FilterScan, RowFilter

        row_filter, outline = RowFilter(query), self.outline
        bits = FilterScan(self.rows, row_filter).advance(len(order), inf).bits
        for row in order:
            state = 0
            if row_filter.needs_order:
                times = outline.times
                state = times.is_slow(times.duration(row)) | outline.is_moved(row) << 1
            if bits[row] >> state & 1:
                yield row

    def event(self, row: int) -> LogRow:
        """Return a row."""
        return self.rows[row]

    def snapshot(self, row: int) -> EventSnapshot:
        """Return a row with its relatives."""
        ended = self.stats.ended
        relatives = RelativeRows.of(row, self.outline, run_ended=ended)
        return read_snapshot(self.rows, row, relatives)
