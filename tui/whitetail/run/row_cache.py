"""Caches the parsed rows around the part of a run that is on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan, nan

from whitetail.run.protocols import CachedRow, RunRows
from whitetail.view.lists.event import summarize
from whitetail_store import LogRow, RunEvent

_MAX_ROWS = 4_000
"""Rows that are kept before those far from the screen are dropped."""


def cached_row(event: LogRow) -> CachedRow:
    """Return the summary and the time of an event."""
    time = event.time if isinstance(event, RunEvent) else None
    return CachedRow(summarize(event), nan if time is None else time)


class RowCache:
    """Keeps rows of a run by their index.

    `read` blocks: call it in a thread. All else is for the event loop.
    """

    def __init__(self, events: RunRows) -> None:
        self._events = events
        self._rows: dict[int, CachedRow] = {}
        self.start_time = nan
        """The time of the first event, in seconds since the epoch; NaN if unknown."""
        self.seq_width = 0
        """The number of digits of the largest seq that was cached."""
        self.has_callers = False
        """Whether a row was cached whose caller is to be named.

        Never false again, so that no column disappears while the user scrolls.
        """

    def get(self, row: int) -> CachedRow | None:
        """Return a row; None if it is not cached."""
        return self._rows.get(row)

    def missing(self, rows: Iterable[int]) -> list[int]:
        """Return those of `rows` that are not cached."""
        return [row for row in rows if row not in self._rows]

    def read(self, rows: Sequence[int]) -> dict[int, CachedRow]:
        """Read rows from their source, adjacent ones at once, and return them.

        Also reads the first row of the run, while its time is unknown.

        Raises:
            StoreError, OSError, IndexError: A row cannot be read.

        """
        found: dict[int, CachedRow] = {}
        if isnan(self.start_time) and rows[0]:
            found[0] = cached_row(self._events[0])
        for first, last in _row_ranges(sorted(rows)):
            for row, event in enumerate(self._events[first:last], first):
                found[row] = cached_row(event)
        return found

    def add(self, found: dict[int, CachedRow], near: Sequence[int]) -> None:
        """Add the result of `read`. A full cache first drops all rows not in `near`."""
        if len(self._rows) + len(found) > _MAX_ROWS:
            kept = set(near)
            self._rows = {
                row: cached for row, cached in self._rows.items() if row in kept
            }
        self._rows.update(found)
        if isnan(self.start_time) and 0 in found:
            self.start_time = found[0].time
        widths = (len(cached.summary.seq) for cached in found.values())
        self.seq_width = max([self.seq_width, *widths])
        self.has_callers = self.has_callers or any(
            cached.summary.names_caller for cached in found.values()
        )


def _row_ranges(rows: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield the first and the last row plus one of each group of adjacent rows."""
    first = rows[0]
    for row, following in zip(rows, [*rows[1:], -1], strict=True):
        if following != row + 1:
            yield first, row + 1
            first = following
