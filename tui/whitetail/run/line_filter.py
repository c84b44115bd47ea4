"""Finds the rows of an open run that a filter leaves, while the run grows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from whitetail.run.filtered_order import FilteredOrder
from whitetail.run.listener import explained
from whitetail.run.open_run import OpenRun
from whitetail.run.protocols import CachedRow, FilterState
from whitetail.run.row_filter import FilterScan, Joined, Results, RowFilter
from whitetail.trace.order.row_order import RowOrder
from whitetail.trace.parse import ParsedRow
from whitetail.trace.query.nodes import And
from whitetail_store import BadLine

_NEAR_BEFORE, _NEAR_AFTER, _TAIL_ROWS = 200, 400, 400
"""How many rows around the cursor, and at the end, are matched first."""
_NEAR_S, _SLICE_S = 0.06, 0.25
"""How long a thread matches rows before the result is published."""
_SUMMARIZED_ROWS = 100
_ALMOST = 0.99
"""The share that was matched while some rows are to be matched again."""
_SETTLE_S, _SETTLE_PAUSE_S = 0.01, 0.01
"""What the outline changes is done on the event loop: how long at once."""


class LineFilter:
    """The matches of a filter in an open run. Belongs to the event loop.

    A task has threads match the rows that were read before: first those near the
    cursor and the newest, then all from the first on, because results are joined to
    calls before them. Rows that the run reads later are matched as it reads them.
    """

    def __init__(
        self,
        run: OpenRun,
        order: RowOrder,
        row_filter: RowFilter,
        *,
        changing: Callable[[], AbstractContextManager[object]],
        changed: Callable[[int, dict[int, CachedRow]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Match nothing before `start`.

        `changing` returns a context for a change of the lines. `changed` is called
        with the number of new rows that match and with summaries of rows, `failed`
        if rows cannot be read.
        """
        self.lines = FilteredOrder(order)
        """The rows that match, as lines."""
        self.shown = True
        """Whether only these are listed."""
        self._run = run
        self._filter = row_filter
        self._changing, self._changed, self._failed = changing, changed, failed
        self._rows_before = run.row_count
        """Rows from this one on are new."""
        self._observed: list[tuple[int, int]] = []
        """Rows that the run has read, with their results."""
        self._observed_from: int | None = None
        self._scanned = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._settling: asyncio.TimerHandle | None = None

    @property
    def state(self) -> FilterState:
        """The filter and what it has found."""
        query, rows = self._filter.query, self._run.row_count
        parts = query.parts if isinstance(query, And) else (query,)
        share = self._matched_rows / rows if rows else 1.0
        if self._settling is not None:
            share = min(share, _ALMOST)
        return FilterState(
            tuple(map(str, parts)),
            self.shown,
            self.lines.match_count,
            rows,
            min(share, 1.0),
            self._filter.stopped,
        )

    def start(self, near: int) -> None:
        """Begin to match, with the rows near this one."""
        if self._filter.needs_order:
            self._run.read_all()
        self._task = asyncio.create_task(self._match(near))

    def close(self) -> None:
        """Match and publish no more."""
        if self._task is not None:
            self._task.cancel()
        if self._settling is not None:
            self._settling.cancel()
        self.lines.close()

    def wake(self) -> None:
        """Match what is new: the run has grown, or was read on."""
        self._wake.set()

    def add_observed(self) -> int:
        """List the matching rows that the run has read; return how many are new."""
        observed, self._observed = self._observed, []
        new: Sequence[int] = ()
        if observed:
            new = self.lines.add(observed[0][0], bytes(bits for _, bits in observed))
        self._settle_some()
        return self._count_new(new)

    def order_attached(self) -> None:
        """List the rows in causal order, and match what depends on the order."""
        self.lines.outline_added()
        if self._filter.needs_order:
            self.lines.match_all_again()
        self._settle_some()

    @property
    def _reads_on(self) -> bool:
        """Whether the run itself reads all of its rows."""
        return self._run.outline is not None or self._run.reading_wanted

    @property
    def _matched_rows(self) -> int:
        if self._observed_from is None:
            return 0
        if not self._reads_on:
            return self._scanned
        return self._scanned + max(0, self._run.rows_read - self._observed_from)

    def _observe(self, row: int, parsed: ParsedRow | BadLine) -> None:
        """Match a row that the run has read, in the thread that has read it."""
        size = None
        if self._filter.needs_size:
            size = sum(map(len, self._run.rows.raws(range(row, row + 1))))
        self._observed.append((row, self._filter.result(parsed, size)))

    async def _match(self, near: int) -> None:
        try:
            for first, stop in self._near_ranges(near):
                scan = FilterScan(self._run.rows, self._filter, first)
                await self._advance(scan, stop, _NEAR_S, _SUMMARIZED_ROWS)
            await asyncio.sleep(self._run.limits.first_matches_s)
            self._observed_from = await self._run.observe(self._observe)
            await self._match_all(self._observed_from)
        except Exception as error:
            self._failed(explained(error))

    async def _match_all(self, observed_from: int) -> None:
        """Match all rows that the run does not read by itself from now on."""
        scan = FilterScan(self._run.rows, self._filter, joined=await self._joined())
        while self._run.outline is None or scan.next_row < observed_from:
            stop = observed_from if self._reads_on else self._run.row_count
            if scan.next_row < stop:
                await self._advance(scan, stop, _SLICE_S, 0, from_start=True)
            else:
                self._wake.clear()
                await self._wake.wait()
        self._changed(0, {})

    async def _joined(self) -> Joined | None:
        """Return what is known of the rows that the run has read; None before that."""
        outline = self._run.outline
        if outline is None or not self._filter.needs_calls or self._filter.needs_tasks:
            return None
        results = await self._run.ask(lambda stats: stats.spans.tool_results())
        return Joined(outline.times.duration, results)

    async def _advance(
        self,
        scan: FilterScan,
        stop: int,
        seconds: float,
        summarized: int,
        *,
        from_start: bool = False,
    ) -> None:
        results: Results = await asyncio.to_thread(
            scan.advance, stop, seconds, summarized
        )
        if from_start:
            self._scanned = scan.next_row
        with self._changing():
            new = self._count_new(self.lines.add(results.first, results.bits))
        self._changed(new, results.summaries)

    def _near_ranges(self, near: int) -> list[tuple[int, int]]:
        """Return the ranges of rows to match first: from a row, up to another one."""
        rows = self._run.row_count
        around = max(0, near - _NEAR_BEFORE), min(rows, near + _NEAR_AFTER)
        tail = max(around[1], rows - _TAIL_ROWS), rows
        return [each for each in (around, tail) if each[0] < each[1]]

    def _count_new(self, rows: Iterable[int]) -> int:
        return sum(row >= self._rows_before for row in rows)

    def _settle_some(self) -> None:
        """List in causal order, match again what is slow or moved; the rest soon."""
        left = self.lines.settle(_SETTLE_S)
        if left and self._settling is None:
            loop = asyncio.get_running_loop()
            self._settling = loop.call_later(_SETTLE_PAUSE_S, self._settle)

    def _settle(self) -> None:
        self._settling = None
        with self._changing():
            self._settle_some()
        self._changed(0, {})
