"""Finds the next row of a run that passes a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import NamedTuple

from whitetail.run.protocols import RunRows
from whitetail.trace.message import is_error, is_failure
from whitetail_store import RunEvent

RowTest = Callable[[RunRows, range], "int | None"]
"""Returns the first row of a range that passes. None if no row does."""

_PIECE_ROWS = 500
"""How many rows are tested before a search looks whether it was cancelled."""
_MAY_FAIL = ("llm.tool.result", "subagent.end", "llm.ai.response")


class FoundRow(NamedTuple):
    """A row that was found."""

    row: int
    wrapped: bool
    """Whether the search went on from the other end of the run."""


def contains_text(query: str) -> RowTest:
    """Return a test for rows that contain a text.

    The case of letters matters only if the query has a capital letter.
    """
    needle = json.dumps(query, ensure_ascii=False)[1:-1]
    any_case = query == query.lower()

    def test(rows: RunRows, numbers: range) -> int | None:
        for row, line in zip(numbers, rows.raws(numbers), strict=True):
            text = line.decode("utf-8", "replace")
            if needle in (text.lower() if any_case else text):
                return row
        return None

    return test


def failed(known: frozenset[int], read: int) -> RowTest:
    """Return a test for rows that failed or are no events.

    Of the first `read` rows, `known` are those; the others are parsed if they may be.
    """

    def test(rows: RunRows, numbers: range) -> int | None:
        unread = max(numbers, default=0) >= read
        kinds = rows.kinds(numbers) if unread else ()
        for at, row in enumerate(numbers):
            if row in known or (row >= read and _is_failed(rows, row, kinds[at])):
                return row
        return None

    return test


def _is_failed(rows: RunRows, row: int, kind: str) -> bool:
    if not kind or is_error(kind):
        return True
    if kind not in _MAY_FAIL:
        return False
    event = rows[row]
    return not isinstance(event, RunEvent) or is_failure(event)


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
        LogChangedError, OSError: The run changed or cannot be read.

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
                if (found := test(rows, numbers)) is not None:
                    return FoundRow(found, wrapped > 0)
    return None


def _consecutive_ranges(rows: Sequence[int], step: int) -> Iterator[range]:
    """Yield rows that follow each other by a step as ranges."""
    first = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at] != rows[at - 1] + step:
            yield range(rows[first], rows[at - 1] + step, step)
            first = at
