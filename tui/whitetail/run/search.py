"""Finds the rows of a run that pass a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event, Lock
from typing import NamedTuple

from whitetail.run.protocols import RunRows
from whitetail.trace.message import is_error, is_failure
from whitetail.trace.searchable import searchable_texts
from whitetail.view.matches import TextMatcher
from whitetail_store import BadLine, LogRow, RunEvent

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


def contains_text(query: TextMatcher, *, raw: bool = False) -> RowTest:
    """Return a test for rows that contain a text, as a user reads them.

    With `raw`, the rows are searched in the form in which their source keeps them.
    """

    def test(rows: RunRows, numbers: range) -> Iterator[int]:
        lines = zip(numbers, rows.raws(numbers), strict=True)
        if raw:
            yield from (row for row, line in lines if query.is_in(_decoded(line)))
            return
        possible = [(row, len(line)) for row, line in lines if query.may_be_in(line)]
        for batch in _batches(possible):
            first = min(batch)
            events = rows[first : max(batch) + 1]
            yield from (row for row in batch if _reads(events[row - first], query))

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

    def rank(self, order: Sequence[int], row: int, stop: Event) -> Rank | None:
        """Return the number of a row that passes, in an order of rows.

        None if `stop` was set meanwhile. Blocks.

        Raises:
            StoreError, OSError, IndexError: The rows cannot be read.

        """
        with self._lock:
            last = max(order, default=-1) + 1
            for first in range(len(self._passes), last, _PIECE_ROWS):
                if stop.is_set():
                    return None
                rows = range(first, min(first + _PIECE_ROWS, last))
                passing = frozenset(self._test(self._rows, rows))
                self._passes += bytes(row in passing for row in rows)
            passes = self._passes
        number = total = 0
        for each in order:
            total += passes[each]
            if each == row:
                number = total
        return Rank(number, total)


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


def _reads(event: LogRow, query: TextMatcher) -> bool:
    if isinstance(event, BadLine):
        return query.is_in(event.reason) or query.is_in(_decoded(event.raw))
    return any(map(query.is_in, searchable_texts(event)))


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


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
