"""The pane that lists bookmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from whitetail.keymap import named_keys
from whitetail.keys import DIALOGS
from whitetail.panes.line_list import Cell
from whitetail.panes.selectable_list import SelectableList
from whitetail.view.brief import plural
from whitetail.view.lists.bookmark import BookmarkEntry, bookmark_line
from whitetail_store import RunKey

BookmarkKey: TypeAlias = tuple[RunKey, int, str]
"""The run, and row and hash of the line when it was bookmarked."""


class BookmarksPane(SelectableList[BookmarkKey]):
    """The bookmarks of all threads, the newest first."""

    BORDER_TITLE = "Bookmarks"
    HELP_GROUP = DIALOGS

    def __init__(self, id: str, now: Callable[[], float]) -> None:  # noqa: A002
        """Show times relative to `now`, which returns seconds since the epoch."""
        super().__init__(id)
        self._now = now
        self._entries: Sequence[BookmarkEntry] = ()
        self._is_known = False

    def show(self, entries: dict[BookmarkKey, BookmarkEntry]) -> None:
        """Show these bookmarks. The cursor stays on its bookmark."""
        self._entries = [*entries.values()]
        self._is_known = True
        self.rearrange([*entries])

    def label_count(self) -> None:
        """Show in the border how many there are, and how many are selected."""
        selected = f"{len(self.selected):,} selected of " if self.selected else ""
        count = plural(len(self._entries), "bookmark")
        none = named_keys("none yet: {bookmark} bookmarks an event")
        if not self._is_known:
            none = ""
        self.border_subtitle = f"{selected}{count}" if self._entries else none

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return the cells of a bookmark."""
        return list(bookmark_line(self._entries[line], width, self._now()))
