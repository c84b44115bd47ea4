"""The few numbers by which runs are compared."""

from __future__ import annotations

from dataclasses import dataclass

from whitetail.trace.parse import Aggregator, ParsedRow, RowParser
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.stats.totals import Total
from whitetail.trace.stats.usage import UsageTotals
from whitetail.trace.verdict.status import StatusRule
from whitetail.trace.verdict.verdict import VerdictBuilder
from whitetail_store import BadLine


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
    status_rule: StatusRule


class MetricsBuilder(Aggregator):
    """Takes a run row by row, for its figures; a grown run costs its growth."""

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self._verdict = VerdictBuilder(self._parser)
        self._usage = UsageTotals(self._parser)

    @property
    def row_count(self) -> int:
        """How many rows were taken."""
        return self._parser.row_count

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row."""
        self._verdict.add(parsed)
        self._usage.add(parsed)

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self._verdict.add_bad_line(row, bad)

    def metrics(self, prices: Prices) -> RunMetrics:
        """Return the figures of the rows so far."""
        total = self._usage.total
        bill = self._usage.cost(prices)
        tokens = cost = None
        if total.total or not total.uncounted_replies:
            tokens = Total(total.total, not total.uncounted_replies)
        if bill.amount is not None:
            cost = Total(bill.amount, bill.complete)
        return RunMetrics(
            self.row_count,
            tokens,
            cost,
            sum(tool.calls for tool in self._usage.tools.values()),
            self._usage.errors,
            self._verdict.status_rule(),
        )
