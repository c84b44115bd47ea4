"""All statistics of one run, built from one pass over its rows."""

from __future__ import annotations

from array import array

from whitetail.trace.parse import Aggregator, ParsedRow, RowParser
from whitetail.trace.stats.context_cost import ContextCost
from whitetail.trace.stats.file_changes import FileChanges
from whitetail.trace.stats.spans import Spans
from whitetail.trace.stats.usage import UsageTotals
from whitetail.trace.verdict.verdict import VerdictBuilder
from whitetail_store import BadLine


class RunStats(Aggregator):
    """The statistics of one run, each in its own aggregator.

    Each row is parsed once for all of them; new rows cost only themselves.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.verdict = VerdictBuilder(self._parser)
        self.usage = UsageTotals(self._parser)
        self.spans = Spans(self._parser)
        self.context_cost = ContextCost(self._parser)
        self.files = FileChanges(self._parser)
        self.failed_rows = array("I")
        """The rows that failed and the lines that are no events, in file order."""

    @property
    def row_count(self) -> int:
        """The number of rows that were added."""
        return self._parser.row_count

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row."""
        self.verdict.add(parsed)
        self.usage.add(parsed)
        self.spans.add(parsed)
        self.context_cost.add(parsed)
        self.files.add(parsed)
        if parsed.failed:
            self.failed_rows.append(parsed.row)

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Add the run's next row, which is not an event."""
        self.verdict.add_bad_line(row, bad)
        self.failed_rows.append(row)

    @property
    def ended(self) -> bool:
        """Whether a row says that the run is over."""
        return self.verdict.ended
