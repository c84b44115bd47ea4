"""The line in which the user types what narrows a list."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.widget import Widget

from whitetail.panes.shaped_list import ShapedList
from whitetail.screens.work import start_work
from whitetail.view.lists.narrow import Narrowing, looks_like_query, query_narrowing

if TYPE_CHECKING:
    from whitetail.panes.query_prompt import QueryHistory, QueryPrompt
    from whitetail.trace.query.complete import FoundValues
    from whitetail.trace.query.fields import Scope

AnyList = ShapedList[Any, Any]

_PLACEHOLDER = "names, or a query such as before:7d or status:failed"
_HINT = "ctrl+space lists fields and values · esc shows all"


class Narrower:
    """Narrows a list while the user types; owns the line and its history.

    Names narrow at once. Queries are parsed, and compared first, in a thread.
    """

    def __init__(
        self,
        screen: Screen[None],
        show: Callable[[], None],
        restore_focus: Callable[[], None],
        queries: list[str],
    ) -> None:
        """`show` is called after a list was narrowed, the other one at the end.

        `queries` are older texts, to which new ones are added.
        """
        self._queries = queries
        self._screen = screen
        self._show = show
        self._restore_focus = restore_focus
        self._prompt: QueryPrompt | None = None
        self._history: QueryHistory | None = None
        self._pane: AnyList | None = None
        self._anchor: Hashable = None
        """The key under the cursor before the text was typed."""

    @property
    def is_open(self) -> bool:
        """Whether the line is shown."""
        return self._prompt is not None

    def owns(self, prompt: QueryPrompt) -> bool:
        """Return whether a line is this one."""
        return prompt is self._prompt

    async def open(self, pane: AnyList, before: Widget) -> None:
        """Show the line for a list, above another widget, and give it the focus."""
        from whitetail.panes.query_language import mistakes, suggestions
        from whitetail.panes.query_prompt import QueryHistory, QueryPrompt

        if self._history is None:
            self._history = QueryHistory(self._queries)
            start_work(self._screen, _import_parser, group="import")
        self._pane, self._anchor = pane, pane.key
        find_mistake = mistakes(self._scope)
        self._prompt = QueryPrompt(
            "narrow",
            history=self._history,
            value=pane.narrowing.text if pane.narrowing else "",
            placeholder=_PLACEHOLDER,
            hint=_HINT,
            find_mistake=lambda text: (
                find_mistake(text) if looks_like_query(text) else None
            ),
            suggest=suggestions(self._scope, self._found_values),
        )
        await self._screen.mount(self._prompt, before=before)
        self._screen.set_focus(self._prompt.input)

    def changed(self, text: str) -> None:
        """Narrow the list by a text that is still being typed."""
        work = partial(self._narrow, text)
        start_work(self._screen, work, group="narrow", exclusive=True)

    async def submit(self, text: str) -> None:
        """Keep the list narrowed by a text, and close the line."""
        await self._narrow(text)
        await self._close()

    async def leave(self) -> None:
        """Show all entries again, and close the line."""
        await self._narrow("")
        await self._close()

    async def _close(self) -> None:
        prompt, self._prompt = self._prompt, None
        if prompt is not None and self._pane is not None:
            self._screen.workers.cancel_group(self._screen, "narrow")
            self._restore_focus()
            await prompt.remove()

    async def _narrow(self, text: str) -> None:
        """Narrow the list. A query with a mistake leaves the list as it is."""
        pane = self._pane
        assert pane is not None
        narrowing: Narrowing | None = None
        if looks_like_query(text):
            from whitetail.trace.query.errors import QueryError

            entries = list(pane.all_entries)
            try:
                narrowing = await asyncio.to_thread(
                    _query_narrowing, text, self._scope, entries
                )
            except QueryError:
                return
        elif text.strip():
            narrowing = Narrowing(text.strip())
        if narrowing is None and pane.narrowing is None:
            return
        key = pane.key
        pane.narrow(narrowing)
        if narrowing is not None and narrowing.by_name:
            pane.action_top()
        elif narrowing is not None or key is None:
            pane.go_to(self._anchor)
        self._show()

    @property
    def _scope(self) -> Scope:
        from whitetail.trace.query.fields import Scope

        is_threads = self._pane is not None and self._pane.id == "threads"
        return Scope.THREADS if is_threads else Scope.RUNS

    def _found_values(self) -> FoundValues:
        from whitetail.trace.query.complete import FoundValues

        entries = self._pane.all_entries if self._pane else ()
        models = {name for entry in entries for name in entry.models or ()}
        return FoundValues(models=sorted(models))


def _query_narrowing(text: str, scope: Scope, entries: list[Any]) -> Narrowing:
    """Return the narrowing by a query, which has looked at all entries once."""
    narrowing = query_narrowing(text, scope, time.time())
    narrowing.of(entries)
    return narrowing


async def _import_parser() -> None:
    """Import the parser of queries, so that it is there when the first one is typed."""
    from whitetail.trace.query.parse import parse_query

    await asyncio.to_thread(parse_query, "before:7d")
