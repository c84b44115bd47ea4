"""The rows of an open run as the lines of a list."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from whitetail.run.listed_rows import ListedRows
from whitetail.run.listener import Growth, RunListener, explained
from whitetail.run.open_run import OpenRun
from whitetail.run.protocols import (
    CachedRow,
    LinesListener,
    RowOrderState,
)
from whitetail.run.row_cache import RowCache
from whitetail.trace.order.row_order import RowOrder

if TYPE_CHECKING:
    from whitetail.run.row_filter import RowFilter

_NEAR_LINES = 200
"""How many lines around the visible ones are read with them, for scrolling."""


class RunLines(ListedRows, RunListener):
    """The `RowSource` of a run: which row is on which line, and what it reads.

    Rows are read in threads, as a list requests them, and a few thousand are kept. A
    run that turns out to be another file gets a new one. Belongs to the event loop.
    """

    def __init__(self, run: OpenRun, *, causal: bool = True) -> None:
        super().__init__(RowOrder(run.row_count, run.outline, causal=causal))
        self._run = run
        self._new_matches = 0
        """How many new rows match that were not published yet."""
        self._published_count = run.row_count
        self._cache = RowCache(run.rows)
        self._listener: LinesListener | None = None
        self._wanted_lines = range(0)
        self._at_end = False
        self._fetching: asyncio.Task[None] | None = None
        self._unsubscribe = run.subscribe(self)

    def close(self) -> None:
        """Stop reading and publishing."""
        self._unsubscribe()
        self._listener = None
        if self._filter is not None:
            self._filter.close()
        if self._fetching is not None:
            self._fetching.cancel()

    # RowSource.

    def subscribe(self, listener: LinesListener | None) -> None:
        """Publish changes to this listener from now on; None ends it."""
        self._listener = listener

    @property
    def seq_width(self) -> int:
        """The width of the widest `seq` that was read, in cells."""
        return self._cache.seq_width

    @property
    def has_callers(self) -> bool:
        """Whether an event that was read is of another agent than the lead agent."""
        return self._cache.has_callers

    @property
    def start_time(self) -> float:
        """When the first event was written; NaN if that is not known yet."""
        return self._cache.start_time

    @property
    def order_state(self) -> RowOrderState:
        """In which order the rows are listed, and why."""
        unreadable = self._run.failed is not None and not self._run.row_count
        if not self._order.causal or unreadable:
            return RowOrderState.FILE
        if self._order.outline is not None:
            return RowOrderState.CAUSAL
        if self._run.reading_wanted:
            return RowOrderState.READING
        return RowOrderState.TOO_LONG

    @property
    def read_share(self) -> float:
        """Which share of the run has been read for its order, from 0 to 1."""
        return self._run.read_share

    def cached(self, row: int) -> CachedRow | None:
        """Return what was read of a row; None if it was not read yet."""
        return self._cache.get(row)

    def fold(self, row: int) -> bool:
        """Fold a row; False if there was nothing to fold."""
        nested = self._foldable
        if nested is None:
            return False
        with self._changing():
            return nested.fold(row)

    def unfold(self, row: int) -> bool:
        """Unfold a row; False if there was nothing to unfold."""
        nested = self._foldable
        if nested is None:
            return False
        with self._changing():
            return nested.unfold(row)

    def reveal(self, row: int) -> None:
        """Unfold everything that hides a row; switch off a filter that does."""
        if not self.is_listed(row):
            self.show_filtered(False)
        nested = self._foldable
        if nested is not None and row < len(nested):
            with self._changing():
                nested.reveal(row)

    def toggle_order(self) -> None:
        """Change between causal order and file order."""
        if self.order_state is RowOrderState.TOO_LONG:
            self._run.read_all()
            return
        with self._changing() as row:
            self._order.causal = not self._order.causal
            self._keep_visible(row)
        self._publish()

    def filter_rows(self, row_filter: RowFilter | None, near: int = 0) -> None:
        """List only the rows that match, the first found near a row; None lists all."""
        from whitetail.run.line_filter import LineFilter

        with self._changing() as row:
            if self._filter is not None:
                self._filter.close()
                self._filter = None
            if row_filter is None:
                self._keep_visible(row)
            if row_filter is not None:
                self._filter = LineFilter(
                    self._run,
                    self._order,
                    row_filter,
                    changing=self._changing,
                    changed=self._filter_changed,
                    failed=self.run_failed,
                )
                self._filter.start(near)
        self._publish()

    def show_filtered(self, shown: bool) -> None:
        """Switch the filter on or off; it goes on matching meanwhile."""
        if self._filter is not None:
            with self._changing() as row:
                self._filter.shown = shown
                if not shown:
                    self._keep_visible(row)
            self._publish()

    def want(self, lines: range, *, at_end: bool) -> None:
        """Request that the rows of these lines are read, the visible ones first."""
        self._wanted_lines, self._at_end = lines, at_end
        if self._fetching is None and (self._missing() or self._pending):
            self._fetching = asyncio.create_task(self._fetch())

    # RunListener.

    @contextmanager
    def order_changing(self, growth: Growth) -> Iterator[None]:
        """Return a context for a change of the outline: by these rows, or its order."""
        with self._changing() as row, self._moving(growth):
            yield
            attached = self._order.outline is not self._run.outline
            self._order.outline = self._run.outline
            self._order.row_count = self._run.row_count
            if self._filter is not None:
                if attached:
                    self._filter.order_attached()
                self._new_matches += self._filter.add_observed()
            self._keep_visible(row)
            self._cache.add(growth.summaries, self._near())

    def rows_added(self) -> None:
        """React to new rows."""
        if self._filter is not None:
            self._filter.wake()
        if self._order.outline is not None:
            self._publish()
        elif self._filtered is not None:
            self._list_new_rows()
        elif self._at_end or not self._wanted_lines:
            # Read what will be visible first, so that nothing is drawn twice.
            self.want(self._wanted_lines, at_end=self._at_end)
        else:
            self._list_new_rows()

    def run_progressed(self) -> None:
        """React to a change of how much was read."""
        if self._filter is not None:
            with self._changing():
                self._new_matches += self._filter.add_observed()
            self._filter.wake()
        if self._listener is not None:
            self._listener.lines_changed(0)

    def run_failed(self, error: Exception) -> None:
        """React to a failure to read the run."""
        if self._listener is not None:
            self._listener.lines_failed(error)

    # Reading.

    @property
    def _pending(self) -> bool:
        return (
            self._order.outline is None and self._run.row_count > self._order.row_count
        )

    def _moving(self, growth: Growth) -> AbstractContextManager[None]:
        if self._filter is None:
            return nullcontext()
        return self._filter.lines.moving(growth.placements)

    def _filter_changed(self, new: int, summaries: dict[int, CachedRow]) -> None:
        """Show what the filter has found."""
        self._new_matches += new
        self._cache.add(summaries, self._near())
        self._publish()

    def _changing(self) -> AbstractContextManager[int | None]:
        return (
            nullcontext() if self._listener is None else self._listener.lines_changing()
        )

    def _keep_visible(self, row: int | None) -> None:
        """Unfold what hides the row that the user looks at: no fold closes over it."""
        nested = self._order.causal_outline
        if nested is not None and row is not None and row < len(nested):
            nested.reveal(row)

    def _publish(self) -> None:
        new, self._published_count = (
            self._order.row_count - self._published_count,
            self._order.row_count,
        )
        if self._filtered is not None:
            new = self._new_matches
        self._new_matches = 0
        if self._listener is not None:
            self._listener.lines_changed(max(0, new))

    def _list_new_rows(self) -> None:
        self._order.row_count = self._run.row_count
        self._publish()

    def _visible_lines(self) -> tuple[int, int, int]:
        """Return the first and the last visible line, and the number of lines."""
        known = self._order.outline is not None or self._filtered is not None
        count = self.count if known else self._run.row_count
        height = len(self._wanted_lines)
        top = max(0, count - height) if self._at_end else self._wanted_lines.start
        return top, min(top + height, count), count

    def _missing(self) -> list[int]:
        """Return the rows to read so that all visible lines can be drawn."""
        top, end, count = self._visible_lines()
        visible = self._lines.rows_on_lines(top, end)
        missing = self._cache.missing(visible)
        if not missing:
            return []
        # Following needs no neighbours. Scrolling will soon want them.
        before = 1 if self._at_end or missing[0] != visible[0] else _NEAR_LINES
        after = 0 if self._at_end else _NEAR_LINES
        near = self._lines.rows_on_lines(top - before, min(end + after, count))
        return self._cache.missing(near)

    def _near(self) -> Sequence[int]:
        top, end, _ = self._visible_lines()
        return self._lines.rows_on_lines(top - _NEAR_LINES, end + _NEAR_LINES)

    async def _fetch(self) -> None:
        try:
            while True:
                if missing := self._missing():
                    read = await asyncio.to_thread(self._cache.read, missing)
                    self._cache.add(read, self._near())
                    if self._pending:
                        self._list_new_rows()
                    elif self._listener is not None:
                        self._listener.lines_changed(0)
                elif self._pending:
                    self._list_new_rows()
                else:
                    return
        except Exception as error:
            self.run_failed(explained(error))
        finally:
            self._fetching = None
