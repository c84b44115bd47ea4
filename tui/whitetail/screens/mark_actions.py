"""The keys that bookmark events, list the bookmarks, and write notes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.widget import Widget

from whitetail.screens.run_actions import RunActions
from whitetail.screens.work import start_work

if TYPE_CHECKING:
    from whitetail.run.open_run import OpenRun
    from whitetail.run.protocols import EventKey
    from whitetail.screens.lists import ListsView
    from whitetail.screens.note_bar import NoteBar
    from whitetail.screens.session import Session


class MarkActions(RunActions):
    """A screen whose keys mark the event under the cursor."""

    lists: ListsView
    """The threads and runs."""
    status: Widget
    """The status line, above which the input line is shown."""
    session: Session
    """What is remembered of the tree."""

    _noted_run: OpenRun | None = None
    """The run of the note that is being typed."""

    def action_bookmark(self) -> None:
        """Bookmark the event under the cursor, or remove its bookmark."""
        marks, run = self.run.marks, self.run.run
        if run is not None and run.row_count and not marks.warn_if_not_kept():
            row, title = self.run.events.row, self._title
            start_work(self, partial(marks.toggle_bookmark, row, title), group="mark")

    async def action_note(self) -> None:
        """Open the input line for a note on the event under the cursor.

        The key has priority, so the app waits here: what is typed next, in one burst
        perhaps, must not reach the keys of a pane.
        """
        from whitetail.screens.note_bar import NoteBar

        marks, run, row = self.run.marks, self.run.run, self.run.events.row
        if self.is_typing() or run is None or not run.row_count or not self.is_attached:
            return
        if not marks.warn_if_not_kept():
            self._noted_run = run
            bar = NoteBar(row, marks.note(row))
            await self.mount(bar, before=self.status)
            self.set_focus(bar)

    def on_note_bar_closed(self, message: NoteBar.Closed) -> None:
        """Save the note, unless another run was opened meanwhile."""
        message.bar.remove()
        self.restore_focus()
        if message.note is not None and self._noted_run is self.run.run:
            of_event = message.bar.row, self._title, message.note
            change = partial(self.run.marks.set_note, *of_event)
            start_work(self, change, group="mark")

    def action_bookmarks(self) -> None:
        """List the bookmarks of all threads."""
        from whitetail.screens.bookmarks import BookmarksScreen

        if not self.run.marks.warn_if_not_kept():
            screen = BookmarksScreen(self.session.database, self.session.source)
            self.app.push_screen(screen, self._bookmarks_closed)

    def restore_focus(self) -> None:
        """Give the focus back to the pane that had it."""
        raise NotImplementedError

    def go_to_event(self, event: EventKey) -> None:
        """Show an event of any run."""
        raise NotImplementedError

    @property
    def _title(self) -> str:
        """The title of the open thread."""
        threads = self.lists.threads
        return threads.under_cursor.title if threads.count else ""

    def _bookmarks_closed(self, event: EventKey | None) -> None:
        # Some may have been removed.
        self.run.marks.run_opened()
        if event is not None:
            self.go_to_event(event)
