"""Finding the next row of a run that holds something."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event

from whitetail.store import RunEvent, RunLog

from .trace.message import is_error, is_failure

Test = Callable[[RunLog, range], "int | None"]
"""Returns the first row of a range that passes, None if none does."""

_PIECE = 500
_MAY_FAIL = ("llm.tool.result", "subagent.end", "llm.ai.response")


def holds(query: str) -> Test:
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


def fails(log: RunLog, rows: range) -> int | None:
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


def find(log: RunLog, start: int, step: int, test: Test, stop: Event) -> int | None:
    """Return the next row that passes, from `start` on, then round from the other end.

    Works in pieces, and gives up between two of them when `stop` is set.

    Raises:
        LogChangedError, OSError: The file changed or may not be read.

    """
    count = len(log)
    if step > 0:
        parts = [range(start, count), range(0, min(start, count))]
    else:
        start = min(start, count - 1)
        parts = [range(start, -1, -1), range(count - 1, start, -1)]
    for part in parts:
        for at in range(0, len(part), _PIECE):
            if stop.is_set():
                return None
            row = test(log, part[at : at + _PIECE])
            if row is not None:
                return row
    return None
