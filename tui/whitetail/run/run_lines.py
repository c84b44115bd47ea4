"""The rows of an open run as the lines of a list."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from whitetail.run.listener import Growth, RunListener, explained
from whitetail.run.open_run import OpenRun
from whitetail.run.protocols import CachedRow, LinesListener, RowOrderState
from whitetail.run.row_cache import RowCache
from whitetail.trace.order.row_order import RowOrder
from whitetail.view.lists.event_line import NO_CONTEXT, LineContext, line_context

_NEAR_LINES = 200
"""How many lines around the visible ones are read with them, for scrolling."""


class RunLines(RunListener):
    """The `RowSource` of a run: which row is on which line, and what it reads.

    Rows are read in threads, as a list requests them, and a few thousand are kept. A
    run that turns out to be another file gets a new one. Belongs to the event loop.
    """

    def __init__(self, run: OpenRun, *, causal: bool = True) -> None:
        self._run = run
        self._order = RowOrder(run.row_count, run.outline, causal=causal)
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
        if self._fetching is not None:
            self._fetching.cancel()

    # RowSource.

    def subscribe(self, listener: LinesListener | None) -> None:
        """Publish changes to this listener from now on; None ends it."""
        self._listener = listener

    @property
    def count(self) -> int:
        """The number of lines."""
        return self._order.line_count

    @property
    def row_count(self) -> int:
        """The number of rows, including those that are folded away."""
        return self._order.row_count

    @property
    def seq_width(self) -> int:
        """The width of the widest `seq` that was read, in cells."""
        return self._cache.seq_width

    @property
    def start_time(self) -> float:
        """When the first event was written; NaN if that is not known yet."""
        return self._cache.start_time

    @property
    def causal(self) -> bool:
        """Whether the user wants the causal order."""
        return self._order.causal

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

    def row(self, line: int) -> int:
        """Return the row on a line; 0 if there is none."""
        return self._order.row_on_line(line)

    def line(self, row: int) -> int:
        """Return a row's line, or that of the row it is folded into."""
        return self._order.line_of(row)

    def cached(self, row: int) -> CachedRow | None:
        """Return what was read of a row; None if it was not read yet."""
        return self._cache.get(row)

    def context(self, row: int) -> LineContext:
        """Return where a row belongs in the tree and in the time of the run."""
        outline = self._order.outline
        if outline is None or row >= len(outline):
            return NO_CONTEXT
        return line_context(outline, row, nested=self._order.causal)

    def parent(self, row: int) -> int | None:
        """Return the row above a row in the tree; None in file order or without one."""
        nested = self._order.causal_outline
        return None if nested is None else nested.outer(row)

    def has_open_children(self, row: int) -> bool:
        """Return whether a row has children that are not folded away."""
        nested = self._order.causal_outline
        return nested is not None and nested.is_open(row)

    def fold(self, row: int) -> bool:
        """Fold a row; False if there was nothing to fold."""
        nested = self._order.causal_outline
        if nested is None:
            return False
        with self._changing():
            return nested.fold(row)

    def unfold(self, row: int) -> bool:
        """Unfold a row; False if there was nothing to unfold."""
        nested = self._order.causal_outline
        if nested is None:
            return False
        with self._changing():
            return nested.unfold(row)

    def reveal(self, row: int) -> None:
        """Unfold everything that hides a row."""
        nested = self._order.causal_outline
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

    def positions(self) -> Sequence[int]:
        """Return all rows in the order in which they are listed, folded ones too."""
        return self._order.all_rows()

    def position(self, row: int) -> int:
        """Return how many rows are listed before a row, folded ones included."""
        return self._order.position_of(row)

    def want(self, lines: range, *, at_end: bool) -> None:
        """Request that the rows of these lines are read, the visible ones first."""
        self._wanted_lines, self._at_end = lines, at_end
        if self._fetching is None and (self._missing() or self._pending):
            self._fetching = asyncio.create_task(self._fetch())

    # RunListener.

    @contextmanager
    def order_changing(self, growth: Growth) -> Iterator[None]:
        """Return a context for a change of the outline: by these rows, or its order."""
        with self._changing() as row:
            yield
            self._order.outline = self._run.outline
            self._order.row_count = self._run.row_count
            self._keep_visible(row)
            self._cache.add(growth.summaries, self._near())

    def rows_added(self) -> None:
        """React to new rows."""
        if self._order.outline is not None:
            self._publish()
        elif self._at_end or not self._wanted_lines:
            # Read what will be visible first, so that nothing is drawn twice.
            self.want(self._wanted_lines, at_end=self._at_end)
        else:
            self._list_new_rows()

    def run_progressed(self) -> None:
        """React to a change of how much was read."""
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
        if self._listener is not None:
            self._listener.lines_changed(max(0, new))

    def _list_new_rows(self) -> None:
        self._order.row_count = self._run.row_count
        self._publish()

    def _visible_lines(self) -> tuple[int, int, int]:
        """Return the first and the last visible line, and the number of lines."""
        count = self.count if self._order.outline is not None else self._run.row_count
        height = len(self._wanted_lines)
        top = max(0, count - height) if self._at_end else self._wanted_lines.start
        return top, min(top + height, count), count

    def _missing(self) -> list[int]:
        """Return the rows to read so that all visible lines can be drawn."""
        top, end, count = self._visible_lines()
        visible = self._order.rows_on_lines(top, end)
        missing = self._cache.missing(visible)
        if not missing:
            return []
        # Following needs no neighbours. Scrolling will soon want them.
        before = 1 if self._at_end or missing[0] != visible[0] else _NEAR_LINES
        after = 0 if self._at_end else _NEAR_LINES
        near = self._order.rows_on_lines(top - before, min(end + after, count))
        return self._cache.missing(near)

    def _near(self) -> Sequence[int]:
        top, end, _ = self._visible_lines()
        return self._order.rows_on_lines(top - _NEAR_LINES, end + _NEAR_LINES)

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
