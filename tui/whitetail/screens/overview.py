"""A run at a glance, as far as it has been read."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from whitetail.panes.line_list import LineList
from whitetail.panes.overview import OverviewPane
from whitetail.panes.rows import RowsPane
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.stats.stats import RunStats
from whitetail.view.overview.entry import Entry
from whitetail.view.overview.overview import overview
from whitetail.view.overview.timeline import Timeline
from whitetail.view.text import one_line
from whitetail_store import LogChangedError, RunLog, StoreError

_EACH, _WHILE = 1.0, 0.5
_LOOK = 0.25
_GROWING = 20.0


class OverviewScreen(Screen[int | None]):
    """How a run stands, what it used, where its time went; the row that was chosen.

    What is known is shown while the run is being read, by the pane of its events.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i", "dismiss(None)", "Back", key_display="esc")
    ]

    def __init__(self, rows: RowsPane, log: RunLog, prices: Prices) -> None:
        super().__init__()
        self._pane = OverviewPane("overview")
        self._pane.border_title = "Run"
        self._rows = rows
        self._log = log
        self._prices = prices

    def compose(self) -> ComposeResult:
        """Lay out the pane."""
        yield self._pane
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to read."""
        self._read()

    @on(LineList.Opened)
    def _choose(self) -> None:
        row = self._pane.row
        if row is not None:
            self.dismiss(row)

    @work(group="read")
    async def _read(self) -> None:
        """Have the run read, and show what is known of it, again as it grows.

        While it has no end, the time that it has been quiet is told each second.
        """
        self._rows.ask_order()
        read, ended, shown = -1, False, -_EACH
        while True:
            waits = ended or time.monotonic() - shown < _EACH
            if self._rows.read == read and waits:
                await asyncio.sleep(_LOOK)
                continue
            read, shown = self._rows.read, time.monotonic()
            try:
                told = await self._rows.consult(partial(_told, self._log, self._prices))
            except LogChangedError:
                # The pane begins anew with the file that is there now.
                read = -1
                await asyncio.sleep(_LOOK)
                continue
            except (StoreError, OSError) as error:
                said = one_line(f"The run can't be read: {error}")
                self.notify(said, severity="error", markup=False)
                return
            if told is not None:
                ended = told.ended
                self._pane.show(told.entries, told.waterfall)
            await asyncio.sleep(_WHILE if self._rows.reading else _LOOK)


class _Told(NamedTuple):
    entries: list[Entry]
    waterfall: Timeline
    ended: bool


def _told(log: RunLog, prices: Prices, account: RunStats) -> _Told:
    """Return what there is to say."""
    now, stamp, spans = time.time(), log.stamp, account.spans
    written = None if stamp is None else stamp.mtime_ns / 1e9
    growing = written is not None and now - written < _GROWING
    entries = overview(
        account, prices, now=now, growing=growing, written=written, rows=log
    )
    waterfall = Timeline(spans, spans.display_order(), spans.time_range)
    return _Told(entries, waterfall, account.verdict.ended)
