"""The screen that lists the bookmarks of all threads."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from whitetail.keys import bindings
from whitetail.panes.bookmarks import BookmarkKey, BookmarksPane
from whitetail.panes.line_list import LineList
from whitetail.run.protocols import EventKey
from whitetail.screens.dismissal import DismissedOnce
from whitetail.source.protocols import Source
from whitetail.state.database import SavedMark, StateDatabase
from whitetail.state.identity import rows_of
from whitetail.view.brief import reason
from whitetail.view.lists.bookmark import BookmarkEntry
from whitetail_store import RunKey, StoreError

_KEYS = "enter goes there    space selects    d removes    esc closes"
_NO_RUN, _NO_EVENT = "its run is gone", "the event is gone"


class BookmarksScreen(ModalScreen[EventKey | None], DismissedOnce[EventKey | None]):
    """Lists the bookmarks. Closes with the event to go to."""

    DEFAULT_CSS = """
    BookmarksScreen {
        align: center middle;
        & > Vertical { width: 90%; max-width: 140; height: 80%; }
        & BookmarksPane { height: 1fr; }
        & Static { padding: 0 1; background: $surface; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("bookmarks"),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def __init__(self, database: StateDatabase, source: Source) -> None:
        super().__init__()
        self._database = database
        self._source = source
        self._pane = BookmarksPane("bookmarks", time.time)
        self._marks: dict[BookmarkKey, SavedMark] = {}
        self._missing: dict[BookmarkKey, str] = {}
        """Why a bookmark leads nowhere, as far as was found out."""

    def compose(self) -> ComposeResult:
        """Yield the list and its keys."""
        with Vertical():
            yield self._pane
            yield Static(_KEYS)

    def on_mount(self) -> None:
        """Load the bookmarks."""
        self._list()

    def action_close(self) -> None:
        """Clear the selection, else close the screen."""
        if not self._pane.clear_selection():
            self.dismiss(None)

    @on(LineList.Left)
    def _left(self) -> None:
        self.action_close()

    @on(LineList.Opened)
    @work(exclusive=True, group="open")
    async def _open(self, message: LineList.Opened) -> None:
        """Go to the event under the cursor, if it is still there."""
        key = self._pane.key
        if key is None:
            return
        event = await self._find(self._marks[key])
        if event is not None:
            self.dismiss(event)
        else:
            self._show()
            text = f"There is nothing to go to: {self._missing[key]}."
            self.notify(text, severity="warning", markup=False)

    @work(group="remove")
    async def action_remove(self) -> None:
        """Remove the bookmarks that are chosen; their notes stay."""
        keys = [[*self._marks][line] for line in self._pane.chosen_lines]
        for key in keys:
            mark = replace(self._marks[key], bookmarked=False)
            if not await asyncio.to_thread(self._database.set_bookmark, mark):
                self._warn()
                break
            self._marks.pop(key, None)
        self._pane.clear_selection()
        self._show()

    @work(exclusive=True, group="list")
    async def _list(self) -> None:
        marks = await asyncio.to_thread(self._database.marks)
        self._marks = {
            (each.run, *each.identity): each for each in marks if each.bookmarked
        }
        self._warn()
        self._show()
        for mark in [*self._marks.values()]:
            await self._find(mark)
            self._show()

    async def _find(self, mark: SavedMark) -> EventKey | None:
        """Return where the event of a mark is now; None if it is gone."""
        key = (mark.run, *mark.identity)
        missing = _NO_RUN
        if self._is_listed(mark.run):
            rows = self._source.open(mark.run)
            try:
                await asyncio.to_thread(rows.refresh)
                found = await asyncio.to_thread(rows_of, rows, [mark])
            except (StoreError, OSError, IndexError) as error:
                missing = reason(error)
            else:
                for row in found:
                    self._missing.pop(key, None)
                    return EventKey(mark.run, row, rows.generation)
                missing = _NO_EVENT
        self._missing[key] = missing
        return None

    def _show(self) -> None:
        catalog = self._source.catalog
        self._pane.show(
            {
                key: BookmarkEntry(
                    (self._is_listed(mark.run) and catalog.title(mark.run[0]))
                    or mark.title
                    or mark.run[0],
                    mark.label,
                    mark.note,
                    mark.marked_at,
                    self._missing.get(key, ""),
                )
                for key, mark in self._marks.items()
            }
        )

    def _is_listed(self, run: RunKey) -> bool:
        return run in self._source.catalog.run_keys(run[0])

    def _warn(self) -> None:
        for problem in self._database.new_problems():
            self.notify(problem, severity="warning", markup=False)
