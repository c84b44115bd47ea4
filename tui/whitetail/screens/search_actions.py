"""The keys that search: in the open run, in its thread, and in all threads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from whitetail.panes.throttle import Throttle
from whitetail.screens.filter_actions import FilterActions
from whitetail.screens.run_search import parsed
from whitetail.screens.search_flow import SearchFlow
from whitetail.trace.query.errors import QueryError

if TYPE_CHECKING:
    from whitetail.panes.query_prompt import QueryHistory
    from whitetail.screens.lists import ListsView
    from whitetail.screens.search_prompt import SearchPrompt

_COUNT_INTERVAL_S = 0.15
"""How often a new count begins while letters are typed."""


class SearchActions(FilterActions):
    """A screen that searches the open run, its thread, and all threads."""

    lists: ListsView
    """The threads and runs."""
    search_flow: SearchFlow
    """Searches over many runs."""

    _search_history: QueryHistory | None = None
    _search_prompt: SearchPrompt | None = None
    _text_before = ""
    """The query of the search before the one that is typed."""
    _count: Throttle | None = None

    async def action_find(self) -> None:
        """Open the input line for a search.

        The key has priority, so the app waits here: what is typed next, in one burst
        perhaps, must not reach the keys of a pane.
        """
        from whitetail.panes.query_prompt import QueryHistory
        from whitetail.screens.search_prompt import SearchPrompt
        from whitetail.trace.query.complete import FoundValues

        if self.is_typing() or not self.is_attached:
            # Not attached: the app has been asked to end meanwhile.
            return
        if self._search_history is None:
            self._search_history = QueryHistory(self.queries["search"])
        self._count = Throttle(self, _COUNT_INTERVAL_S, self._count_matches)
        self._text_before = self.run.searched_text
        none = FoundValues()
        prompt = SearchPrompt(self._search_history, lambda: self.found_values or none)
        self._search_prompt = prompt
        await self.mount(prompt, before=self.status)
        self.set_focus(prompt.input)
        self.find_values()

    def on_search_prompt_changed(self) -> None:
        """Count the matches in the run."""
        if self._count is not None:
            self._count.request()

    def on_search_prompt_scope_changed(self) -> None:
        """Count the matches in the run, if it is searched now."""
        self.on_search_prompt_changed()

    def on_search_prompt_submitted(self, message: SearchPrompt.Submitted) -> None:
        """Search in the scope of the prompt."""
        from whitetail.screens.search_prompt import SearchScope

        prompt, text = self._search_prompt, message.value
        if prompt is None:
            return
        self._close_prompt(prompt)
        if prompt.scope is SearchScope.RUN or not text:
            self.show_events()
            self.run.find(text)
            return
        self.run.end_preview(self._text_before)
        self.restore_focus()
        in_thread = prompt.scope is SearchScope.THREAD
        self.search_flow.start(text, self.lists.threads.key if in_thread else None)

    def on_search_prompt_left(self, message: SearchPrompt.Left) -> None:
        """Close the prompt, and return to the search before."""
        if self._search_prompt is not None:
            self._close_prompt(self._search_prompt)
            self.run.end_preview(self._text_before)
            self.restore_focus()

    def back_to_results(self) -> bool:
        """Show the results of a search again; return whether there are any."""
        return self.search_flow.reopen()

    def _close_prompt(self, prompt: SearchPrompt) -> None:
        self._search_prompt = self._count = None
        self.workers.cancel_group(self, "count")
        prompt.remove()

    @work(exclusive=True, group="count")
    async def _count_matches(self) -> None:
        """Count the matches in the run while a query for it is typed."""
        from whitetail.screens.search_prompt import SearchScope

        prompt = self._search_prompt
        if prompt is None:
            return
        text = prompt.value if prompt.scope is SearchScope.RUN else self._text_before
        try:
            # The first call loads the parser.
            await asyncio.to_thread(parsed, text)
        except QueryError:
            # The prompt names the mistake.
            self.run.end_preview("")
            return
        if prompt is self._search_prompt:
            if prompt.scope is SearchScope.RUN:
                self.run.preview(text)
            else:
                self.run.end_preview(text)
