"""A run at a glance, as far as it has been read."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from whitetail.store import LogChangedError, RunLog, StoreError

from ..panes.lines import LinePane
from ..panes.overview import OverviewPane
from ..trace.account import Account
from ..trace.tally import Prices
from ..view.overview import Entry, overview
from ..view.text import line

_PIECE = 400
_SHOWN = 0.3
_LOOK = 0.5
_GROWING = 20.0


class OverviewScreen(Screen[int | None]):
    """How a run stands, what it used, where its time went; the row that was chosen.

    The run is read in pieces, in a thread; what is known is shown meanwhile, and a
    run that grows costs its growth.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i", "dismiss(None)", "Back", key_display="esc")
    ]

    def __init__(self, log: RunLog, prices: Prices) -> None:
        super().__init__()
        self._log = log
        self._prices = prices

    def compose(self) -> ComposeResult:
        """Lay out the pane."""
        yield OverviewPane("overview")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to read."""
        self.query_one(OverviewPane).border_title = "Run"
        self._read()

    @on(LinePane.Opened)
    def _choose(self) -> None:
        row = self.query_one(OverviewPane).row
        if row is not None:
            self.dismiss(row)

    @work(group="read")
    async def _read(self) -> None:
        """Read the run, and what it grows by; begin anew when its file is another."""
        account, generation = Account(), self._log.generation
        shown = 0.0
        while True:
            whole = len(self._log)
            if self._log.generation != generation:
                account, generation = Account(), self._log.generation
            if account.rows < whole:
                try:
                    await asyncio.to_thread(_feed, account, self._log)
                except LogChangedError:
                    await asyncio.sleep(_LOOK)
                except (StoreError, OSError) as error:
                    said = line(f"The run can't be read: {error}")
                    self.notify(said, severity="error", markup=False)
                    return
            if account.rows >= whole or time.monotonic() - shown > _SHOWN:
                shown = time.monotonic()
                entries, spans = await asyncio.to_thread(
                    _told, account, self._log, self._prices
                )
                read = f"{account.rows:,} of {whole:,} rows read"
                # None when the screen was left meanwhile.
                for pane in self.query(OverviewPane):
                    pane.show(entries, account.spans, spans)
                    pane.border_subtitle = "" if account.rows >= whole else read
            if account.rows >= whole:
                await asyncio.sleep(_LOOK)


def _feed(account: Account, log: RunLog) -> None:
    account.feed(log[account.rows : account.rows + _PIECE])


def _told(account: Account, log: RunLog, prices: Prices) -> tuple[list[Entry], int]:
    """Return what there is to say, and how many spans there are."""
    now = time.time()
    stamp = log.stamp
    growing = stamp is not None and now - stamp.mtime_ns / 1e9 < _GROWING
    told = overview(account, now=now, growing=growing, prices=prices)
    return told, len(account.spans)
