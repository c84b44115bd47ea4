"""The pane that lists the folders and databases that could be opened."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.keys import DIALOGS
from whitetail.panes.line_list import Cell, LineList
from whitetail.view.brief import plural
from whitetail.view.lists.entries import TreeEntry
from whitetail.view.text import fit

_BORDER_LINES = 2


class TreesPane(LineList):
    """The `.deer-flow` folders that were looked at, with the number of their runs."""

    HELP_GROUP = DIALOGS
    DEFAULT_CSS = "TreesPane { height: 1fr; min-height: 4; }"

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._entries: Sequence[TreeEntry] = ()

    @property
    def count(self) -> int:
        """The number of folders."""
        return len(self._entries)

    @property
    def under_cursor(self) -> TreeEntry:
        """The folder under the cursor.

        Raises:
            IndexError: The list is empty.

        """
        return self._entries[self.cursor]

    def show(self, entries: Sequence[TreeEntry]) -> None:
        """Show these folders. The cursor is on the first that has runs, at first."""
        first = not self._entries
        self._entries = entries
        self.styles.max_height = len(entries) + _BORDER_LINES
        self.resize_to(len(entries))
        if first:
            with_runs = (line for line, each in enumerate(entries) if each.has_runs)
            self.move_to(next(with_runs, 0))
        self.refresh()

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return a folder's path and what is in it."""
        entry = self._entries[line]
        if entry.problem:
            contents, tone = entry.problem, "warning"
        elif entry.uncounted:
            contents, tone = "has runs", "finished"
        elif entry.runs is None:
            contents, tone = "no such folder", "muted"
        else:
            contents = plural(entry.runs, "run") if entry.runs else "no runs"
            tone = "finished" if entry.runs else "plain"
        contents = fit(contents, min(len(contents), width // 2))
        path = fit(entry.path, width - len(contents) - 2)
        return [
            (path, "plain" if entry.exists else "muted"),
            ("  ", "plain"),
            (contents, tone),
        ]
