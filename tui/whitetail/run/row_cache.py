"""The rows of a run that were read to be drawn: those in sight, and some around."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan, nan

from whitetail.view.lists.event import EventSummary, summarize
from whitetail_store import BadLine, RunEvent

_KEPT = 4_000


@dataclass(frozen=True, slots=True)
class CachedRow:
    """An event as a pane keeps it: what it reads, and when it was."""

    summary: EventSummary
    time: float
    """Seconds since the epoch, NaN when unknown."""

    @classmethod
    def of(cls, event: RunEvent | BadLine) -> CachedRow:
        """Return what is kept of an event."""
        time = event.time if isinstance(event, RunEvent) else None
        return cls(summarize(event), nan if time is None else time)


class RowCache:
    """Rows of a sequence that were read, by their numbers.

    `read` is for a thread of its own; everything else is for the event loop.
    """

    def __init__(self, events: Sequence[RunEvent | BadLine]) -> None:
        self._events = events
        self._rows: dict[int, CachedRow] = {}
        self.start_time = nan
        """When the first event was, in seconds since the epoch."""
        self.seq_width = 0
        """How wide the widest number is."""

    def get(self, row: int) -> CachedRow | None:
        """Return a row, if it is here."""
        return self._rows.get(row)

    def missing(self, rows: Iterable[int]) -> list[int]:
        """Return those rows that are not here."""
        return [row for row in rows if row not in self._rows]

    def read(self, rows: Sequence[int]) -> dict[int, CachedRow]:
        """Read rows, neighbours at once, and the first one if need be.

        Raises:
            StoreError, OSError, IndexError: They can't be read.

        """
        read: dict[int, CachedRow] = {}
        if isnan(self.start_time) and rows[0]:
            read[0] = CachedRow.of(self._events[0])
        for first, last in _row_ranges(sorted(rows)):
            for at, event in enumerate(self._events[first:last], first):
                read[at] = CachedRow.of(event)
        return read

    def add(self, read: dict[int, CachedRow], near: Sequence[int]) -> None:
        """Keep what was read; of what was before, only what is near, if it is much."""
        if len(self._rows) + len(read) > _KEPT:
            kept = set(near)
            self._rows = {at: each for at, each in self._rows.items() if at in kept}
        self._rows.update(read)
        if isnan(self.start_time) and 0 in read:
            self.start_time = read[0].time
        widths = (len(each.summary.seq) for each in read.values())
        self.seq_width = max([self.seq_width, *widths])


def _row_ranges(rows: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield where neighbours among some rows begin, and end."""
    first = rows[0]
    for before, after in zip(rows, [*rows[1:], -1], strict=True):
        if after != before + 1:
            yield first, before + 1
            first = after
