"""The search in the run that is open, by a `RunView`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual import work
from textual.containers import Container
from textual.reactive import reactive

from whitetail.panes.detail import DetailPane
from whitetail.panes.events import EventsPane
from whitetail.panes.throttle import Throttle
from whitetail.run.open_run import OpenRun
from whitetail.run.run_lines import RunLines
from whitetail.screens.run_search import RunSearch
from whitetail.trace.query.errors import QueryError
from whitetail.view.detail.format import DetailFormat
from whitetail.view.matches import TextMatcher


class SearchedRun(Container):
    """The part of a `RunView` that searches its run."""

    events: EventsPane
    detail: DetailPane
    format: reactive[DetailFormat]
    run: OpenRun | None
    lines: RunLines | None
    """The rows of the run as the events list them; None if none is open."""

    _faults_wanted: bool
    _finder: RunSearch
    _refill: Throttle
    _match: int | None = None
    """The row that was found, until the event pane shows where the match is."""

    @property
    def searched_text(self) -> str:
        """The last query as it was typed; empty if there is none."""
        return self._finder.text

    def find(self, text: str) -> None:
        """Go to the next event that matches, which may be the one under the cursor.

        An empty text ends the search.

        Raises:
            QueryError: The text is no query.

        """
        self._finder.set_text(text)
        self.events.sought = self.detail.sought = self._finder.matcher
        self.find_next(0)

    def preview(self, text: str) -> None:
        """Count the events that match while the query is typed; go to none."""
        try:
            self._finder.set_text(text)
        except QueryError:
            self._finder.stop()
            return
        self.events.sought = self.detail.sought = self._finder.matcher
        is_raw = self.format is DetailFormat.RAW
        self._search(partial(self._finder.find, 0, is_raw, only_count=True))

    def end_preview(self, text: str) -> None:
        """Return to the query before, without a search."""
        self._finder.set_text(text)
        self._finder.forget()
        self.events.sought = self.detail.sought = self._finder.matcher

    def mark_match(self, text: str, row: int) -> None:
        """Mark the matches of a query, and show the one in a row once it is read."""
        self.end_preview(text)
        self._match = row
        self._refill.request()

    def find_next(self, step: int) -> None:
        """Go to the next match of the last text; the previous one with step -1."""
        is_raw = self.format is DetailFormat.RAW
        self._search(partial(self._finder.find, step, is_raw))

    def next_error(self, step: int) -> None:
        """Go to the next event that is an error; the previous one with step -1."""
        self._search(partial(self._finder.error, step))

    def _list_wanted_faults(self) -> None:
        """List the faults if the user has asked for them and all rows were read."""
        run = self.run
        if run is None or not self._faults_wanted:
            return
        if not run.read_whole and run.failed is None:
            run.read_all()
            return
        self._faults_wanted = False
        if run.failed is not None:
            self._show_error(run.failed)
        elif not run.faults:
            self.notify("This run's file has no faults.", markup=False)
        else:
            from whitetail.screens.findings import FindingsScreen

            self.app.push_screen(FindingsScreen(run.faults), self.go_to)

    def go_to(self, row: int | None) -> None:
        """Put the cursor on a row, and give the events the focus; not if None."""
        raise NotImplementedError

    def _show_error(self, error: Exception) -> None:
        raise NotImplementedError

    def _new_search(
        self, changed: Callable[[], None], show_error: Callable[[Exception], None]
    ) -> RunSearch:
        """Return what searches the run; both are called as `RunSearch` has them."""
        return RunSearch(changed, self._go_to_match, show_error)

    def _go_to_match(self, row: int, query: TextMatcher | None) -> None:
        self._match = None if query is None else row
        self.events.go_to(row)
        self._refill.request()

    @work(exclusive=True, group="search")
    async def _search(
        self, search: Callable[[OpenRun, RunLines, int], Awaitable[None]]
    ) -> None:
        """Search the run that is open, from the cursor on."""
        if self.run is not None and self.lines is not None:
            await search(self.run, self.lines, self.events.row)
