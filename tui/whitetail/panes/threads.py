"""The pane that lists threads."""

from __future__ import annotations

from rich.cells import cell_len

from whitetail.panes.line_list import Cell
from whitetail.panes.shaped_list import ShapedList
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.columns import Column
from whitetail.view.lists.entries import STATUS_SIGNS, ThreadEntry
from whitetail.view.lists.order import SortColumn

_LAST, _RUNS = Column("last", 7, SortColumn.TIME), Column("runs", 5, SortColumn.RUNS)


class ThreadsPane(ShapedList[str, ThreadEntry]):
    """The threads that have runs. The most recently written one comes first."""

    BORDER_TITLE = "1 Threads"
    NOUN = "thread"
    COLUMNS = (
        _RUNS,
        Column("took", 8, SortColumn.DURATION),
        Column("tokens", 7, SortColumn.TOKENS),
        Column("cost", 0, SortColumn.COST),
        Column("errors", 7, SortColumn.ERRORS),
        Column("events", 8, SortColumn.EVENTS),
        Column("size", 8, SortColumn.SIZE),
        Column("verdict", 10, SortColumn.STATUS),
        _LAST,
    )
    MOST_WANTED = (
        *("last", "runs", "tokens", "cost", "errors"),
        *("took", "verdict", "events", "size"),
    )
    SIGN_CELLS, MIN_NAME_CELLS = 3, 14
    MIN_CELLS_FOR_CLOCK = 60

    def signs(self, entry: ThreadEntry) -> list[Cell]:
        """Return the status of the newest run, and whether an older one failed.

        The second sign is dimmed: an older run failed which the user has not opened.
        """
        older = STATUS_SIGNS[RunStatus.FAILED][0] if entry.older_failed else " "
        return [STATUS_SIGNS[entry.status], (f"{older} ", "muted")]

    @property
    def wanted_cells(self) -> int:
        """The width of the longest line if nothing of it is cut."""
        titles = max((cell_len(each.title) for each in self.all_entries), default=0)
        return self.SIGN_CELLS + titles + _RUNS.cells + _LAST.cells
