"""Finding the next row of a run that holds something."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import NamedTuple

from whitetail.trace.message import is_error, is_failure
from whitetail_store import RunEvent, RunLog

RowTest = Callable[[RunLog, range], "int | None"]
"""Returns the first row of a range that passes, None if none does."""

_PIECE = 500
_MAY_FAIL = ("llm.tool.result", "subagent.end", "llm.ai.response")


class FoundRow(NamedTuple):
    """A row that was found."""

    row: int
    wrapped: bool
    """Whether the search had to go on from the other end."""


def contains_text(query: str) -> RowTest:
    """Return a test for rows that hold a text, in any case if it has no capitals."""
    needle = json.dumps(query, ensure_ascii=False)[1:-1]
    any_case = query == query.lower()

    def test(log: RunLog, rows: range) -> int | None:
        for row, line in zip(rows, log.lines(rows), strict=True):
            text = line.decode("utf-8", "replace")
            if needle in (text.lower() if any_case else text):
                return row
        return None

    return test


def has_failed(log: RunLog, rows: range) -> int | None:
    """Return the first row that is an error, or no event at all."""
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
    """Return the next row that passes in an order of rows, from a place in it on.

    Goes by `step`, 1 or -1, and from the other end where nothing was found. Works
    in pieces, and gives up between two of them when `stop` is set.

    Raises:
        LogChangedError, OSError: The file changed or may not be read.

    """
    if step > 0:
        parts = [order[start:], order[:start]]
    else:
        parts = [order[: start + 1][::-1], order[start + 1 :][::-1]]
    for again, part in enumerate(parts):
        for at in range(0, len(part), _PIECE):
            for piece in _consecutive_ranges(part[at : at + _PIECE], step):
                if stop.is_set():
                    return None
                if (found := test(log, piece)) is not None:
                    return FoundRow(found, again > 0)
    return None


def _consecutive_ranges(rows: Sequence[int], step: int) -> Iterator[range]:
    """Yield rows that follow each other by a step as ranges."""
    first = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at] != rows[at - 1] + step:
            yield range(rows[first], rows[at - 1] + step, step)
            first = at
