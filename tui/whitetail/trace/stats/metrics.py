"""The few numbers by which runs are compared."""

from __future__ import annotations

from dataclasses import dataclass

from whitetail.trace.parse import Aggregator, ParsedRow, RowParser
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.stats.usage import UsageTotals
from whitetail.trace.verdict.status import StatusRule
from whitetail.trace.verdict.verdict import VerdictBuilder
from whitetail_store import BadLine


@dataclass(frozen=True, slots=True)
class Total:
    """What was added up, and whether that is all of it."""

    amount: float
    complete: bool = True


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """What a run used and how it stands, once all of it was read."""

    rows: int
    tokens: Total | None
    """Nothing where nobody counted them."""
    cost: Total | None
    """Nothing where none of its models has a price, or nobody counted tokens."""
    calls: int
    """Tools that were called."""
    errors: int
    """Rows that say that something went wrong."""
    outlook: StatusRule


class MetricsBuilder(Aggregator):
    """Takes a run row by row, for its figures; a grown run costs its growth."""

    def __init__(self, reader: RowParser | None = None) -> None:
        super().__init__(reader)
        self._judge = VerdictBuilder(self._reader)
        self._ledger = UsageTotals(self._reader)

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return self._reader.rows

    def add(self, reading: ParsedRow) -> None:
        """Take the run's next row."""
        self._judge.add(reading)
        self._ledger.add(reading)

    def skip(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self._judge.skip(row, bad)

    def figures(self, prices: Prices) -> RunMetrics:
        """Return the figures of the rows so far."""
        total = self._ledger.total
        bill = self._ledger.bill(prices)
        tokens = cost = None
        if total.total or not total.missing:
            tokens = Total(total.total, not total.missing)
        if bill.amount is not None:
            cost = Total(bill.amount, bill.whole)
        return RunMetrics(
            self.rows,
            tokens,
            cost,
            sum(tool.calls for tool in self._ledger.tools.values()),
            self._ledger.errors,
            self._judge.outlook(),
        )
