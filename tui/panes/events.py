"""The pane of a run's events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from textual import events, on
from textual.reactive import reactive
from textual.scrollbar import ScrollTo, ScrollUp

from whitetail.store import BadLine, RunEvent, StoreError

from ..view.row import Row, row
from ..view.text import fit
from ..view.units import count, span, time_of_day
from .frame import FromPane
from .lines import Cell, LinePane

_NEAR = 200
_KEPT = 4_000
_CALLER = 15
_KIND = 11


class TimeFormat:
    """How the events pane tells times, in the order in which a key goes through."""

    CLOCK = "clock"
    SINCE_START = "since start"
    SINCE_PREVIOUS = "since previous"
    ALL = (CLOCK, SINCE_START, SINCE_PREVIOUS)


@dataclass(frozen=True, slots=True)
class _Line:
    """An event as the pane keeps it: what it reads, and when it was."""

    row: Row
    time: float
    """Seconds since the epoch, NaN when unknown."""


class EventsPane(LinePane):
    """The events of a run, one a line, newest at the bottom.

    Events are read in a thread, as they come into sight, and a few are kept. Those
    that have not arrived yet are drawn as dots.
    """

    BORDER_TITLE = "3 Events"

    following: reactive[bool] = reactive(False)
    """Whether the cursor stays on the newest event."""
    times: reactive[str] = reactive(TimeFormat.CLOCK)
    """One of `TimeFormat.ALL`."""
    unseen: reactive[int] = reactive(0, repaint=False)
    """How many events have come since following stopped."""

    @dataclass
    class Failed(FromPane):
        """Events could not be read."""

        error: Exception

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._events: Sequence[RunEvent | BadLine] = ()
        self._count = 0
        self._lines: dict[int, _Line] = {}
        self._start = nan
        self._digits = 0
        self._turn = 0
        self._fetching = False

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self._count

    def show(
        self,
        events: Sequence[RunEvent | BadLine],
        *,
        following: bool = False,
        cursor: int = 0,
    ) -> None:
        """Show other events."""
        self._events = events
        self._count = len(events)
        self._lines.clear()
        self._start = nan
        self._digits = 0
        self._turn += 1
        self.unseen = 0
        self.following = following
        self.resize_to(self._count)
        before = self.cursor
        self.cursor = self._count - 1 if following else cursor
        if not following:
            self.show_line(self._count - 1)
        if self.cursor == before:
            self.show_line(self.cursor)
            if self._count:
                self.post_message(self.Highlighted(self))
        self.refresh()
        self._load()

    def grow(self) -> None:
        """Take in what has been added to the end of the sequence.

        What of it will be in sight is read first, so that nothing is drawn twice.
        """
        if self.is_mounted:
            self._load()

    def go_to(self, line: int) -> None:
        """Put the cursor on an event, which ends following."""
        self.following = False
        self.cursor = line

    def move_to(self, line: int) -> None:
        """Put the cursor on a line; away from the last one that ends following."""
        if line < self._count - 1:
            self.following = False
        self.cursor = line

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return an event's number, time, kind, caller and what happened."""
        if self._has_mark(line):
            return [(fit(f"{'▼ ' + self._mark():^{width}}", width), "accent")]
        known = self._lines.get(line)
        number = max(len(str(self._count)), self._digits) + 1
        if known is None:
            return [(f"{'·':>{number}}", "muted")]
        seq, sign, kind, caller, summary, tone = known.row
        who = fit(caller, _CALLER) + " " if width >= 90 else ""
        if caller and not who:
            summary = f"{caller}: {summary}"
        rest = max(0, width - number - 11 - _KIND - 4 - len(who))
        return [
            (f"{seq:>{number}} ", "muted"),
            (f"{self._time(line, known):>9} ", "muted"),
            (f"{sign} {fit(kind, _KIND)} ", tone),
            (who, "muted"),
            (fit(summary, rest), "muted" if tone in ("trace", "result") else tone),
        ]

    def watch_following(self, following: bool) -> None:
        """Go to the newest event."""
        self.set_class(following, "-following")
        if following:
            self.unseen = 0
            self.cursor = self._count - 1

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Have the mark make way for the cursor, and go when all was seen."""
        super().watch_cursor(before, cursor)
        if cursor == self._count - 1:
            self.unseen = 0
        self._refresh_mark()

    def watch_unseen(self) -> None:
        """Draw the mark that says how many events are waiting."""
        self._refresh_mark()

    def watch_times(self) -> None:
        """Draw the times anew."""
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch what comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._load()

    def on_resize(self) -> None:
        """Stay with the cursor when there is more or less room."""
        super().on_resize()
        self._load()

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

    def _time(self, line: int, known: _Line) -> str:
        if self.times == TimeFormat.CLOCK:
            return time_of_day(None if isnan(known.time) else known.time)
        before = self._lines.get(line - 1)
        origin = self._start
        if self.times == TimeFormat.SINCE_PREVIOUS:
            origin = before.time if before else known.time
        length = known.time - origin
        if isnan(length):
            return "--"
        return f"{'-' if length < 0 else '+'}{span(abs(length))}"

    def _grow_to(self, count: int) -> None:
        more, self._count = count - self._count, count
        self.resize_to(count)
        if self.following:
            self.cursor = count - 1
        else:
            self.unseen += more

    def _missing(self) -> list[int]:
        """Return the lines to read so that all that is in sight can be drawn."""
        count = len(self._events)
        height = self.scrollable_content_region.height
        top = max(0, count - height) if self.following else self.scroll_offset.y
        sight = range(top, min(top + height, count))
        missing = [line for line in sight if line not in self._lines]
        if not missing:
            return []
        # Who follows goes nowhere; who scrolls will soon want the neighbours.
        before = _NEAR if missing[0] == top and not self.following else 1
        after = 0 if self.following else _NEAR
        near = range(max(0, missing[0] - before), min(missing[-1] + 1 + after, count))
        return [line for line in near if line not in self._lines]

    def _load(self) -> None:
        """Read what is missing, unless that is under way."""
        if not self.is_mounted or self._fetching:
            return
        if self._missing() or len(self._events) > self._count:
            self._fetching = True
            self.run_worker(self._fetch(), group="fetch")

    async def _fetch(self) -> None:
        try:
            while True:
                count = len(self._events)
                missing = self._missing()
                if missing:
                    await self._fetch_some(missing)
                elif count > self._count:
                    self._grow_to(count)
                else:
                    return
        except (StoreError, OSError, IndexError) as error:
            self.post_message(self.Failed(self, error))
        finally:
            self._fetching = False

    async def _fetch_some(self, missing: list[int]) -> None:
        turn, events = self._turn, self._events
        count = len(events)
        try:
            lines = await asyncio.to_thread(_read, events, missing)
            if isnan(self._start):
                start = await asyncio.to_thread(_read, events, [0])
        except (StoreError, OSError, IndexError):
            if turn == self._turn:
                raise
            return
        if turn != self._turn:
            return
        if len(self._lines) + len(lines) > _KEPT:
            near = range(missing[0] - _NEAR, missing[-1] + _NEAR)
            self._lines = {at: line for at, line in self._lines.items() if at in near}
        self._lines.update(zip(missing, lines, strict=True))
        self._digits = max(self._digits, *(len(each.row.seq) for each in lines))
        if isnan(self._start):
            self._start = start[0].time
        if count > self._count:
            self._grow_to(count)
        self.refresh()


def _read(events: Sequence[RunEvent | BadLine], lines: Sequence[int]) -> list[_Line]:
    """Read events, neighbours at once."""
    first, last = lines[0], lines[-1] + 1
    if last - first == len(lines):
        return [_line(event) for event in events[first:last]]
    return [_line(events[line]) for line in lines]


def _line(event: RunEvent | BadLine) -> _Line:
    time = event.time if isinstance(event, RunEvent) else None
    return _Line(row(event), nan if time is None else time)
