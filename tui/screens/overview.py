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
from ..trace.price import Prices
from ..view.entry import Entry
from ..view.overview import overview
from ..view.text import line
from ..view.waterfall import Waterfall

# As many as stay in a core's cache between being parsed and being read.
_PIECE = 25
_FIRST = 0.05
_WHILE = 0.5
_EACH = 1.0
_LOOK = 0.25
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
        """Read the run, and what it grows by; begin anew when its file is another.

        While it has no end, the time that it has been quiet is told each second.
        """
        account, generation, shown = Account(), self._log.generation, -_EACH
        while True:
            if self._log.generation != generation:
                account, generation, shown = Account(), self._log.generation, -_EACH
            quiet = time.monotonic() - shown < _EACH or account.judge.ended
            if account.rows and account.rows >= len(self._log) and quiet:
                await asyncio.sleep(_LOOK)
                continue
            try:
                told = await asyncio.to_thread(
                    _read_on, account, self._log, generation, self._prices
                )
            except LogChangedError:
                await asyncio.sleep(_LOOK)
                continue
            except (StoreError, OSError) as error:
                said = line(f"The run can't be read: {error}")
                self.notify(said, severity="error", markup=False)
                return
            shown = time.monotonic()
            # None when the screen was left meanwhile.
            for pane in self.query(OverviewPane):
                pane.show(*told)
            if not account.rows:
                await asyncio.sleep(_LOOK)


def _read_on(
    account: Account, log: RunLog, generation: int, prices: Prices
) -> tuple[list[Entry], Waterfall]:
    """Read rows for a while, the first while shorter, and return what there is to say.

    The rows are those of one generation of the log.
    """
    until = time.monotonic() + (_WHILE if account.rows else _FIRST)
    while account.rows < len(log) and log.generation == generation:
        account.feed(log[account.rows : account.rows + _PIECE])
        if time.monotonic() > until:
            break
    now, stamp, spans = time.time(), log.stamp, account.spans
    written = None if stamp is None else stamp.mtime_ns / 1e9
    growing = written is not None and now - written < _GROWING
    entries = overview(
        account, prices, now=now, growing=growing, written=written, rows=log
    )
    return entries, Waterfall(spans, spans.stacked(), spans.window)
