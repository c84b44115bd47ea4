"""Searches over many runs from the browse screen: the results, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from whitetail.run.protocols import EventKey
from whitetail.source.protocols import Source
from whitetail.view.text import one_line
from whitetail_store import RunKey

if TYPE_CHECKING:
    from whitetail.screens.delete_flow import DeleteFlow
    from whitetail.screens.export_flow import ExportFlow
    from whitetail.screens.results import ResultsScreen


class SearchFlow:
    """Searches all threads or one of them; belongs to one screen.

    `go_to` is called with the event that the user chooses, and the query. The results
    stay as they are while the user looks at it; `reopen` shows them again.
    """

    def __init__(
        self,
        screen: Screen[None],
        source: Source,
        go_to: Callable[[EventKey, str], None],
        delete_flow: DeleteFlow,
        export_flow: ExportFlow,
    ) -> None:
        self._screen = screen
        self._source = source
        self._go_to = go_to
        self._delete_flow = delete_flow
        self._export_flow = export_flow
        self._results: ResultsScreen | None = None
        self._text = ""

    @property
    def has_results(self) -> bool:
        """Whether there are results to go back to."""
        return self._results is not None

    def start(self, text: str, thread: str | None) -> None:
        """Search all runs, or those of a thread, for a query.

        Raises:
            QueryError: The text is no query.

        """
        from whitetail.run.row_texts import QueryTexts
        from whitetail.run.search_all import SearchAll
        from whitetail.screens.results import ResultsScreen
        from whitetail.screens.run_search import parsed
        from whitetail.view.matches import TextMatcher

        query = parsed(text)
        self.drop()
        self._text = text
        texts = QueryTexts(query)
        search = SearchAll(self._source.scan, texts, self._runs(thread))
        where = "all threads" if thread is None else "this thread"
        title = f"/{one_line(text, 60)} in {where}"
        matcher = TextMatcher.of(query)
        flows = self._delete_flow, self._export_flow
        self._results = ResultsScreen(
            self._source, search, texts, matcher, title, *flows
        )
        self._screen.app.install_screen(self._results, "results")
        self.reopen()

    def reopen(self) -> bool:
        """Show the results again as they were. Return whether there are any."""
        if self._results is None:
            return False
        self._screen.app.push_screen(self._results, self._closed)
        return True

    def runs_changed(self) -> None:
        """List the runs of the results again: some have changed, or are gone."""
        if self._results is not None and self._results.is_current:
            self._results.runs_changed()

    def drop(self) -> None:
        """Forget the results."""
        results, self._results = self._results, None
        if results is not None:
            self._screen.app.uninstall_screen(results)
            results.remove()

    def _runs(self, thread: str | None) -> list[tuple[RunKey, int]]:
        """Return the runs to search with their sizes, newest threads and runs first.

        A size that is not known is 0.
        """
        catalog = self._source.catalog
        entries = catalog.thread_entries()
        threads = [each.key for each in entries if thread in (None, each.key)]
        return [
            (run.key, run.size or 0)
            for each in threads
            for run in catalog.run_entries(each)
        ]

    def _closed(self, key: object) -> None:
        from whitetail.view.lists.results import ResultKey

        if isinstance(key, ResultKey):
            run = key.thread, key.run
            generation = self._source.open(run).generation
            self._go_to(EventKey(run, key.row, generation), self._text)
        else:
            self._screen.call_after_refresh(self.drop)
