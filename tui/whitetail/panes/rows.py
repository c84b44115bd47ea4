"""A list of a run's rows, read as they come into sight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TypeVar

from textual import work

from whitetail.panes.base import PaneMessage
from whitetail.panes.line_list import LineList
from whitetail.run.reader import RunReader
from whitetail.run.row_cache import CachedRow, RowCache
from whitetail.trace.order.causality import Placement
from whitetail.trace.order.outline import RowOrder
from whitetail.trace.stats.stats import RunStats
from whitetail_store import BadLine, RunEvent, StoreError

_NEAR = 200
_LONG = 200_000
_PIECE = 200
# As many as stay in a core's cache between being parsed and being read.
_STEP, _SPELL = 25, 0.1
_SOON, _BREATH, _SAY = 0.3, 0.0005, 1.0

T = TypeVar("T")


class RowsPane(LineList):
    """Rows of a run under a cursor, in causal order as far as that is known.

    Rows are read in a thread, as they come into sight, and a few are kept. Where
    the cursor is, and what is in sight, stays when lines come or go above.
    """

    @dataclass
    class Failed(PaneMessage):
        """Rows could not be read."""

        error: Exception

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self.order = RowOrder()
        """Which row is on which line."""
        self._events: Sequence[RunEvent | BadLine] = ()
        self._telling: RunReader | None = None
        self._window = RowCache(())
        self._asked = False
        self._lock = asyncio.Lock()
        """Held by whoever has a thread read on, or look at what was added up."""
        self._turn = 0
        self._fetching = False

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.order.line_count

    @property
    def row(self) -> int:
        """The row under the cursor."""
        return self.order.row_on_line(self.cursor)

    @property
    def newest(self) -> int:
        """The line of the row that was written last."""
        return self.order.line_of(self.order.row_count - 1)

    def grow(self) -> None:
        """Take in what has been added to the end of the sequence.

        What of it will be in sight is read first, so that nothing is drawn twice.
        """
        if self.is_mounted:
            self.load()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch what comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        self.load()

    def on_resize(self) -> None:
        """Stay with the cursor when there is more or less room."""
        super().on_resize()
        self.load()

    def take_up(
        self, events: Sequence[RunEvent | BadLine], telling: RunReader | None
    ) -> None:
        """Begin with other rows, in file order until the telling has read them all.

        Of a long run it does not begin to before somebody asks for the order: a
        million rows take a minute, and a hundred megabytes.
        """
        self._events, self._telling = events, telling
        self._window = RowCache(events)
        self._turn += 1
        self.order = RowOrder(len(events), causal=self.order.causal)
        if telling is not None and telling.rows_left <= _PIECE:
            self.order.outline = telling.outline
            self.order.row_count = len(telling.outline)
        self._asked = False
        if len(events) <= _LONG:
            self.ask_order()

    def ask_order(self) -> bool:
        """Begin to read all rows for their order; False if there is no need to."""
        if self._asked or self._telling is None or self.order.outline is not None:
            return False
        self._asked = True
        self._tell(self._telling)
        return True

    @property
    def reading(self) -> bool:
        """Whether rows are being read for their order."""
        return self._asked and self.order.outline is None

    @property
    def read(self) -> int:
        """How many rows were read for their order, and added up."""
        return self._telling.stats.row_count if self._telling else 0

    @property
    def over(self) -> bool:
        """Whether a row that was read said that the run has ended."""
        return self._telling is not None and self._telling.stats.verdict.ended

    async def consult(self, question: Callable[[RunStats], T]) -> T | None:
        """Put a question, in a thread, about what was added up so far, if anything."""
        if self._telling is None:
            return None
        async with self._lock:
            return await asyncio.to_thread(question, self._telling.stats)

    def grown(self, rows: int) -> None:
        """Say that there are so many more rows."""

    def told(self, share: float) -> None:
        """Say how much of the run was read to know its order, or that all was."""

    def load(self) -> None:
        """Read what is missing, unless that is under way."""
        if not self.is_mounted or self._fetching:
            return
        if self._missing() or len(self._events) > self.order.row_count:
            self._fetching = True
            self._fetch()

    @contextmanager
    def keep_position(self) -> Iterator[None]:
        """Keep what is in sight where it is while lines come and go."""
        row, sight = self.row, self.in_sight
        line = self.cursor if self.cursor in sight else sight.start
        held, y = self.order.row_on_line(line), line - self.scroll_offset.y
        yield
        self.resize_to(self.count)
        self._scroll_top(max(0, self.order.line_of(held) - y))
        self.set_reactive(
            LineList.cursor, self.validate_cursor(self.order.line_of(row))
        )
        if self.row != row:
            self.post_message(self.Highlighted(self))
        self.refresh()
        self.load()

    @property
    def at_end(self) -> bool:
        """Whether what comes next will be in sight."""
        return False

    def _missing(self) -> list[int]:
        """Return the rows to read so that all that is in sight can be drawn."""
        order, height = self.order, self.scrollable_content_region.height
        count, end = self.count, self.at_end
        if order.outline is None:
            count = len(self._events)
        top = max(0, count - height) if end else self.scroll_offset.y
        sight = order.rows_on_lines(top, min(top + height, count))
        missing = self._window.missing(sight)
        if not missing:
            return []
        # Who follows goes nowhere; who scrolls will soon want the neighbours.
        before = 1 if end or missing[0] != sight[0] else _NEAR
        after = 0 if end else _NEAR
        near = order.rows_on_lines(top - before, min(top + height + after, count))
        return self._window.missing(near)

    def _near(self) -> Sequence[int]:
        top = self.scroll_offset.y
        return self.order.rows_on_lines(top - _NEAR, top + self.size.height + _NEAR)

    @work(group="fetch")
    async def _fetch(self) -> None:
        try:
            while True:
                count = len(self._events)
                if self.order.outline is not None and count > self.order.row_count:
                    await self._take_some()
                elif missing := self._missing():
                    await self._fetch_some(missing)
                elif count > self.order.row_count:
                    self._lengthen(count)
                else:
                    return
        except (StoreError, OSError, IndexError) as error:
            self.post_message(self.Failed(self, error))
        finally:
            self._fetching = False

    async def _fetch_some(self, missing: list[int]) -> None:
        count = len(self._events)
        drawn = await self._read(partial(self._window.read, missing))
        if drawn is not None:
            self._window.add(drawn, self._near())
            if self.order.outline is None and count > self.order.row_count:
                self._lengthen(count)
            self.refresh()

    async def _take_some(self) -> None:
        """Take in rows that have come, each at its place."""
        outline, telling = self.order.outline, self._telling
        assert outline is not None and telling is not None
        async with self._lock:
            told = await self._read(partial(_told, telling, self.size.height))
        if told is not None:
            placed, drawn = told
            before = self.order.row_count
            with self.keep_position():
                outline.add_placements(placed)
                self.order.row_count = len(outline)
                self._window.add(drawn, self._near())
            self.grown(self.order.row_count - before)

    def _lengthen(self, rows: int) -> None:
        """Have more rows at the end of the file's order."""
        more, self.order.row_count = rows - self.order.row_count, rows
        self.resize_to(self.count)
        self.grown(more)

    async def _read(self, read: Callable[[], T]) -> T | None:
        """Read in a thread; None if other rows are shown by then."""
        turn = self._turn
        try:
            result = await asyncio.to_thread(read)
        except (StoreError, OSError, IndexError):
            if turn == self._turn:
                raise
            return None
        return result if turn == self._turn else None

    @work(exclusive=True, group="tell")
    async def _tell(self, telling: RunReader) -> None:
        """Read all rows, then show them in the order that they tell."""
        said = 0.0
        try:
            # What is in sight comes first.
            await asyncio.sleep(_SOON)
            while telling.rows_left > 0:
                async with self._lock:
                    left = await self._read(partial(_read_ahead, telling))
                if left is None:
                    return
                if monotonic() - said > _SAY:
                    said = monotonic()
                    self.told(1 - left / max(len(self._events), 1))
                await asyncio.sleep(_BREATH)
        except (StoreError, OSError, IndexError) as error:
            # Whoever asks again has it read on.
            self._asked = False
            self.told(0.0)
            self.post_message(self.Failed(self, error))
            return
        before = self.order.row_count
        with self.keep_position():
            self.order.outline = telling.outline
            self.order.row_count = len(telling.outline)
        # Some may have come that were read here first.
        self.grown(max(0, self.order.row_count - before))
        self.told(1.0)


def _told(
    telling: RunReader, sight: int
) -> tuple[list[Placement], dict[int, CachedRow]]:
    """Return the places of the next rows, and what of these may be in sight."""
    first, rows, placed = telling.read(_PIECE)
    begin = max(0, len(rows) - sight)
    drawn = {first + at: CachedRow.of(rows[at]) for at in range(begin, len(rows))}
    return placed, drawn


def _read_ahead(telling: RunReader) -> int:
    """Read for a while; return how many rows are left."""
    until = monotonic() + _SPELL
    while (left := telling.read_ahead(_STEP)) > 0 and monotonic() < until:
        pass
    return left
