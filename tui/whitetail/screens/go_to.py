"""Goes to a position in the run that is open: a number, a time or a share of it."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING

from textual import work
from textual.widget import Widget

from whitetail.keymap import shown_key
from whitetail.screens.produced import FileActions
from whitetail.view.brief import reason
from whitetail_store import StoreError

if TYPE_CHECKING:
    from whitetail.run.go_to import Moment, NotFoundError, Offset, RowTimes, Target
    from whitetail.run.open_run import OpenRun
    from whitetail.screens.go_to_bar import GoToBar

_STEP_ROWS = 20_000
"""How many times are read before the progress is shown."""


class GoToActions(FileActions):
    """A screen with an input line for a position in the open run."""

    status: Widget
    """The status line, above which the input line is shown."""

    _times: RowTimes | None = None
    _cancel: Event | None = None

    async def action_go_to(self) -> None:
        """Open the input line for an event's number, a time, or a command.

        The key has priority, so the app waits here: what is typed next, in one burst
        perhaps, must not reach the keys of a pane.
        """
        from whitetail.screens.go_to_bar import GoToBar

        if not self.is_typing() and self.is_attached:
            bar = GoToBar()
            await self.mount(bar, before=self.status)
            self.set_focus(bar)

    async def on_go_to_bar_closed(self, message: GoToBar.Closed) -> None:
        """Go to the position that was entered, or open the palette with the words."""
        from whitetail.run.go_to import NotFoundError, parse_target

        message.bar.remove()
        self.restore_focus()
        if not message.text:
            return
        try:
            target = parse_target(message.text)
        except NotFoundError as error:
            self._not_found(error)
            return
        if target is not None:
            self._go_to_target(target)
        else:
            from whitetail.screens.palette import WhitetailPalette

            await self.app.push_screen(WhitetailPalette(message.text))

    def restore_focus(self) -> None:
        """Give the focus back to the pane that had it."""
        raise NotImplementedError

    def go_to_row(self, row: int) -> None:
        """Put the cursor of the events on a row, and give them the focus."""
        raise NotImplementedError

    @work(exclusive=True, group="go to")
    async def _go_to_target(self, target: Target) -> None:
        from whitetail.run.go_to import EventNumber, NotFoundError, Share, find_number

        run = self.run.run
        if run is None or not run.row_count:
            self.notify("No run is open.", severity="warning", markup=False)
            return
        events, stop = self.run.events, run.row_count
        if isinstance(target, Share):
            events.move_to(round(target.share * (events.count - 1)))
            self.go_to_row(events.row)
            return
        shown = self.run.activity
        try:
            if isinstance(target, EventNumber):
                self.run.activity = f"looking for event {target.seq}…"
                row = await asyncio.to_thread(find_number, target, run.rows, stop)
            else:
                row = await self._row_of_moment(target, run, events.row, stop)
        except NotFoundError as error:
            self._not_found(error)
        except (StoreError, OSError, IndexError) as error:
            text = f"The run cannot be read: {reason(error)}."
            self.notify(text, severity="error", markup=False)
        else:
            if run is self.run.run:
                self.go_to_row(row)
        finally:
            if self.run.activity.startswith("looking for "):
                self.run.activity = shown

    async def _row_of_moment(
        self, target: Moment | Offset, run: OpenRun, cursor: int, stop: int
    ) -> int:
        """Return the row of a time; show how much was read while that lasts."""
        from whitetail.run.go_to import RowTimes, find_moment

        if self._cancel is not None:
            self._cancel.set()
        self._cancel = cancel = Event()
        if self._times is None or not self._times.are_of(run.rows):
            self._times = RowTimes(run.rows)
        times = self._times
        try:
            while times.count < stop:
                share = times.count / stop
                stop_key = shown_key("back")
                self.run.activity = (
                    f"looking for that time… {share:.0%} · {stop_key} stops"
                )
                end = min(times.count + _STEP_ROWS, stop)
                await asyncio.to_thread(times.read, end, cancel)
            return await asyncio.to_thread(find_moment, target, times, cursor)
        finally:
            cancel.set()

    def stop_looking(self) -> bool:
        """Stop to look for a time; return whether there was something to stop."""
        return bool(self.workers.cancel_group(self, "go to"))

    def _not_found(self, error: NotFoundError) -> None:
        self.notify(str(error), severity="warning", markup=False)
