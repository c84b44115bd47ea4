"""All that is added up of a run, fed together."""

from __future__ import annotations

from whitetail.trace.parse import Collector, Reader, Reading
from whitetail.trace.stats.context_cost import Carriage
from whitetail.trace.stats.file_changes import Files
from whitetail.trace.stats.spans import Spans
from whitetail.trace.stats.usage import Ledger
from whitetail.trace.verdict.verdict import Judge
from whitetail_store import BadLine


class Account(Collector):
    """How a run stands, what it cost and where its time went, row by row.

    A row is read once for all; a grown run costs its growth.
    """

    def __init__(self, reader: Reader | None = None) -> None:
        super().__init__(reader)
        self.judge = Judge(self._reader)
        self.ledger = Ledger(self._reader)
        self.spans = Spans(self._reader)
        self.carriage = Carriage(self._reader)
        self.files = Files(self._reader)

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return self._reader.rows

    def take(self, reading: Reading) -> None:
        """Take the run's next row."""
        self.judge.take(reading)
        self.ledger.take(reading)
        self.spans.take(reading)
        self.carriage.take(reading)
        self.files.take(reading)

    def skip(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self.judge.skip(row, bad)
