"""Matches the rows of a run against a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isnan
from time import monotonic
from typing import NamedTuple

from whitetail.run.protocols import CachedRow, RunRows
from whitetail.run.row_cache import cached_row
from whitetail.trace.order.causality import duration_of
from whitetail.trace.parse import ParsedRow, RowParser
from whitetail.trace.query.event_match import EventMatcher
from whitetail.trace.query.event_values import NO_FACTS, EventFacts
from whitetail.trace.query.nodes import Field, Query, leaves
from whitetail_store import BadLine

NEVER, ALWAYS = 0, 0b1111
_STEP_ROWS = 100
"""How many rows are parsed before the clock is looked at."""


class RowFilter:
    """Decides which rows match a query, as far as the rows before them show it.

    Whether a row is slow, or elsewhere than in the file, can change while the run
    grows. So the result has four bits, one for each answer to these two questions:
    bit 0 for neither, bit 1 for slow, bit 2 for moved, bit 3 for both.
    """

    def __init__(self, query: Query, *, now: float | None = None) -> None:
        """`now` is what ages in the query count back from; None for the present."""
        self.query = query
        self._matcher = EventMatcher(query, now=now)
        fields = {leaf.name for leaf in leaves(query) if isinstance(leaf, Field)}
        self.needs_order = "is" in fields
        """Whether rows match only in a run that was read for its order."""
        self.needs_size = "size" in fields
        """Whether the sizes of lines are needed."""

    @property
    def stopped(self) -> int:
        """How many rows did not match because a regex was stopped."""
        return self._matcher.stopped

    def result(self, row: ParsedRow | BadLine, size: int | None = None) -> int:
        """Return the four bits of a row; `size` is that of its line."""
        matcher = self._matcher
        if not matcher.needs_facts:
            return ALWAYS if matcher.matches(row, NO_FACTS) else NEVER
        took = None
        if isinstance(row, ParsedRow) and isnan(took := duration_of(row)):
            took = None
        if not self.needs_order:
            return ALWAYS if matcher.matches(row, EventFacts(size, took)) else NEVER
        bits = 0
        for bit in range(4):
            facts = EventFacts(size, took, bool(bit & 1), bool(bit & 2))
            bits |= matcher.matches(row, facts) << bit
        return bits


class Results(NamedTuple):
    """The results of consecutive rows."""

    first: int
    """The first row."""
    bits: bytes
    """One byte per row."""
    summaries: dict[int, CachedRow]
    """Some of the rows that match, as lists show them."""


class FilterScan:
    """Matches rows one after the other. Its methods block."""

    def __init__(self, rows: RunRows, row_filter: RowFilter, first: int = 0) -> None:
        """Begin with a row. Results of calls before it are not joined to them."""
        self._rows = rows
        self._filter = row_filter
        self._parser = RowParser()
        self.next_row = first
        """The row after the last one that was matched."""

    def advance(self, stop: int, seconds: float, summarized: int = 0) -> Results:
        """Match the next rows before `stop`, for a time; summarize some that match.

        Raises:
            StoreError, OSError, IndexError: The rows cannot be read.

        """
        first, end = self.next_row, monotonic() + seconds
        results = bytearray()
        summaries: dict[int, CachedRow] = {}
        while self.next_row < stop and (not results or monotonic() < end):
            rows = range(self.next_row, min(self.next_row + _STEP_ROWS, stop))
            for row, result, summary in self._results(rows, summarized > 0):
                results.append(result)
                if summary is not None and len(summaries) < summarized:
                    summaries[row] = summary
            self.next_row = rows.stop
        return Results(first, bytes(results), summaries)

    def _results(
        self, rows: range, summarize: bool
    ) -> Iterator[tuple[int, int, CachedRow | None]]:
        sizes: Iterable[int | None] = [None] * len(rows)
        if self._filter.needs_size:
            sizes = [len(raw) for raw in self._rows.raws(rows)]
        events = self._rows[rows.start : rows.stop]
        for row, event, size in zip(rows, events, sizes, strict=True):
            if isinstance(event, BadLine):
                self._parser.count_bad_line()
                result = self._filter.result(event, size)
            else:
                result = self._filter.result(self._parser.parse(event), size)
            yield row, result, cached_row(event) if summarize and result else None
