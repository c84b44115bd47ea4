"""The columns of numbers in the lists of threads and runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from whitetail.trace.stats.totals import Total
from whitetail.view.lists.numbers import Numbers, amount_text
from whitetail.view.lists.order import SortColumn, SortOrder
from whitetail.view.units import count, duration, money, size


class Column(NamedTuple):
    """A column right of the names."""

    name: str
    cells: int
    """The width with the space before it. 0 for one that is hidden."""
    sort: SortColumn | None = None
    """What the list is sorted by with this column; None if it cannot be."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are shown, from left to right, and the order of the list."""

    shown: tuple[Column, ...]
    order: SortOrder

    @property
    def cells(self) -> int:
        """The width of all of them."""
        return sum(map(self.cells_of, self.shown))

    def cells_of(self, column: Column) -> int:
        """Return the width of a column. One with an arrow can be wider."""
        return _cells_with_arrow(column, self.order)

    @property
    def heads(self) -> str:
        """The names of the columns, each at the end of its column.

        The one that the list is sorted by has an arrow.
        """
        return "".join(
            f"{self._head(each):>{self.cells_of(each)}}" for each in self.shown
        )

    @property
    def hidden_head(self) -> str:
        """The name of what the list is sorted by, if that is no column that fits."""
        if any(each.sort is self.order.column for each in self.shown):
            return ""
        return f"{self.order.column}{self.order.arrow}"

    def _head(self, column: Column) -> str:
        return column.name + (
            self.order.arrow if column.sort is self.order.column else ""
        )


def fitting(
    columns: Sequence[Column], room: int, order: SortOrder, most_wanted: Sequence[str]
) -> Columns:
    """Return the columns that fit into a number of cells.

    The one that the list is sorted by comes before all others, then those whose names
    are in `most_wanted`, in that order.
    """
    by_name = {each.name: each for each in columns if each.cells}
    sorted_by = (each.name for each in columns if each.sort is order.column)
    chosen: set[str] = set()
    for name in dict.fromkeys((*sorted_by, *most_wanted)):
        column = by_name.get(name)
        if column is None:
            continue
        room -= _cells_with_arrow(column, order)
        if room < 0:
            break
        chosen.add(name)
    return Columns(tuple(each for each in columns if each.name in chosen), order)


def number_text(numbers: Numbers, column: SortColumn, currency: str) -> str:
    """Return an amount as its column shows it.

    Empty if nothing of it was read yet, and for what is not an amount. Of a total to
    which more will be added, it has a `+`.
    """
    amounts: dict[SortColumn, tuple[Total | None, Callable[[float], str]]] = {
        SortColumn.RUNS: (Total(numbers.runs), lambda n: count(int(n))),
        SortColumn.SIZE: (
            None if numbers.size is None else Total(numbers.size),
            lambda n: size(int(n)),
        ),
        SortColumn.DURATION: (numbers.took, duration),
        SortColumn.TOKENS: (numbers.tokens, lambda n: count(int(n))),
        SortColumn.COST: (numbers.cost, lambda n: money(n, currency)),
        SortColumn.ERRORS: (numbers.errors, lambda n: count(int(n))),
        SortColumn.EVENTS: (numbers.events, lambda n: count(int(n))),
    }
    if column not in amounts:
        return ""
    total, format_amount = amounts[column]
    if total is None and (column in _COUNTED or numbers.unread >= numbers.runs):
        return ""
    return amount_text(total, format_amount)


_COUNTED = (SortColumn.DURATION, SortColumn.EVENTS)
"""What can be known before a run was read completely."""


def _cells_with_arrow(column: Column, order: SortOrder) -> int:
    needed = cell_len(column.name) + 2 if column.sort is order.column else 0
    return max(column.cells, needed) if column.cells else 0
