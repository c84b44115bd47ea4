"""All that is added up of a run, fed together."""

from __future__ import annotations

from whitetail.trace.parse import Aggregator, ParsedRow, RowParser
from whitetail.trace.stats.context_cost import ContextCost
from whitetail.trace.stats.file_changes import FileChanges
from whitetail.trace.stats.spans import Spans
from whitetail.trace.stats.usage import UsageTotals
from whitetail.trace.verdict.verdict import VerdictBuilder
from whitetail_store import BadLine


class RunStats(Aggregator):
    """How a run stands, what it cost and where its time went, row by row.

    A row is read once for all; a grown run costs its growth.
    """

    def __init__(self, reader: RowParser | None = None) -> None:
        super().__init__(reader)
        self.judge = VerdictBuilder(self._reader)
        self.ledger = UsageTotals(self._reader)
        self.spans = Spans(self._reader)
        self.carriage = ContextCost(self._reader)
        self.files = FileChanges(self._reader)

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return self._reader.rows

    def add(self, reading: ParsedRow) -> None:
        """Take the run's next row."""
        self.judge.add(reading)
        self.ledger.add(reading)
        self.spans.add(reading)
        self.carriage.add(reading)
        self.files.add(reading)

    def skip(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self.judge.skip(row, bad)
