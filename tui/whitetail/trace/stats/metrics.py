"""The few numbers by which runs are compared in lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whitetail.trace.parse import Aggregator, ParsedRow, RowParser
from whitetail.trace.stats.pricing import Prices, cost_of
from whitetail.trace.stats.totals import TokenTotals, Total, sum_of
from whitetail.trace.stats.usage import UsageTotals
from whitetail.trace.verdict.status import StatusFacts
from whitetail.trace.verdict.verdict import VerdictBuilder
from whitetail_store import BadLine

if TYPE_CHECKING:
    from whitetail.trace.stats.stats import RunStats


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """The metrics of a run, by all of its rows."""

    rows: int
    tokens: Total | None
    """None if no reply has token counts."""
    cost: Total | None
    """None if no reply has token counts, or none of the models has a price."""
    calls: int
    """Tool calls, those of subagents included."""
    errors: int
    """Events that report a failure."""
    status_facts: StatusFacts
    models: tuple[str, ...] = ()
    """The models that replied."""


@dataclass(frozen=True, slots=True)
class RunTotals:
    """What the metrics of a run follow from, at any prices."""

    rows: int
    calls: int
    """Tool calls, those of subagents included."""
    errors: int
    """Events that report a failure."""
    status_facts: StatusFacts
    models: Mapping[str, TokenTotals]
    """The totals by model name; the name is empty if it is unknown."""

    @property
    def tokens(self) -> TokenTotals:
        """The totals of all models."""
        return sum_of(self.models.values())

    def metrics(self, prices: Prices) -> RunMetrics:
        """Return the metrics."""
        total, cost_so_far = self.tokens, cost_of(self.models, prices)
        tokens = cost = None
        if total.total or not total.uncounted_replies:
            tokens = Total(total.total, not total.uncounted_replies)
        if cost_so_far.amount is not None:
            cost = Total(cost_so_far.amount, cost_so_far.complete)
        return RunMetrics(
            self.rows,
            tokens,
            cost,
            self.calls,
            self.errors,
            self.status_facts,
            tuple(sorted(filter(None, self.models))),
        )


class MetricsBuilder(Aggregator):
    """Builds the metrics of one run; new rows cost only themselves."""

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.verdict = VerdictBuilder(self._parser)
        self.usage = UsageTotals(self._parser)

    @property
    def row_count(self) -> int:
        """The number of rows that were added."""
        return self._parser.row_count

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row."""
        self.verdict.add(parsed)
        self.usage.add(parsed)

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Add the run's next row, which is not an event."""
        self.verdict.add_bad_line(row, bad)

    def totals(self) -> RunTotals:
        """Return the totals of the rows so far."""
        return _totals(self.row_count, self.verdict, self.usage)

    def metrics(self, prices: Prices) -> RunMetrics:
        """Return the metrics of the rows so far."""
        return self.totals().metrics(prices)


def run_totals(stats: RunStats) -> RunTotals:
    """Return the totals of the rows that were added to the statistics."""
    return _totals(stats.row_count, stats.verdict, stats.usage)


def run_metrics(stats: RunStats, prices: Prices) -> RunMetrics:
    """Return the metrics of the rows that were added to the statistics."""
    return run_totals(stats).metrics(prices)


def _totals(row_count: int, verdict: VerdictBuilder, usage: UsageTotals) -> RunTotals:
    return RunTotals(
        row_count,
        sum(tool.calls for tool in usage.tools.values()),
        usage.errors,
        verdict.status_facts(),
        usage.by_model(),
    )
