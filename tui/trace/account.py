"""All that is added up of a run, fed together."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.store import BadLine, RunEvent

from .carry import Carriage
from .spans import Spans
from .usage import Ledger
from .verdict import Judge


class Account:
    """How a run stands, what it cost and where its time went, row by row."""

    def __init__(self) -> None:
        self.rows = 0
        """How many rows were taken."""
        self.judge = Judge()
        self.ledger = Ledger()
        self.spans = Spans()
        self.carriage = Carriage()

    def feed(self, rows: Sequence[RunEvent | BadLine]) -> None:
        """Take the run's next rows; a grown run costs its growth."""
        self.judge.feed(rows)
        self.ledger.feed(rows)
        self.spans.feed(rows)
        self.carriage.feed(rows)
        self.rows += len(rows)
