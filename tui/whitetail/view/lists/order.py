"""The order of threads and runs in their lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import RunEntry, ThreadEntry

ListEntry = ThreadEntry | RunEntry
Entry = TypeVar("Entry", bound=ListEntry)


class SortColumn(StrEnum):
    """What a list can be sorted by."""

    TIME = "time"
    STATUS = "status"
    DURATION = "duration"
    TOKENS = "tokens"
    COST = "cost"
    ERRORS = "errors"
    EVENTS = "events"
    SIZE = "size"
    RUNS = "runs"
    NAME = "name"

    @property
    def needs_all_rows(self) -> bool:
        """Whether runs are read completely for it."""
        return self in (SortColumn.TOKENS, SortColumn.COST, SortColumn.ERRORS)

    @property
    def grows(self) -> bool:
        """Whether its values change while runs are written or read."""
        return self not in (SortColumn.TIME, SortColumn.NAME)


SORT_KEYS = {
    "t": SortColumn.TIME,
    "s": SortColumn.STATUS,
    "d": SortColumn.DURATION,
    "o": SortColumn.TOKENS,
    "c": SortColumn.COST,
    "e": SortColumn.ERRORS,
    "v": SortColumn.EVENTS,
    "z": SortColumn.SIZE,
    "r": SortColumn.RUNS,
    "n": SortColumn.NAME,
}
"""The key of each column in the menu."""

_ASCENDING = (SortColumn.STATUS, SortColumn.NAME)
"""The columns whose smallest value comes first, until the order is reversed."""
_STATUS_ORDER = (
    RunStatus.FAILED,
    RunStatus.CUT_OFF,
    RunStatus.DEGRADED,
    RunStatus.RUNNING,
    RunStatus.QUIET,
    RunStatus.ANSWERED,
    RunStatus.INHERITED,
)
"""What needs attention comes first; what is unknown is last, as in each column."""


@dataclass(frozen=True, slots=True)
class SortOrder:
    """A column, and the direction in which its values are sorted."""

    column: SortColumn = SortColumn.TIME
    reverse: bool = False
    """Whether it is the direction that the column does not begin with."""

    @property
    def descending(self) -> bool:
        """Whether the largest value comes first."""
        return (self.column in _ASCENDING) is self.reverse

    @property
    def arrow(self) -> str:
        """The sign in the head of the column."""
        return "▼" if self.descending else "▲"

    @property
    def reversed(self) -> SortOrder:
        """The same column in the other direction."""
        return SortOrder(self.column, not self.reverse)


def in_order(entries: Sequence[Entry], order: SortOrder) -> list[Entry]:
    """Return entries in an order. Those without a value are last in both directions.

    Entries with the same value keep their order.
    """
    known: list[tuple[float | str, Entry]] = []
    unknown: list[Entry] = []
    for entry in entries:
        value = _value(entry, order.column)
        if value is None or value != value:
            unknown.append(entry)
        else:
            known.append((value, entry))
    known.sort(key=lambda pair: pair[0], reverse=order.descending)
    return [entry for _, entry in known] + unknown


def _value(entry: ListEntry, column: SortColumn) -> float | str | None:
    """Return what an entry is sorted by. None if it is unknown."""
    value: float | str | None
    if column is SortColumn.TIME:
        value = entry.listed_time
    elif column is SortColumn.STATUS:
        known = entry.status in _STATUS_ORDER
        value = _STATUS_ORDER.index(entry.status) if known else None
    elif column is SortColumn.NAME:
        value = entry.name.casefold()
    elif column is SortColumn.RUNS:
        value = entry.numbers.runs
    elif column is SortColumn.SIZE:
        value = entry.numbers.size
    else:
        value = _amount(entry, column)
    return value


def _amount(entry: ListEntry, column: SortColumn) -> float | None:
    numbers = entry.numbers
    totals: dict[SortColumn, Total | None] = {
        SortColumn.DURATION: numbers.took,
        SortColumn.TOKENS: numbers.tokens,
        SortColumn.COST: numbers.cost,
        SortColumn.ERRORS: numbers.errors,
        SortColumn.EVENTS: numbers.events,
    }
    total = totals[column]
    return None if total is None else total.amount
