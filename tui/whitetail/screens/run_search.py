"""Searches the run that is open, one search at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event

from whitetail.run.open_run import OpenRun
from whitetail.run.run_lines import RunLines
from whitetail.run.search import Matches, RowTest, contains_text, failed, find_row
from whitetail.view.matches import TextMatcher
from whitetail.view.text import one_line
from whitetail_store import StoreError


class RunSearch:
    """Finds the next row with a text or an error, in the order that is shown.

    `changed` is called if the label changes, `go_to` with the row that was found and
    the text that it contains, `show_error` with the reason why a search failed.
    """

    def __init__(
        self,
        changed: Callable[[], None],
        go_to: Callable[[int, TextMatcher | None], None],
        show_error: Callable[[Exception], None],
    ) -> None:
        self.query: TextMatcher | None = None
        """The last text, which `again` searches for; also in the next run."""
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
        return self._outcome or self._query_label

    def stop(self) -> None:
        """Give up the search that is running, and forget what the last one found."""
        self._stop.set()
        self._outcome = ""

    def set_text(self, text: str) -> None:
        """Search for another text from now on; for none if it is empty."""
        self.stop()
        self.query = TextMatcher(text) if text else None
        self._test = None
        self._changed()

    async def text(
        self, step: int, raw: bool, run: OpenRun, lines: RunLines, row: int
    ) -> None:
        """Go to the next match of the text; to the previous one with step -1.

        With step 0, the search starts with the row itself. With `raw`, the rows are
        searched as their source keeps them.
        """
        if self.query is None:
            return
        if self._test is None or raw != self._raw:
            self._raw, self._test = raw, contains_text(self.query, raw=raw)
        await self._search(self._test, self.query, run, lines, row, step)

    async def error(self, step: int, run: OpenRun, lines: RunLines, row: int) -> None:
        """Go to the next row that is an error; to the previous one with step -1."""
        test = failed(run.failed_rows(), run.rows_read)
        await self._search(test, None, run, lines, row, step)

    @property
    def _query_label(self) -> str:
        return "" if self.query is None else f"/{_short(self.query)}"

    async def _search(
        self,
        test: RowTest,
        query: TextMatcher | None,
        run: OpenRun,
        lines: RunLines,
        row: int,
        step: int,
    ) -> None:
        self._stop.set()
        self._stop = stop = Event()
        name = "error" if query is None else f"{self._query_label}:"
        self._show(f"{name} searching…" if query else "looking for errors…")
        order, start = lines.positions(), lines.position(row) + step
        try:
            found = await asyncio.to_thread(
                find_row, run.rows, order, start, step or 1, test, stop
            )
            if stop.is_set():
                return
            if found is None:
                what = "error" if query is None else f'match for "{_short(query)}"'
                self._show(f"No {what} in this run")
                return
            wrapped = " (search wrapped around)" if found.wrapped else ""
            self._show(f"{name.removesuffix(':')}{wrapped}")
            self._go_to(found.row, query)
            if self._matches is None or not self._matches.are_of(run.rows, test):
                self._matches = Matches(run.rows, test)
            rank = await asyncio.to_thread(self._matches.rank, order, found.row, stop)
        except (StoreError, OSError, IndexError) as error:
            self._outcome = ""
            self._show_error(error)
            return
        if rank is not None and not stop.is_set():
            self._show(f"{name} {rank.number:,} of {rank.total:,}{wrapped}")

    def _show(self, outcome: str) -> None:
        self._outcome = outcome
        self._changed()


def _short(query: TextMatcher) -> str:
    return one_line(query.text, 30)
