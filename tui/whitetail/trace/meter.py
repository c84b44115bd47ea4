"""What a run is compared by, as its rows are read."""

from __future__ import annotations

from whitetail.trace.figures import Figures, Sum
from whitetail.trace.price import Prices
from whitetail.trace.reading import Collector, Reader, Reading
from whitetail.trace.usage import Ledger
from whitetail.trace.verdict import Judge
from whitetail_store import BadLine


class Meter(Collector):
    """Takes a run row by row, for its figures; a grown run costs its growth."""

    def __init__(self, reader: Reader | None = None) -> None:
        super().__init__(reader)
        self._judge = Judge(self._reader)
        self._ledger = Ledger(self._reader)

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return self._reader.rows

    def take(self, reading: Reading) -> None:
        """Take the run's next row."""
        self._judge.take(reading)
        self._ledger.take(reading)

    def skip(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self._judge.skip(row, bad)

    def figures(self, prices: Prices) -> Figures:
        """Return the figures of the rows so far."""
        total = self._ledger.total
        bill = self._ledger.bill(prices)
        tokens = cost = None
        if total.total or not total.missing:
            tokens = Sum(total.total, not total.missing)
        if bill.amount is not None:
            cost = Sum(bill.amount, bill.whole)
        return Figures(
            self.rows,
            tokens,
            cost,
            sum(tool.calls for tool in self._ledger.tools.values()),
            self._ledger.errors,
            self._judge.outlook(),
        )
