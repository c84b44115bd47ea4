"""The pane that lists the runs of a thread."""

from __future__ import annotations

from rich.cells import cell_len

from whitetail.panes.line_list import Cell
from whitetail.panes.shaped_list import ShapedList
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.columns import Column
from whitetail.view.lists.entries import STATUS_SIGNS, RunEntry
from whitetail.view.lists.order import SortColumn
from whitetail.view.units import count, duration
from whitetail_store import RunKey

_TOOLS = Column("tools", 6)
_WANTED_COLUMNS = 5
"""How many columns the list is wide enough for: those up to the cost."""


class RunsPane(ShapedList[RunKey, RunEntry]):
    """The runs of a thread. The most recently started one comes first.

    The top border names the columns.
    """

    BORDER_TITLE = "2 Runs"
    COLUMNS = (
        Column("start", 7, SortColumn.TIME),
        Column("took", 7, SortColumn.DURATION),
        Column("tokens", 7, SortColumn.TOKENS),
        Column("cost", 0, SortColumn.COST),
        _TOOLS,
        Column("errors", 7, SortColumn.ERRORS),
        Column("events", 7, SortColumn.EVENTS),
        Column("size", 8, SortColumn.SIZE),
        Column("verdict", 10, SortColumn.STATUS),
    )
    MOST_WANTED = (
        *("start", "tokens", "took", "errors", "cost"),
        *("tools", "verdict", "events", "size"),
    )
    MIN_CELLS_FOR_CLOCK = 90

    def signs(self, entry: RunEntry) -> list[Cell]:
        """Return the sign of the run's status."""
        sign, tone = STATUS_SIGNS[entry.status]
        return [(f"{sign} ", tone)]

    def value(self, entry: RunEntry, column: Column) -> Cell:
        """Return the text of a column. Empty if it has not been read yet."""
        if column is _TOOLS:
            if entry.metrics is None:
                return "", "muted"
            calls = entry.metrics.calls
            return count(calls), "plain" if calls else "muted"
        took = entry.took
        if column.sort is SortColumn.DURATION and took is not None:
            if entry.status is RunStatus.RUNNING and entry.started is not None:
                took = max(took, self._now() - entry.started)
            return duration(took), "muted"
        return super().value(entry, column)

    @property
    def wanted_cells(self) -> int:
        """The width of the longest line with the numbers that come first."""
        prompts = max((cell_len(each.prompt) for each in self.all_entries), default=0)
        return self.least_cells + max(0, prompts - self.MIN_NAME_CELLS)

    @property
    def least_cells(self) -> int:
        """The width at which the numbers that come first fit, and prompts are cut."""
        wanted = self.MOST_WANTED[:_WANTED_COLUMNS]
        numbers = sum(
            each.cells for each in self.sized_columns() if each.name in wanted
        )
        return self.SIGN_CELLS + self.MIN_NAME_CELLS + numbers
