"""Searches the run that is open, one search at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING

from whitetail.keymap import shown_key
from whitetail.run.open_run import OpenRun
from whitetail.run.run_lines import RunLines
from whitetail.run.search import Matches, RowTest, failed, find_row, matching
from whitetail.view.matches import TextMatcher
from whitetail.view.text import one_line
from whitetail_store import StoreError

if TYPE_CHECKING:
    from whitetail.trace.query.nodes import Query

_COUNT_INTERVAL_S = 0.25
"""How often the number of matches is shown while they are counted."""


class RunSearch:
    """Finds the next row that matches a query or is an error, in the order shown.

    `changed` is called if the label changes, `go_to` with the row that was found and
    what marks the match in it, `show_error` with the reason why a search failed.
    """

    def __init__(
        self,
        changed: Callable[[], None],
        go_to: Callable[[int, TextMatcher | None], None],
        show_error: Callable[[Exception], None],
    ) -> None:
        self.matcher: TextMatcher | None = None
        """Marks what the last query looks for; None if it looks for no text."""
        self._text = ""
        self._query: Query | None = None
        """The query of the text; None if the text is empty."""
        self._raw = False
        self._test: RowTest | None = None
        self._matches: Matches | None = None
        self._outcome = ""
        self._stop = Event()
        self._changed = changed
        self._go_to = go_to
        self._show_error = show_error

    @property
    def label(self) -> str:
        """What the status line says of the last search; empty if there was none."""
        return self._outcome or self._name

    @property
    def text(self) -> str:
        """The last query as it was typed; empty if there is none."""
        return self._text

    def stop(self) -> None:
        """Give up the search that is running, and forget what the last one found."""
        self._stop.set()
        self._outcome = ""

    def forget(self) -> None:
        """Give up the search that is running, and show only what is searched for."""
        self.stop()
        self._changed()

    def set_text(self, text: str) -> None:
        """Search for another query from now on, also in the next run.

        For none if the text is empty.

        Raises:
            QueryError: The text is no query.

        """
        if text == self._text:
            return
        query = parsed(text) if text else None
        self.stop()
        self._text, self._query, self._test = text, query, None
        self.matcher = None if query is None else TextMatcher.of(query)
        self._changed()

    async def find(
        self,
        step: int,
        raw: bool,
        run: OpenRun,
        lines: RunLines,
        row: int,
        *,
        only_count: bool = False,
    ) -> None:
        """Go to the next match of the query; to the previous one with step -1.

        With step 0, the search starts with the row itself. With `raw`, the rows are
        searched as their source keeps them. `only_count` shows the number of the match
        without going to it.
        """
        if self._query is None:
            if step and not only_count:
                self._outcome = f"No search yet: {shown_key('find')} begins one"
                self._changed()
            return
        if self._test is None or raw != self._raw:
            self._raw, self._test = raw, matching(self._query, raw=raw)
        await self._search(
            self._test, True, run, lines, row, step, only_count=only_count
        )

    async def error(self, step: int, run: OpenRun, lines: RunLines, row: int) -> None:
        """Go to the next row that is an error; to the previous one with step -1."""
        test = failed(run.failed_rows(), run.rows_read)
        await self._search(test, False, run, lines, row, step)

    @property
    def _name(self) -> str:
        return f"/{one_line(self._text, 30)}" if self._text else ""

    async def _search(
        self,
        test: RowTest,
        of_query: bool,
        run: OpenRun,
        lines: RunLines,
        row: int,
        step: int,
        *,
        only_count: bool = False,
    ) -> None:
        self._stop.set()
        self._stop = stop = Event()
        name = self._name if of_query else "error"
        self._show(f"{name}: searching…" if of_query else "looking for errors…")
        positions, start = lines.positions(), lines.position(row) + step
        try:
            order = await asyncio.to_thread(positions)
            found = await asyncio.to_thread(
                find_row, run.rows, order, start, step or 1, test, stop
            )
            if stop.is_set():
                return
            if found is None:
                what = f'match for "{name[1:]}"' if of_query else "error"
                self._show(f"No {what} in this run")
                return
            wrapped = " (search wrapped around)" if found.wrapped else ""
            self._show(f"{name}{wrapped}")
            if not only_count:
                self._go_to(found.row, self.matcher if of_query else None)
            if self._matches is None or not self._matches.are_of(run.rows, test):
                self._matches = Matches(run.rows, test)
            await self._count(self._matches, order, found.row, stop, name, wrapped)
        except (StoreError, OSError, IndexError) as error:
            self._outcome = ""
            self._show_error(error)

    async def _count(
        self,
        matches: Matches,
        order: Sequence[int],
        row: int,
        stop: Event,
        name: str,
        wrapped: str,
    ) -> None:
        """Show the number of a match, again and again until all are counted."""
        complete = False
        while not complete:
            rank = await asyncio.to_thread(
                matches.rank, order, row, stop, _COUNT_INTERVAL_S
            )
            if rank is None or stop.is_set():
                return
            complete = rank.complete
            plus = "" if complete else "+"
            self._show(f"{name}: {rank.number:,} of {rank.total:,}{plus}{wrapped}")

    def _show(self, outcome: str) -> None:
        self._outcome = outcome
        self._changed()


def parsed(text: str) -> Query:
    """Return the query of a text, for a search over events.

    Raises:
        QueryError: The text is no query, or one that only other lists have.

    """
    from whitetail.trace.query.errors import QueryError
    from whitetail.trace.query.fields import Scope, unsupported
    from whitetail.trace.query.parse import parse_query

    query = parse_query(text)
    if problem := unsupported(query, Scope.SEARCH):
        raise QueryError(problem, 0)
    return query
