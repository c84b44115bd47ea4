"""What a list shows of its entries, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from whitetail.view.lists.order import Entry, SortOrder, in_order

if TYPE_CHECKING:
    from whitetail.view.lists.narrow import Narrowing

CALM_S = 2.0
"""A list that is sorted by numbers that grow is sorted again at most this often."""


class ListShape:
    """Narrows and sorts the entries of a list, again and again while they change."""

    def __init__(self) -> None:
        self._narrowing: Narrowing | None = None
        self._order = SortOrder()
        self._ranks: dict[object, int] = {}
        """The line of each key when the entries were sorted last."""
        self._sorted_at = -inf

    @property
    def narrowing(self) -> Narrowing | None:
        """What narrows the list; None for nothing."""
        return self._narrowing

    @narrowing.setter
    def narrowing(self, narrowing: Narrowing | None) -> None:
        self._narrowing = narrowing
        self._sorted_at = -inf

    @property
    def order(self) -> SortOrder:
        """How the list is sorted."""
        return self._order

    @order.setter
    def order(self, order: SortOrder) -> None:
        self._order = order
        self._sorted_at = -inf

    @property
    def is_plain(self) -> bool:
        """Whether the list shows all entries as they come."""
        return self._narrowing is None and self._order == SortOrder()

    def of(self, entries: Sequence[Entry], now: float) -> list[Entry]:
        """Return the entries to show. They come in the order of `SortOrder()`.

        `now` is the time of a monotonic clock. If the values of the order grow, entries
        keep their order for a while, so that lines do not move all the time.
        """
        shown = (
            list(entries) if self._narrowing is None else self._narrowing.of(entries)
        )
        if self._order == SortOrder():
            return shown
        if self._order.column.grows and now < self._sorted_at + CALM_S:
            last = len(self._ranks)
            shown.sort(key=lambda entry: self._ranks.get(entry.key, last))
            return shown
        shown = in_order(shown, self._order)
        self._ranks = {entry.key: line for line, entry in enumerate(shown)}
        self._sorted_at = now
        return shown
