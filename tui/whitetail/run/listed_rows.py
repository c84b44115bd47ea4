"""Which rows of a run are on which lines: in an order, and perhaps filtered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from whitetail.run.protocols import FilterState
from whitetail.trace.order.outline import Outline
from whitetail.trace.order.row_order import RowOrder
from whitetail.view.lists.event_line import NO_CONTEXT, LineContext, line_context

if TYPE_CHECKING:
    from whitetail.run.filtered_order import FilteredOrder
    from whitetail.run.line_filter import LineFilter


class ListedRows:
    """The rows of a run in the order that is shown, those that a filter leaves.

    Belongs to the event loop.
    """

    def __init__(self, order: RowOrder) -> None:
        self._order = order
        self._filter: LineFilter | None = None

    @property
    def count(self) -> int:
        """The number of lines."""
        return self._lines.line_count

    @property
    def newest_row(self) -> int:
        """The row that was written last, of those that are listed; 0 without any."""
        filtered = self._filtered
        newest = self._order.row_count - 1 if filtered is None else filtered.newest
        return max(0, newest)

    @property
    def filter(self) -> FilterState | None:
        """The filter of the rows; None if there is none."""
        return None if self._filter is None else self._filter.state

    def is_context(self, row: int) -> bool:
        """Return whether a row is only listed because rows under it match."""
        filtered = self._filtered
        return filtered is not None and filtered.is_context(row)

    def is_listed(self, row: int) -> bool:
        """Return whether a row is on a line, or folded into one."""
        filtered = self._filtered
        return filtered is None or filtered.is_listed(row)

    @property
    def row_count(self) -> int:
        """The number of rows, including those that are folded away."""
        return self._order.row_count

    @property
    def causal(self) -> bool:
        """Whether the user wants the causal order."""
        return self._order.causal

    def row(self, line: int) -> int:
        """Return the row on a line; 0 if there is none."""
        return self._lines.row_on_line(line)

    def line(self, row: int) -> int:
        """Return a row's line, or that of the row it is folded into."""
        return self._lines.line_of(row)

    def context(self, row: int) -> LineContext:
        """Return where a row belongs in the tree and in the time of the run."""
        outline = self._order.outline
        if outline is None or row >= len(outline):
            return NO_CONTEXT
        context = line_context(outline, row, nested=self._order.causal)
        filtered = self._filtered
        if filtered is None:
            return context
        # Nothing is folded, so the line is that of the event alone.
        shows_children = filtered.has_children(row)
        return context._replace(folded=0, open=shows_children, subagent=None)

    def parent(self, row: int) -> int | None:
        """Return the row above a row in the tree; None in file order or without one."""
        nested = self._order.causal_outline
        return None if nested is None else nested.outer(row)

    def has_open_children(self, row: int) -> bool:
        """Return whether a row has children that are not folded away."""
        if self._filtered is not None:
            return self._filtered.has_children(row)
        nested = self._order.causal_outline
        return nested is not None and nested.is_open(row)

    def positions(self) -> Callable[[], Sequence[int]]:
        """Return a function that returns all rows as they are listed now.

        Folded ones too. In a long run that lasts, so it is for another thread.
        """
        return self._lines.all_rows()

    def position(self, row: int) -> int:
        """Return how many rows are listed before a row, folded ones included."""
        return self._lines.position_of(row)

    @property
    def _filtered(self) -> FilteredOrder | None:
        """The rows that a filter leaves; None if no filter is shown."""
        on = self._filter is not None and self._filter.shown
        return self._filter.lines if self._filter is not None and on else None

    @property
    def _lines(self) -> RowOrder | FilteredOrder:
        return self._order if self._filtered is None else self._filtered

    @property
    def _foldable(self) -> Outline | None:
        """The outline whose rows can be folded; a filter shows all that match."""
        return None if self._filtered is not None else self._order.causal_outline
