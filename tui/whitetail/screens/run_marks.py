"""The bookmarks and notes of the run that is open."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from time import time
from typing import TYPE_CHECKING

from whitetail.run.open_run import OpenRun
from whitetail.run.protocols import RunRows
from whitetail.screens.work import start_work
from whitetail.state.database import SavedMark, StateDatabase
from whitetail.state.identity import EventIdentity, identity_of, rows_of
from whitetail.view.brief import reason
from whitetail.view.lists.event import summarize
from whitetail.view.lists.mark import EventMark
from whitetail_store import StoreError

if TYPE_CHECKING:
    from whitetail.screens.run import RunView

_NOT_KEPT = "Bookmarks and notes are not kept, because of --no-state."


class RunMarks:
    """Loads the marks of each run that is opened, shows them, and changes them.

    A mark is shown at a row only once its line was compared.
    """

    def __init__(self, view: RunView, database: StateDatabase) -> None:
        self._view = view
        self._database = database
        self._marks: dict[int, SavedMark] = {}

    def note(self, row: int) -> str:
        """Return the note on a row; empty if there is none."""
        mark = self._marks.get(row)
        return "" if mark is None else mark.note

    def is_bookmarked(self, row: int) -> bool:
        """Return whether a row is bookmarked."""
        mark = self._marks.get(row)
        return mark is not None and mark.bookmarked

    def run_opened(self) -> None:
        """Load the marks of the run that is open, or is another file now."""
        self._show({})
        self._start_loading()

    def run_closed(self) -> None:
        """Show no marks."""
        self._show({})

    async def toggle_bookmark(self, row: int, title: str) -> None:
        """Bookmark a row, or remove its bookmark; `title` is that of its thread."""
        if (mark := await self._mark(row, title)) is not None:
            mark = replace(mark, bookmarked=not mark.bookmarked)
            done = await asyncio.to_thread(self._database.set_bookmarks, [mark])
            self._changed(row, mark, done=done)

    async def set_note(self, row: int, title: str, note: str) -> None:
        """Save the note on a row; an empty one removes it."""
        if (mark := await self._mark(row, title)) is not None:
            mark = replace(mark, note=note)
            done = await asyncio.to_thread(self._database.set_note, mark)
            self._changed(row, mark, done=done)

    def warn_if_not_kept(self) -> bool:
        """Notify the user if nothing is kept; return whether that is so."""
        if not self._database.keeps:
            self._view.notify(_NOT_KEPT, severity="warning", markup=False)
        return not self._database.keeps

    async def _load(self, run: OpenRun) -> None:
        generation = run.rows.generation
        try:
            found = await asyncio.to_thread(self._find, run.rows)
        except (StoreError, OSError, IndexError):
            # The reader of the run shows why it cannot be read, and opens it again.
            return
        if self._view.run is run and run.rows.generation == generation:
            self._show(found)

    def _find(self, rows: RunRows) -> dict[int, SavedMark]:
        return rows_of(rows, self._database.marks(rows.key))

    async def _mark(self, row: int, title: str) -> SavedMark | None:
        """Return the mark of a row, at first an empty one; None if it cannot be read.

        A mark that was found at another row keeps the identity under which it is saved.
        """
        run = self._view.run
        if run is None or row >= run.row_count:
            return None
        if (mark := self._marks.get(row)) is not None:
            return mark
        try:
            identity, label = await asyncio.to_thread(
                _identity_and_label, run.rows, row
            )
        except (StoreError, OSError, IndexError) as error:
            text = f"The event cannot be marked: {reason(error)}."
            self._view.notify(text, severity="warning", markup=False)
            return None
        if run is not self._view.run:
            return None
        return SavedMark(run.key, identity, title=title, label=label, marked_at=time())

    def _changed(self, row: int, mark: SavedMark, *, done: bool) -> None:
        if not done:
            text = self._database.save_problem()
            self._view.notify(text, severity="warning", markup=False)
        elif self._view.key == mark.run:
            marks = {**self._marks, row: mark}
            if not (mark.bookmarked or mark.note):
                del marks[row]
            self._show(marks)
            # What is being loaded may be what was there before.
            self._start_loading()

    def _start_loading(self) -> None:
        if self._view.run is not None and self._database.keeps:
            load = partial(self._load, self._view.run)
            start_work(self._view, load, group="marks", exclusive=True)

    def _show(self, marks: dict[int, SavedMark]) -> None:
        if marks == self._marks:
            return
        self._marks = marks
        self._view.events.marks = {
            row: EventMark(mark.bookmarked, mark.note) for row, mark in marks.items()
        }
        self._view.show_document()


def _identity_and_label(rows: RunRows, row: int) -> tuple[EventIdentity, str]:
    """Return what identifies a row, and what it is in a few words. Blocks."""
    summary = summarize(rows[row])
    label = f"{summary.seq} {summary.kind}: {summary.summary}"
    return identity_of(rows, row), label
