"""The pane that lists the deleted runs in the trash."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whitetail.keys import DIALOGS
from whitetail.panes.line_list import Cell
from whitetail.panes.selectable_list import SelectableList
from whitetail.view.lists.entries import TrashEntry
from whitetail.view.text import fit
from whitetail.view.units import clock, size

_TIME_CELLS, _SIZE_CELLS = 8, 9


class TrashPane(SelectableList[str]):
    """The deleted runs. The last deleted one comes first."""

    BORDER_TITLE = "Trash"
    HELP_GROUP = DIALOGS

    def __init__(self, id: str, now: Callable[[], float]) -> None:  # noqa: A002
        """Show times relative to `now`, which returns seconds since the epoch."""
        super().__init__(id)
        self._now = now
        self._entries: Sequence[TrashEntry] = ()
        self.contents = ""
        """What the trash contains and how long it is kept, for the border."""

    @property
    def entries(self) -> Sequence[TrashEntry]:
        """All entries, from the first line on."""
        return self._entries

    @property
    def chosen(self) -> list[TrashEntry]:
        """The selected runs. Without a selection, the one under the cursor."""
        return [self._entries[line] for line in self.chosen_lines]

    def show(self, entries: Sequence[TrashEntry]) -> None:
        """Show these runs. The cursor stays on its run."""
        self._entries = entries
        self.rearrange([entry.key for entry in entries])

    def header(self, width: int) -> str:
        """Return the names of the columns."""
        return f"{'deleted':>{_TIME_CELLS}}{'size':>{_SIZE_CELLS}}"

    def label_count(self) -> None:
        """Show in the border what there is, and how many runs are selected."""
        selected = f"{len(self.selected):,} selected of " if self.selected else ""
        self.border_subtitle = selected + self.contents

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return a run's title, the time of its delete, and its size."""
        entry = self._entries[line]
        title_cells = width - _TIME_CELLS - _SIZE_CELLS
        return [
            (fit(entry.title, title_cells), "plain" if entry.title_known else "muted"),
            (f"{clock(entry.deleted_at, self._now()):>{_TIME_CELLS}}", "muted"),
            (f"{size(entry.size):>{_SIZE_CELLS}}", "muted"),
        ]
