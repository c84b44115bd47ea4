"""The pane of a run's events."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.reactive import reactive
from textual.scrollbar import ScrollTo, ScrollUp

from whitetail.keys import bindings
from whitetail.panes.line_list import Cell
from whitetail.panes.rows import RowsPane
from whitetail.run.reader import RunReader
from whitetail.run.row_cache import CachedRow
from whitetail.view.lists.event_line import NO_CONTEXT, event_line, line_context
from whitetail.view.text import fit
from whitetail.view.units import count, duration, time_of_day
from whitetail_store import BadLine, RunEvent


class TimeFormat:
    """How the events pane tells times, in the order in which a key goes through."""

    CLOCK = "clock"
    SINCE_START = "since start"
    SINCE_PREVIOUS = "since previous"
    ALL = (CLOCK, SINCE_START, SINCE_PREVIOUS)


class EventsPane(RowsPane):
    """The events of a run, one a line: what each stands under, how long it took.

    Those that have not been read yet are drawn as dots.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("events")
    BORDER_TITLE = "3 Events"

    following: reactive[bool] = reactive(False)
    """Whether the cursor stays on the newest event."""
    times: reactive[str] = reactive(TimeFormat.CLOCK)
    """One of `TimeFormat.ALL`."""
    unseen: reactive[int] = reactive(0, repaint=False)
    """How many events have come since following stopped."""

    @property
    def at_end(self) -> bool:
        """Whether what comes next will be in sight."""
        return self.following and self.newest == self.count - 1

    def show(
        self,
        events: Sequence[RunEvent | BadLine],
        telling: RunReader | None = None,
        *,
        following: bool = False,
        cursor: int = 0,
    ) -> None:
        """Show other events, with the cursor on one of them.

        What a telling has not read yet is read on, and events stay in file order
        until then; without one, they do for good.
        """
        self.take_up(events, telling)
        self.unseen = 0
        self.following = following
        self.resize_to(self.count)
        before = self.cursor
        self.cursor = self.newest if following else self.order.line_of(cursor)
        if not following:
            self.show_line(self.count - 1)
        if self.cursor == before:
            self.show_line(self.cursor)
            if self.count:
                self.post_message(self.Highlighted(self))
        self.refresh()
        self.load()
        self.told(0.0)

    def go_to(self, row: int) -> None:
        """Put the cursor on an event, which ends following, and unfolds it."""
        self.following = False
        nested = self.order.causal_outline
        if nested is not None and row < len(nested):
            with self.keep_position():
                nested.reveal(row)
        self.cursor = self.order.line_of(row)

    def toggle_order(self) -> None:
        """Show events under their causes, or as they were written."""
        if self.order.outline is None and self.ask_order():
            self.order.causal = True
            self.told(0.0)
            return
        with self.keep_position():
            self.order.causal = not self.order.causal
        self.told(1.0)

    def move_to(self, line: int) -> None:
        """Put the cursor on a line; away from the newest event that ends following."""
        line = self.validate_cursor(line)
        if line != self.newest:
            self.following = False
        self.cursor = line

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return an event's number, time, kind, caller and what happened."""
        if self._has_mark(line):
            return [(fit(f"{'▼ ' + self._mark():^{width}}", width), "accent")]
        row = self.order.row_on_line(line)
        known = self._window.get(row)
        digits = max(len(str(self.order.row_count)), self._window.seq_width) + 1
        if known is None:
            return [(f"{'·':>{digits}}", "muted")]
        outline, where = self.order.outline, NO_CONTEXT
        if outline is not None and row < len(outline):
            where = line_context(outline, row, nested=self.order.causal)
        return event_line(known.summary, where, digits, self._time(line, known), width)

    def grown(self, rows: int) -> None:
        """Go to the newest event, or say how many have come."""
        if self.following:
            self.cursor = self.newest
        else:
            self.unseen += rows

    def told(self, share: float) -> None:
        """Say in which order events stand, and what becomes of it."""
        if self._telling is None:
            self.border_subtitle = ""
        elif not self.order.causal:
            self.border_subtitle = "file order"
        elif self.order.outline is not None:
            self.border_subtitle = "causal order"
        elif self._asked:
            self.border_subtitle = f"file order until all is read: {share:.0%}"
        else:
            self.border_subtitle = "file order · s reads it all for causal order"

    def watch_following(self, following: bool) -> None:
        """Go to the newest event."""
        self.set_class(following, "-following")
        if following:
            self.unseen = 0
            self.cursor = self.newest

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Have the mark make way for the cursor, and go when all was seen."""
        super().watch_cursor(before, cursor)
        if cursor == self.newest:
            self.unseen = 0
        self._refresh_mark()

    def watch_unseen(self) -> None:
        """Draw the mark that says how many events are waiting."""
        self._refresh_mark()

    def watch_times(self) -> None:
        """Draw the times anew."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Follow when the mark is clicked; else put the cursor there."""
        offset = event.get_content_offset(self)
        if offset and self._has_mark(offset.y + self.scroll_offset.y):
            self.following = True
        else:
            super().on_click(event)

    @on(events.MouseScrollUp)
    @on(ScrollUp)
    @on(ScrollTo)
    def _look_back(self) -> None:
        """Follow no more, when the view is scrolled by other means than the cursor."""
        self.following = False

    def action_bottom(self) -> None:
        """Go to the newest event and follow."""
        self.following = True

    def action_fold(self) -> None:
        """Fold what is under the cursor's event, else go to what it stands under."""
        if (outline := self.order.causal_outline) is None:
            return
        row = self.row
        with self.keep_position():
            folded = outline.fold(row)
        if not folded and (parent := outline.parent(row)) is not None:
            self.move_to(self.order.line_of(parent))

    def action_unfold(self) -> None:
        """Unfold what is folded under the cursor, else go into it."""
        if (outline := self.order.causal_outline) is None:
            return
        row = self.row
        with self.keep_position():
            unfolded = outline.unfold(row)
        if not unfolded and outline.is_open(row):
            self.move_to(self.cursor + 1)

    @property
    def _last_in_sight(self) -> int:
        return self.scroll_offset.y + self.scrollable_content_region.height - 1

    def _mark(self) -> str:
        return f"{count(self.unseen)} new · G follows"

    def _has_mark(self, line: int) -> bool:
        last = self._last_in_sight
        return bool(self.unseen) and line == (last - 1 if self.cursor == last else last)

    def _refresh_mark(self) -> None:
        self.refresh_line(self._last_in_sight - 1)
        self.refresh_line(self._last_in_sight)

    def _time(self, line: int, known: CachedRow) -> str:
        if self.times == TimeFormat.CLOCK:
            return time_of_day(None if isnan(known.time) else known.time)
        origin = self._window.start_time
        if self.times == TimeFormat.SINCE_PREVIOUS:
            before = (
                self._window.get(self.order.row_on_line(line - 1)) if line else None
            )
            origin = before.time if before else known.time
        length = known.time - origin
        if isnan(length):
            return "--"
        return f"{'-' if length < 0 else '+'}{duration(abs(length))}"
