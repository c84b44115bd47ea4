"""Finds the next row of a run that contains a text or an error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import NamedTuple

from whitetail.trace.message import is_error, is_failure
from whitetail_store import RunEvent, RunLog

RowTest = Callable[[RunLog, range], "int | None"]
"""Returns the first row of a range that matches; None if none does."""

_BATCH_ROWS = 500
"""Rows that are searched between two checks of `stop`."""
_MAY_FAIL = ("llm.tool.result", "subagent.end", "llm.ai.response")


class FoundRow(NamedTuple):
    """A row that was found."""

    row: int
    wrapped: bool
    """Whether the search went on from the other end to find it."""


def contains_text(query: str) -> RowTest:
    """Return a test for rows that contain a text.

    Upper and lower case differ only if the text has upper case.
    """
    needle = json.dumps(query, ensure_ascii=False)[1:-1]
    ignore_case = query == query.lower()

    def test(log: RunLog, rows: range) -> int | None:
        for row, line in zip(rows, log.lines(rows), strict=True):
            text = line.decode("utf-8", "replace")
            if needle in (text.lower() if ignore_case else text):
                return row
        return None

    return test


def has_failed(log: RunLog, rows: range) -> int | None:
    """Return the first row of a range that is an error, a failure or a bad line."""
    envelopes = log.envelopes()
    for row in rows:
        kind = envelopes.kind(row).event_type
        if not kind or is_error(kind):
            return row
        if kind in _MAY_FAIL:
            event = log[row]
            if not isinstance(event, RunEvent) or is_failure(event):
                return row
    return None


def find_row(
    log: RunLog, order: Sequence[int], start: int, step: int, test: RowTest, stop: Event
) -> FoundRow | None:
    """Return the next row that matches, in the given order of rows.

    Starts at the position `start` of `order` and goes forward or backward, as `step`
    is 1 or -1. At the end it goes on from the other end, once around. None if no row
    matches, and if `stop` was set meanwhile. Blocks: call it in a thread.

    Raises:
        LogChangedError, OSError: The file changed or may not be read.

    """
    if step > 0:
        parts = [order[start:], order[:start]]
    else:
        parts = [order[: start + 1][::-1], order[start + 1 :][::-1]]
    for wrapped, part in enumerate(parts):
        for at in range(0, len(part), _BATCH_ROWS):
            for rows in _consecutive_ranges(part[at : at + _BATCH_ROWS], step):
                if stop.is_set():
                    return None
                if (found := test(log, rows)) is not None:
                    return FoundRow(found, wrapped > 0)
    return None


def _consecutive_ranges(rows: Sequence[int], step: int) -> Iterator[range]:
    """Yield the rows as ranges in which each row follows the last one by `step`."""
    first = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at] != rows[at - 1] + step:
            yield range(rows[first], rows[at - 1] + step, step)
            first = at
