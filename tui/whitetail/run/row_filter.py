"""Matches the rows of a run against a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isnan, nan
from time import monotonic
from typing import NamedTuple

from whitetail.run.protocols import CachedRow, RunRows
from whitetail.run.row_cache import cached_row
from whitetail.trace.calls import Call, ResultMatch
from whitetail.trace.order.causality import duration_of
from whitetail.trace.parse import ParsedRow, RowParser
from whitetail.trace.query.comparisons import number_test
from whitetail.trace.query.event_match import EventMatcher
from whitetail.trace.query.event_values import NO_FACTS, EventFacts
from whitetail.trace.query.fields import FIELDS
from whitetail.trace.query.globs import glob_test
from whitetail.trace.query.nodes import And, Field, Query, leaves
from whitetail.trace.query.prefilter import line_filter
from whitetail.trace.stats.spans import UNNAMED_TOOL
from whitetail_store import BadLine, LogRow

NEVER, ALWAYS = 0, 0b1111
_STEP_ROWS = 100
"""How many rows are parsed before the clock is looked at."""
_GAP_ROWS = 4
"""Rows that may match are read at once if they are that near."""
_ROUNDING = 1e-6
"""Durations of the outline are rounded by less than this share."""
_JOINED = frozenset({"tool", "took", "task"})
"""Fields whose values can be in the rows of calls."""


class Joined(NamedTuple):
    """What a run that was read knows of its rows; they can be matched one by one."""

    duration: Callable[[int], float]
    """Returns how long the call of a row lasted, rounded; NaN if unknown."""
    results: Mapping[int, tuple[str, float]]
    """Of each row with a result: the name of the tool, and the duration or NaN."""

    def tool(self, row: int) -> str:
        """Return the tool whose result a row is; empty if it is none, or unnamed."""
        tool = self.results.get(row, ("", nan))[0]
        return "" if tool == UNNAMED_TOOL else tool


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
        self.needs_calls = not _JOINED.isdisjoint(fields)
        """Whether the rows of calls are needed to match those of their results."""
        self.needs_tasks = "task" in fields
        """Whether the rows before are needed, whatever is known of the calls."""
        self.lines = line_filter(query)
        """Finds the lines that may match; None if all may."""
        parts = query.parts if isinstance(query, And) else (query,)
        self._took_tests = [
            number_test(FIELDS["took"], part)
            for part in parts
            if isinstance(part, Field) and part.name == "took"
            # A rounded duration is good enough for these.
            if part.operator in (">", ">=", "<", "<=")
        ]
        self._tool_tests = [
            glob_test(part.values)
            for part in parts
            if isinstance(part, Field) and part.name == "tool"
        ]

    @property
    def stopped(self) -> int:
        """How many rows did not match because a regex was stopped."""
        return self._matcher.stopped

    def may_match(self, rows: Sequence[int], joined: Joined) -> Sequence[int]:
        """Return those of the rows that may match by their durations and tools."""
        for test in self._took_tests:
            rows = [
                row
                for row in rows
                if test((took := joined.duration(row)) * (1 - _ROUNDING))
                or test(took * (1 + _ROUNDING))
            ]
        for is_tool in self._tool_tests:
            rows = [
                row for row in rows if not (tool := joined.tool(row)) or is_tool(tool)
            ]
        return rows

    def result(
        self, row: ParsedRow | BadLine, size: int | None = None, took: float = nan
    ) -> int:
        """Return the four bits of a row; `size` is that of its line.

        `took` is the duration of its call, if the row is not joined to that.
        """
        matcher = self._matcher
        if not matcher.needs_facts:
            return ALWAYS if matcher.matches(row, NO_FACTS) else NEVER
        if isinstance(row, ParsedRow) and isnan(took):
            took = duration_of(row)
        seconds = None if isnan(took) else took
        if not self.needs_order:
            matches = matcher.matches(row, EventFacts(size, seconds))
            return ALWAYS if matches else NEVER
        bits = 0
        for bit in range(4):
            facts = EventFacts(size, seconds, bool(bit & 1), bool(bit & 2))
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

    def __init__(
        self,
        rows: RunRows,
        row_filter: RowFilter,
        first: int = 0,
        joined: Joined | None = None,
    ) -> None:
        """Begin with a row. Without `joined`, results are joined to calls from there.

        Rows are parsed only if they may match, if that does not need those before.
        """
        self._rows = rows
        self._filter = row_filter
        self._joined = joined
        self._one_by_one = not row_filter.needs_calls or (
            joined is not None and not row_filter.needs_tasks
        )
        self._parser = RowParser()
        self.next_row = first
        """The row after the last one that was matched."""

    def advance(self, stop: int, seconds: float, summarized: int = 0) -> Results:
        """Match the next rows before `stop`, for a time; summarize some that match.

        Raises:
            StoreError, OSError, IndexError: The rows cannot be read.

        """
        first, end = self.next_row, monotonic() + seconds
        bits = bytearray()
        summaries: dict[int, CachedRow] = {}
        while self.next_row < stop and (not bits or monotonic() < end):
            rows = range(self.next_row, min(self.next_row + _STEP_ROWS, stop))
            bits.extend(bytes(len(rows)))
            matching = self._some(rows) if self._one_by_one else self._all(rows)
            for row, event, result in matching:
                bits[row - first] = result
                if result and len(summaries) < summarized:
                    summaries[row] = cached_row(event)
            self.next_row = rows.stop
        return Results(first, bytes(bits), summaries)

    def _all(self, rows: range) -> Iterator[tuple[int, LogRow, int]]:
        """Yield the results of rows, which are parsed and joined to those before."""
        sizes: Iterable[int | None] = [None] * len(rows)
        if self._filter.needs_size:
            sizes = [len(raw) for raw in self._rows.raws(rows)]
        events = self._rows[rows.start : rows.stop]
        for row, event, size in zip(rows, events, sizes, strict=True):
            if isinstance(event, BadLine):
                self._parser.count_bad_line()
                yield row, event, self._filter.result(event, size)
            else:
                parsed = self._parser.parse(event)
                yield row, event, self._filter.result(parsed, size)

    def _some(self, rows: range) -> Iterator[tuple[int, LogRow, int]]:
        """Yield the results of rows that may match, each by itself."""
        chosen: Sequence[int] = rows
        if self._joined is not None:
            chosen = self._filter.may_match(rows, self._joined)
        lines, sizes = self._filter.lines, dict[int, int]()
        if chosen and (lines is not None or self._filter.needs_size):
            raws = dict(zip(rows, self._rows.raws(rows), strict=True))
            if lines is not None:
                chosen = [row for row in chosen if lines.may_match(raws[row])]
            sizes = {row: len(raws[row]) for row in chosen}
        for batch in _batches(chosen):
            events = self._rows[batch[0] : batch[-1] + 1]
            for row in batch:
                event = events[row - batch[0]]
                yield row, event, self._result_alone(row, event, sizes.get(row))

    def _result_alone(self, row: int, event: LogRow, size: int | None) -> int:
        if isinstance(event, BadLine):
            return self._filter.result(event, size)
        parsed, took = RowParser().parse(event), nan
        if self._joined is not None and parsed.result is not None:
            took = self._joined.results.get(row, ("", nan))[1]
            tool = self._joined.tool(row)
            call = Call(0, 0, "", tool, 0, None, "", from_lead=False)
            result = parsed.result._replace(match=ResultMatch(call))
            parsed = parsed._replace(result=result)
        return self._filter.result(parsed, size, took)


def _batches(rows: Sequence[int]) -> Iterator[list[int]]:
    """Yield rows in groups that are read at once."""
    batch: list[int] = []
    for row in rows:
        if batch and row - batch[-1] > _GAP_ROWS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
