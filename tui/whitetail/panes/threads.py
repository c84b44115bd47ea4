"""The pane that lists threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len

from whitetail.panes.line_list import Cell
from whitetail.panes.selectable_list import SelectableList
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import STATUS_SIGNS, ThreadEntry
from whitetail.view.text import fit
from whitetail.view.units import clock, count, date_and_clock

_SIGN_CELLS, _RUNS_CELLS, _TIME_CELLS = 3, 5, 7
_LONG_TIME_CELLS = len(" Aug 03'24 14:03")
_MIN_WIDTH_FOR_CLOCK = 60
"""From this width on, the time of day is shown of other days, too."""


class ThreadsPane(SelectableList[str]):
    """The threads that have runs. The most recently written one comes first."""

    BORDER_TITLE = "1 Threads"

    def __init__(self, id: str, now: Callable[[], float]) -> None:  # noqa: A002
        """Show ages relative to `now`, which returns seconds since the epoch."""
        super().__init__(id)
        self._now = now
        self._entries: Sequence[ThreadEntry] = ()

    @property
    def under_cursor(self) -> ThreadEntry:
        """The thread under the cursor.

        Raises:
            IndexError: The list is empty.

        """
        return self._entries[self.cursor]

    @property
    def chosen(self) -> list[ThreadEntry]:
        """The selected threads. Without a selection, the one under the cursor."""
        return [self._entries[line] for line in self.chosen_lines]

    def show(self, entries: Sequence[ThreadEntry]) -> None:
        """Show these threads. The cursor stays on its thread."""
        if entries != self._entries:
            self._entries = entries
            self.rearrange([entry.key for entry in entries])

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return a thread's signs, title, number of runs and last time.

        The first sign is the status of its newest run. A second, dimmed one says that
        an older run failed which the user has not opened.
        """
        entry = self._entries[line]
        time_cells, time = self._time_column(width)
        title_cells = width - _SIGN_CELLS - _RUNS_CELLS - time_cells
        older = STATUS_SIGNS[RunStatus.FAILED][0] if entry.older_failed else " "
        return [
            STATUS_SIGNS[entry.status],
            (f"{older} ", "muted"),
            (fit(entry.title, title_cells), "plain" if entry.title_known else "muted"),
            (f"{count(entry.runs):>{_RUNS_CELLS}}", "plain"),
            (f"{time(entry.time, self._now()):>{time_cells}}", "muted"),
        ]

    @property
    def wanted_cells(self) -> int:
        """The width of the longest line if nothing of it is cut."""
        titles = max((cell_len(entry.title) for entry in self._entries), default=0)
        return _SIGN_CELLS + titles + _RUNS_CELLS + _TIME_CELLS

    def header(self, width: int) -> str:
        """Return the names of the columns."""
        time_cells, _ = self._time_column(width)
        return f"{'runs':>{_RUNS_CELLS}}{'last':>{time_cells}}"

    def _time_column(
        self, width: int
    ) -> tuple[int, Callable[[float | None, float], str]]:
        """Return the width and the format of the column of times."""
        if width >= _MIN_WIDTH_FOR_CLOCK:
            return _LONG_TIME_CELLS, date_and_clock
        return _TIME_CELLS, clock
