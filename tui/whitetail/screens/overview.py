"""The overview of a run: status, usage, files and timeline."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from whitetail.keys import bindings
from whitetail.panes.key_bar import KeyBar
from whitetail.panes.line_list import LineList
from whitetail.panes.overview import OverviewPane
from whitetail.panes.throttle import Coalesced, Throttle
from whitetail.run.listener import RunListener
from whitetail.run.open_run import OpenRun
from whitetail.run.protocols import RunRows
from whitetail.screens.typed_text import TypedTextGuard
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.stats.spans import SpanKind
from whitetail.trace.stats.stats import RunStats
from whitetail.view.brief import reason
from whitetail.view.overview.calls import CallGroup, slowest_calls
from whitetail.view.overview.entry import Entry
from whitetail.view.overview.overview import overview, timeline_heading
from whitetail.view.overview.timeline import Timeline
from whitetail_store import LogChangedError, StoreError

_UPDATE_INTERVAL_S = 0.5
"""How often the overview is laid out again while the run is read or grows."""
_CLOCK_INTERVAL_S = 1.0
"""How often a run without an end shows for how long no event was written."""


class OverviewScreen(TypedTextGuard[int | None], RunListener):
    """Shows what is known of a run while it is read; returns the row that is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("overview-screen")

    def __init__(
        self,
        run: OpenRun,
        prices: Callable[[], Prices],
        is_growing: Callable[[], bool],
        title: str,
        offer_file: Callable[[str, Callable[[], object] | None], object],
    ) -> None:
        super().__init__()
        self._is_growing = is_growing
        self._offer_file = offer_file
        self._run = run
        self._prices = prices
        self._shown_prices: Prices | None = None
        self._pane = OverviewPane("overview")
        self._pane.border_title = Content(title)
        self._ended = False
        self._layout = Coalesced(self._lay_out_once)
        self._update = Throttle(self, _UPDATE_INTERVAL_S, self._lay_out)
        self._unsubscribe = run.subscribe(self)

    def compose(self) -> ComposeResult:
        """Yield the pane."""
        yield self._pane
        yield KeyBar()

    def on_mount(self) -> None:
        """Have the whole run read."""
        self._run.read_all()
        self._update.request()
        self.set_interval(_CLOCK_INTERVAL_S, self._show_time)

    def on_unmount(self) -> None:
        """Stop following the run."""
        self._unsubscribe()

    @on(LineList.Opened)
    async def _choose(self) -> None:
        if (group := self._pane.calls) is not None:
            await self._list_calls(group)
        elif path := self._pane.path:
            self._offer_file(path, partial(self.dismiss, self._pane.row))
        elif (row := self._pane.row) is not None:
            self.dismiss(row)

    async def action_slowest_calls(self) -> None:
        """List all tool calls, the slowest first.

        The key has priority, so the app waits here: enter right behind the key must
        reach the list.
        """
        await self._list_calls(CallGroup(SpanKind.TOOL, None))

    async def _list_calls(self, group: CallGroup) -> None:
        """List calls, and go to the one that is chosen."""
        from whitetail.panes.menu import MenuItem
        from whitetail.screens.menu import MenuScreen

        found = await self._run.ask(lambda stats: slowest_calls(stats.spans, group))
        if not found.calls:
            self.notify("No such calls so far.", markup=False)
        elif self.is_current:
            items = [
                MenuItem("", each.label, each.row, True, each.note)
                for each in found.calls
            ]
            await self.app.push_screen(MenuScreen(found.title, items), self._go_to)

    def _go_to(self, row: int | None) -> None:
        if row is not None:
            self.dismiss(row)

    def _show_time(self) -> None:
        if not self._ended or self._prices() is not self._shown_prices:
            self._update.request()

    @work(group="overview")
    async def _lay_out(self) -> None:
        await self._layout.request()

    async def _lay_out_once(self) -> None:
        """Lay the overview out in a thread, from the statistics so far."""
        try:
            run, prices, growing = self._run, self._prices(), self._is_growing()
            contents = await run.ask(
                partial(_contents, run.rows, prices, growing, _unread(run))
            )
        except LogChangedError:
            # The run starts again with the file that is there now, and publishes that.
            return
        except (StoreError, OSError) as error:
            self.run_failed(error)
            return
        self._ended, self._shown_prices = contents.ended, prices
        self._pane.show(contents.entries, contents.timeline)

    # RunListener.

    def run_opened(self) -> None:
        """Read the file that has replaced the run's."""
        self._run.read_all()
        self._update.request()

    def run_progressed(self) -> None:
        """Show what was read since."""
        self._update.request()

    def run_failed(self, error: Exception) -> None:
        """Show why the run cannot be read."""
        text = f"The run cannot be read: {reason(error)}"
        self.notify(text, severity="error", markup=False)

    def run_closed(self) -> None:
        """Leave: the run was deleted, or another one is open."""
        if self.can_close:
            self.notify(
                "The run was deleted, or another one is open now.", markup=False
            )
            self.dismiss(None)


def _unread(run: OpenRun) -> str:
    """Return why not all of a run's rows were read. Empty if they were."""
    if run.failed is not None:
        return f"cannot be read: {reason(run.failed)}"
    return "being read" if run.outline is None else ""


class _Contents(NamedTuple):
    entries: list[Entry]
    timeline: Timeline
    ended: bool


def _contents(
    rows: RunRows, prices: Prices, growing: bool, unread: str, stats: RunStats
) -> _Contents:
    """Return the lines of the overview, and whether the run was read to its end."""
    now, written, spans = time.time(), rows.written_at, stats.spans
    entries = overview(
        stats,
        prices,
        now=now,
        growing=growing,
        written=written,
        rows=rows,
        unread=unread,
    )
    timeline = Timeline(spans, spans.display_order(), spans.time_range)
    entries += timeline_heading()
    return _Contents(entries, timeline, stats.ended and not unread)
