"""The lists of threads and runs, and the reading that fills them."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from whitetail.keymap import shown_key
from whitetail.panes.line_list import LineList
from whitetail.panes.runs import RunsPane
from whitetail.panes.shaped_list import ShapedList
from whitetail.panes.threads import ThreadsPane
from whitetail.panes.throttle import Throttle
from whitetail.run.metrics import MetricsWorker
from whitetail.run.open_run import OpenRun
from whitetail.screens.list_width import ListWidth
from whitetail.source.prices import PricesError, user_prices
from whitetail.source.protocols import Source
from whitetail.trace.stats.metrics import run_totals
from whitetail.trace.stats.pricing import Prices
from whitetail.view.brief import plural
from whitetail_store import RunKey

_LISTS_INTERVAL_S = 0.25
"""How often the lists are filled again when threads or runs are added or removed."""
_NUMBERS_INTERVAL_S = 1.0
"""The same while only the numbers of growing runs change."""
_METRICS_INTERVAL_S = 0.5
"""The same while runs are read for their metrics."""
_MANY_RUNS = 1_000
_OPEN_INTERVAL_S = 0.08
"""A run under the cursor is opened at once, then at most this often."""


class ListsView(Container):
    """Shows the threads of a source and the runs of the thread under the cursor.

    Runs whose line or status is visible are read in the background: first their heads
    and tails, then all of their rows for the metrics.
    """

    @dataclass
    class RunHighlighted(Message):
        """The cursor is on another run; None if there is none."""

        key: RunKey | None

    @dataclass
    class PricesFailed(Message):
        """The user's price file cannot be used."""

        error: PricesError

    def __init__(self, id: str, source: Source, prices: Path | None) -> None:  # noqa: A002
        """Show the runs of `source`; `prices` is the user's price file, if any."""
        super().__init__(id=id)
        self.threads = ThreadsPane("threads", time.time)
        self.runs = RunsPane("runs", time.time)
        self._source = source
        self._catalog = source.catalog
        self._prices_path, self._own_prices = prices, Prices({})
        self._worker = MetricsWorker(source.catalog, source.open, source.open_cache)
        self._heads_wanted, self._metrics_wanted = asyncio.Event(), asyncio.Event()
        self._prices_read = asyncio.Event()
        self._fill = Throttle(self, _LISTS_INTERVAL_S, self.fill)
        self._fill_numbers = Throttle(self, _NUMBERS_INTERVAL_S, self.fill)
        self._fill_metrics = Throttle(self, _METRICS_INTERVAL_S, self.fill)
        self._reread = Throttle(self, _NUMBERS_INTERVAL_S, self._heads_wanted.set)
        self._highlight = Throttle(self, _OPEN_INTERVAL_S, self._post_highlighted)
        self._update_open_metrics = Throttle(
            self, _NUMBERS_INTERVAL_S, self._set_open_metrics
        )
        self._open_run: OpenRun | None = None
        self._highlighted: RunKey | None = None
        """The run that the cursor was on last, also if a text hides it now."""
        self.list_width = ListWidth(self.threads, self.runs)

    @property
    def prices(self) -> Prices:
        """The prices of models."""
        return self._worker.prices

    def compose(self) -> ComposeResult:
        """Yield the panes."""
        yield self.threads
        yield self.runs

    def fill(self) -> None:
        """Show what the catalog lists now."""
        if not (self.threads.is_attached and self.runs.is_attached):
            return  # The app ends, and has removed them.
        self.threads.show(self._catalog.thread_entries())
        self._fill_runs()
        self.fit_width()

    def widen(self) -> None:
        """Show all threads and runs again, if a list was narrowed."""
        for pane in (self.threads, self.runs):
            if pane.narrowing is not None:
                pane.narrow(None)
        self._fill_runs()

    def narrowed(self) -> None:
        """Show the runs of the thread that is under the cursor of a narrowed list."""
        self._fill_runs()
        self._heads_wanted.set()

    def fit_width(self) -> None:
        """Be as wide as the user wants, else as wide as the lines, up to a limit.

        Where the lists have all of the width, the style sheet decides.
        """
        cells = self.list_width.cells
        if cells is None:
            self.styles.clear_rule("width")
            self.styles.clear_rule("max_width")
        elif self.styles.width is None or self.styles.width.value != cells:
            self.styles.width = self.styles.max_width = cells

    def resize(self, by: int) -> None:
        """Make the lists wider or narrower than their lines need."""
        self.list_width.resize(self.size.width, by)
        self.fit_width()

    def set_width(self, cells: int) -> None:
        """Be so wide, as far as the screen allows it; 0 fits the lines."""
        self.list_width.chosen, self.list_width.resized = cells, False
        if self.is_mounted:
            self.fit_width()

    def use_prices(self, prices: Prices) -> None:
        """Count costs with these prices, which win over those of the price file."""
        self._own_prices = prices
        if self._prices_read.is_set():
            self._read_prices_again()

    def on_resize(self) -> None:
        """Fit the width: the layout of the screen can have changed."""
        self.fit_width()

    def start_reading(self) -> None:
        """Start to read heads and tails of the runs that the lists show."""
        self._read_heads_and_tails()

    def start_reading_metrics(self) -> None:
        """Start to read all rows of visible runs, for their metrics."""
        self._read_metrics()

    def runs_changed(self, *, added_or_removed: bool) -> None:
        """Update the lists after a change that the catalog already has."""
        (self._fill if added_or_removed else self._fill_numbers).request()
        self._reread.request()

    def pass_time(self) -> None:
        """Show what changes with time alone, such as the status of a quiet run."""
        self._metrics_wanted.set()
        if self._catalog.thread_count:
            self._fill.request()

    def read_more(self) -> None:
        """Read what the visible lines need and was not read yet."""
        self._heads_wanted.set()

    def skip(self, key: RunKey) -> None:
        """Read no metrics of a run that is open: its reader has them."""
        self._worker.skipped = key

    def slow_down(self) -> None:
        """Read slower for a moment, because the open run has changed."""
        self._worker.slow_down()

    def run_read(self, run: OpenRun) -> None:
        """Show the row count of the open run, and its metrics once all was read."""
        self._open_run = run
        if not run.read_whole:
            self._worker.slow_down()
        self._catalog.set_row_count(run.key, run.row_count)
        self._fill_numbers.request()
        self._update_open_metrics.request()

    def select(self, thread_id: str, run_id: str | None) -> None:
        """Put the cursor on a thread, and on one of its runs, even if it is hidden."""
        self.threads.reveal(thread_id)
        self._fill_runs()
        if run_id is not None:
            self.runs.reveal((thread_id, run_id))

    def go_to_run(self, key: RunKey) -> None:
        """Put the cursor on a run of the open thread, even if it is hidden."""
        self._fill_runs()
        self.runs.reveal(key)

    def chosen_runs(self, *, of_threads: bool) -> tuple[list[RunKey], dict[str, str]]:
        """Return the runs that are chosen in a list.

        They are those of the selected threads or runs, else those under the cursor.
        Also the titles of the chosen threads, by thread id; empty if runs are chosen.
        """
        if not of_threads:
            return [each.key for each in self.runs.chosen], {}
        threads = self.threads.chosen
        keys = [key for each in threads for key in self._catalog.run_keys(each.key)]
        return keys, {
            each.key: f"{each.title} ({plural(each.runs, 'run')})" for each in threads
        }

    @on(ThreadsPane.Highlighted, "#threads")
    def _thread_highlighted(self) -> None:
        self._fill_runs()
        self._heads_wanted.set()

    @on(RunsPane.Highlighted, "#runs")
    def _run_highlighted(self) -> None:
        self._highlight.request()
        self._metrics_wanted.set()

    @on(ShapedList.OrderChanged)
    def _order_changed(self, message: ShapedList.OrderChanged) -> None:
        """Read long runs, too, if the list is sorted by what all of their rows have."""
        pane = self.threads if message.pane is self.threads else self.runs
        if pane.order.column.needs_all_rows:
            self._request_metrics(of_threads=pane is self.threads)
        if pane is self.threads:
            self._fill_runs()

    def _request_metrics(self, *, of_threads: bool) -> None:
        threads = [each.key for each in self.threads.all_entries]
        if not of_threads:
            threads = [self.threads.key] if self.threads.key else []
        for thread in threads:
            self._worker.requested.update(self._catalog.run_keys(thread))
        for pane in (self.threads, self.runs):
            pane.hint_at_unread("")
        self._metrics_wanted.set()

    @on(LineList.VisibleLinesChanged)
    def _visible_lines_changed(self) -> None:
        self._heads_wanted.set()

    def _fill_runs(self) -> None:
        thread, shown = self.threads.key, self.runs.all_entries
        if thread is None and self.threads.narrowing and shown:
            # The text is perhaps still being typed: the runs stay there meanwhile.
            thread, _ = shown[0].key
        self.runs.show(self._catalog.run_entries(thread) if thread else [])
        still_there = {each.key for each in self.runs.all_entries}
        if self.runs.key is None and self._highlighted not in still_there:
            self._highlighted = None
            self.post_message(self.RunHighlighted(None))

    def _post_highlighted(self) -> None:
        if self.runs.key is not None:
            self._highlighted = self.runs.key
            self.post_message(self.RunHighlighted(self._highlighted))

    @work(group="heads and tails")
    async def _read_heads_and_tails(self) -> None:
        threads, runs = self.threads, self.runs
        while True:
            while await self._source.read_some(threads.visible_keys, runs.visible_keys):
                self._fill.request()
                self._metrics_wanted.set()
            self._metrics_wanted.set()
            await self._heads_wanted.wait()
            self._heads_wanted.clear()

    @work(group="metrics")
    async def _read_metrics(self) -> None:
        # Imported here, because the first screen does not need it.
        from whitetail.run.backlog import Backlog

        read_heads = partial(self._source.read_some, ())
        backlog = Backlog(self._catalog, self._worker, read_heads)
        await self._read_prices()
        self._prices_read.set()
        while True:
            wanted = self._runs_with_visible_status()
            read = await self._worker.read_some(wanted)
            waiting = self._worker.is_waiting
            if read:
                self._fill_metrics.request()
            if read and not waiting:
                continue
            if await backlog.read_some():
                self._fill_numbers.request()
                continue
            if waiting:
                continue
            self._hint_at_unread()
            await self._metrics_wanted.wait()
            self._metrics_wanted.clear()

    def _hint_at_unread(self) -> None:
        """Show which key reads the runs that are too long to be read unasked."""
        unread = self._catalog.newest_without_metrics(_MANY_RUNS, sys.maxsize)
        long = any(not self._worker.may_read(key) for key in unread)
        hint = f"{shown_key('sort_menu')} o reads long runs"
        for pane in (self.threads, self.runs):
            pane.hint_at_unread(hint if long else "")

    async def _read_prices(self) -> None:
        prices = self._own_prices
        try:
            prices = await asyncio.to_thread(user_prices, self._prices_path, prices)
        except PricesError as error:
            self.post_message(self.PricesFailed(error))
        self._worker.prices = prices
        for pane in (self.threads, self.runs):
            pane.show_costs(prices.currency if prices else "")

    @work(exclusive=True, group="prices")
    async def _read_prices_again(self) -> None:
        await self._read_prices()
        self._catalog.reread_metrics()
        self._metrics_wanted.set()
        self._update_open_metrics.request()

    def _runs_with_visible_status(self) -> list[RunKey]:
        """Return the runs whose status is visible, those of the open thread first."""
        newest = map(self._catalog.newest_run, self.threads.visible_keys)
        return [*self.runs.visible_keys, *(key for key in newest if key is not None)]

    @work(exclusive=True, group="metrics of the open run")
    async def _set_open_metrics(self) -> None:
        run = self._open_run
        if run is None or not run.read_whole:
            return
        await self._prices_read.wait()
        stamp = run.rows.stamp
        totals = await run.ask(run_totals)
        if stamp is not None and run is self._open_run:
            self._catalog.set_metrics(run.key, totals.metrics(self.prices), stamp)
            self._fill_metrics.request()
            await self._worker.remember(run.key, totals, stamp)
