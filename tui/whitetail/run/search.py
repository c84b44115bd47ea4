"""Finds the rows of a run that pass a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf, isnan, nan
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from whitetail.run.protocols import RunRows
from whitetail.trace.message import is_error, is_failure
from whitetail.trace.order.causality import duration_of
from whitetail.trace.parse import ParsedRow, RowParser
from whitetail_store import BadLine, LogRow, RunEvent

if TYPE_CHECKING:
    from whitetail.trace.query.nodes import Query

RowTest = Callable[[RunRows, range], Iterator[int]]
"""Yields the rows of a range that pass, in the order of the range."""

_PIECE_ROWS = 100
"""How many rows are tested before a search looks whether it was cancelled."""
_BATCH_BYTES, _BATCH_GAP_ROWS = 1 << 18, 4
"""Rows are parsed at once if they are that small together, and that near."""
_MAY_FAIL = ("llm.tool.result", "subagent.end", "llm.ai.response")


class FoundRow(NamedTuple):
    """A row that was found."""

    row: int
    wrapped: bool
    """Whether the search went on from the other end of the run."""


class Rank(NamedTuple):
    """The number of a row among those that pass."""

    number: int
    """From 1."""
    total: int
    complete: bool = True
    """Whether all rows were compared; if not, there may be more."""


def matching(query: Query, *, raw: bool = False) -> RowTest:
    """Return a test for rows that match a query, each known by its line alone.

    With `raw`, also rows that match in the form in which their source keeps them.
    """
    from whitetail.trace.query.event_match import EventMatcher
    from whitetail.trace.query.event_values import EventFacts
    from whitetail.trace.query.prefilter import line_filter

    matcher = EventMatcher(query)
    lines_filter = None if raw else line_filter(query)

    def matches(event: LogRow, line: bytes) -> bool:
        took = nan
        row: ParsedRow | BadLine
        if isinstance(event, BadLine):
            row = event
        else:
            row = RowParser().parse(event)
            took = duration_of(row)
        facts = EventFacts(len(line), None if isnan(took) else took)
        if matcher.matches(row, facts):
            return True
        return raw and matcher.matches(BadLine(0, len(line), "", line), facts)

    def test(rows: RunRows, numbers: range) -> Iterator[int]:
        possible = {
            row: line
            for row, line in zip(numbers, rows.raws(numbers), strict=True)
            if lines_filter is None or lines_filter.may_match(line)
        }
        sizes = [(row, len(line)) for row, line in possible.items()]
        for batch in _batches(sizes):
            first = min(batch)
            events = rows[first : max(batch) + 1]
            for row in batch:
                if matches(events[row - first], possible[row]):
                    yield row

    return test


def failed(known: frozenset[int], read: int) -> RowTest:
    """Return a test for rows that failed or are no events.

    Of the first `read` rows, `known` are those; the others are parsed if they may be.
    """

    def test(rows: RunRows, numbers: range) -> Iterator[int]:
        unread = max(numbers, default=0) >= read
        kinds = rows.kinds(numbers) if unread else ()
        for at, row in enumerate(numbers):
            if row in known or (row >= read and _is_failed(rows, row, kinds[at])):
                yield row

    return test


class Matches:
    """The rows of a run that pass a test, found once each while the run grows."""

    def __init__(self, rows: RunRows, test: RowTest) -> None:
        self._rows = rows
        self._test = test
        self._generation = rows.generation
        self._passes = bytearray()
        self._lock = Lock()

    def are_of(self, rows: RunRows, test: RowTest) -> bool:
        """Return whether these are the matches of a test in a run."""
        return (
            rows is self._rows
            and test is self._test
            and rows.generation == self._generation
        )

    def rank(
        self, order: Sequence[int], row: int, stop: Event, seconds: float = inf
    ) -> Rank | None:
        """Return the number of a row that passes, in an order of rows.

        After `seconds`, that among the rows that were compared until then. None if
        `stop` was set meanwhile. Blocks.

        Raises:
            StoreError, OSError, IndexError: The rows cannot be read.

        """
        end = monotonic() + seconds
        with self._lock:
            last = max(order, default=-1) + 1
            for first in range(len(self._passes), last, _PIECE_ROWS):
                if stop.is_set():
                    return None
                if monotonic() > end:
                    break
                rows = range(first, min(first + _PIECE_ROWS, last))
                passing = frozenset(self._test(self._rows, rows))
                self._passes += bytes(row in passing for row in rows)
            passes = self._passes
        compared, number, total = len(passes), 0, 0
        for each in order:
            total += each < compared and passes[each]
            if each == row:
                # It passes, even if that is not known of the rows before it yet.
                total += each >= compared
                number = total
        return Rank(number, total, compared >= last)


def _is_failed(rows: RunRows, row: int, kind: str) -> bool:
    if not kind or is_error(kind):
        return True
    if kind not in _MAY_FAIL:
        return False
    event = rows[row]
    return not isinstance(event, RunEvent) or is_failure(event)


def _batches(rows: list[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield rows, given with their sizes, in groups that are parsed at once."""
    batch: list[int] = []
    batch_bytes = 0
    for row, size in rows:
        if batch and (
            batch_bytes + size > _BATCH_BYTES or abs(row - batch[-1]) > _BATCH_GAP_ROWS
        ):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(row)
        batch_bytes += size
    if batch:
        yield batch


def find_row(
    rows: RunRows,
    order: Sequence[int],
    start: int,
    step: int,
    test: RowTest,
    stop: Event,
) -> FoundRow | None:
    """Return the next row that passes, in an order of rows, from a position in it on.

    Goes by `step`, 1 or -1, and on from the other end. None if no row passes, or if
    `stop` was set meanwhile.

    Raises:
        StoreError, OSError, IndexError: The run changed or cannot be read.

    """
    if step > 0:
        parts = [order[start:], order[:start]]
    else:
        parts = [order[: start + 1][::-1], order[start + 1 :][::-1]]
    for wrapped, part in enumerate(parts):
        for at in range(0, len(part), _PIECE_ROWS):
            for numbers in _consecutive_ranges(part[at : at + _PIECE_ROWS], step):
                if stop.is_set():
                    return None
                if (found := next(test(rows, numbers), None)) is not None:
                    return FoundRow(found, wrapped > 0)
    return None


def _consecutive_ranges(rows: Sequence[int], step: int) -> Iterator[range]:
    """Yield rows that follow each other by a step as ranges."""
    first = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at] != rows[at - 1] + step:
            yield range(rows[first], rows[at - 1] + step, step)
            first = at
