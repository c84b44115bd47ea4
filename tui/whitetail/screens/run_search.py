"""Searches the run that is open, one search at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event

from whitetail.run.open_run import OpenRun
from whitetail.run.run_lines import RunLines
from whitetail.run.search import RowTest, contains_text, failed, find_row
from whitetail.view.text import one_line
from whitetail_store import StoreError


class RunSearch:
    """Finds the next row with a text or an error, in the order that is shown.

    `show_activity` gets what the status line says, `go_to` the row that was found,
    `show_error` why a search failed.
    """

    def __init__(
        self,
        show_activity: Callable[[str], None],
        go_to: Callable[[int], None],
        show_error: Callable[[Exception], None],
    ) -> None:
        self.label = ""
        """The last text search, for the status line; empty if there was none."""
        self._test: RowTest | None = None
        self._stop = Event()
        self._show_activity = show_activity
        self._go_to = go_to
        self._show_error = show_error

    def stop(self) -> None:
        """Give up the search that is running."""
        self._stop.set()

    async def text(self, query: str, run: OpenRun, lines: RunLines, row: int) -> None:
        """Go to the next row with a text, from a row on, which may have it itself."""
        self._test = contains_text(query)
        self.label = f"/{one_line(query, 30)}"
        await self._search(self._test, self.label, run, lines, row, 0, 1)

    async def again(self, step: int, run: OpenRun, lines: RunLines, row: int) -> None:
        """Go to the next match of the last text; to the previous one with step -1."""
        if self._test is not None:
            await self._search(self._test, self.label, run, lines, row, step, step)

    async def error(self, step: int, run: OpenRun, lines: RunLines, row: int) -> None:
        """Go to the next row that is an error; to the previous one with step -1."""
        test = failed(run.failed_rows(), run.rows_read)
        await self._search(test, "errors", run, lines, row, step, step)

    async def _search(
        self,
        test: RowTest,
        name: str,
        run: OpenRun,
        lines: RunLines,
        row: int,
        skip: int,
        step: int,
    ) -> None:
        self._stop.set()
        self._stop = stop = Event()
        self._show_activity(f"{name}: searching…")
        start = lines.position(row) + skip
        try:
            found = await asyncio.to_thread(
                find_row, run.rows, lines.positions(), start, step, test, stop
            )
        except (StoreError, OSError, IndexError) as error:
            self._show_error(error)
            return
        if stop.is_set():
            return
        if found is None:
            self._show_activity(f"{name}: none in this run")
            return
        wrapped = " (from the other end)" if found.wrapped else ""
        self._show_activity(f"{name}{wrapped}")
        self._go_to(found.row)
