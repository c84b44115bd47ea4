"""The screen that lists the bookmarks of all threads."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from whitetail.keymap import named_keys
from whitetail.keys import bindings
from whitetail.panes.bookmarks import BookmarkKey, BookmarksPane
from whitetail.panes.line_list import LineList
from whitetail.run.protocols import EventKey
from whitetail.screens.list_dialog import ListDialog
from whitetail.source.protocols import Source
from whitetail.state.database import SavedMark, StateDatabase
from whitetail.state.identity import rows_of
from whitetail.view.brief import reason
from whitetail.view.lists.bookmark import BookmarkEntry
from whitetail_store import RunKey, StoreError

_KEYS = (
    "{open} goes there    {lists.select} selects    {bookmarks.remove} removes    "
    "{bookmarks.close} closes"
)
_NO_RUN, _NO_EVENT = "its run is gone", "the event is gone"


class BookmarksScreen(ListDialog[EventKey]):
    """Lists the bookmarks. Closes with the event to go to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("bookmarks"),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def __init__(self, database: StateDatabase, source: Source) -> None:
        self._pane = BookmarksPane("bookmarks", time.time)
        super().__init__(self._pane, named_keys(_KEYS))
        self._database = database
        self._source = source
        self._marks: dict[BookmarkKey, SavedMark] = {}
        self._missing: dict[BookmarkKey, str] = {}
        """Why a bookmark leads nowhere, as far as was found out."""

    def on_mount(self) -> None:
        """Load the bookmarks."""
        self._list()

    @on(LineList.Opened)
    @work(exclusive=True, group="open")
    async def _open(self, message: LineList.Opened) -> None:
        """Go to the event under the cursor, if it is still there."""
        key = self._pane.key
        if key is None:
            return
        events = await self._find(self._marks[key].run)
        if key in events:
            self.dismiss(events[key])
        else:
            self._show()
            self._warn(f"There is nothing to go to: {self._missing[key]}.")

    @work(group="remove")
    async def action_remove(self) -> None:
        """Remove the bookmarks that are chosen; their notes stay."""
        marks, chosen = [*self._marks.values()], self._pane.chosen_lines
        removed = [replace(marks[line], bookmarked=False) for line in chosen]
        if not await asyncio.to_thread(self._database.set_bookmarks, removed):
            self._warn(self._database.save_problem())
            return
        for mark in removed:
            self._marks.pop(_key(mark), None)
        self._pane.clear_selection()
        self._show()

    @work(exclusive=True, group="list")
    async def _list(self) -> None:
        marks = await asyncio.to_thread(self._database.marks)
        self._marks = {_key(each): each for each in marks if each.bookmarked}
        self._warn(*self._database.new_problems())
        self._show()
        for run in dict.fromkeys(mark.run for mark in self._marks.values()):
            missing = len(self._missing)
            await self._find(run)
            if len(self._missing) > missing:
                self._show()

    async def _find(self, run: RunKey) -> dict[BookmarkKey, EventKey]:
        """Return where the events of a run's bookmarks are now; note which are gone."""
        marks = [mark for mark in self._marks.values() if mark.run == run]
        found: dict[int, SavedMark] = {}
        missing, generation = _NO_RUN, 0
        if self._is_listed(run):
            rows = self._source.open(run)
            try:
                await asyncio.to_thread(rows.refresh)
                found = await asyncio.to_thread(rows_of, rows, marks)
            except (StoreError, OSError, IndexError) as error:
                missing = reason(error)
            else:
                missing, generation = _NO_EVENT, rows.generation
        for mark in marks:
            self._missing[_key(mark)] = missing
        for mark in found.values():
            del self._missing[_key(mark)]
        return {
            _key(mark): EventKey(run, row, generation) for row, mark in found.items()
        }

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
        return self._source.catalog.known(run) is not None

    def _warn(self, *problems: str) -> None:
        for problem in problems:
            self.notify(problem, severity="warning", markup=False)


def _key(mark: SavedMark) -> BookmarkKey:
    return (mark.run, *mark.identity)
