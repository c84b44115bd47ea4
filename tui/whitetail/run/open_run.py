"""One run while it is open: reads each row once, grows with the run, and publishes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from time import monotonic
from typing import TypeAlias, TypeVar

from whitetail.run.listener import Growth, RunListener, explained
from whitetail.run.protocols import RunRows
from whitetail.run.read_limits import LIMITS, ReadLimits
from whitetail.run.reader import RowObserver, RunReader
from whitetail.run.row_cache import cached_row
from whitetail.trace.order.outline import Folds, Outline
from whitetail.trace.run_summary import rows_after_conclusion
from whitetail.trace.stats.stats import RunStats
from whitetail_store import Finding, LogChangedError, RunKey

T = TypeVar("T")
FindRow: TypeAlias = Callable[[RunRows], int | None]


class OpenRun:
    """Owns the rows, the order, the statistics and the faults of a run.

    A task of the event loop has threads read the rows, slice by slice. Attributes are
    changed on the event loop only, and listeners hear of each change right after it.
    """

    def __init__(
        self,
        rows: RunRows,
        folds: Folds | None = None,
        limits: ReadLimits = LIMITS,
        find_row: FindRow | None = None,
    ) -> None:
        """Read nothing before `start`. `folds` are kept while the run is open.

        `find_row` returns, in a thread, the row at which the user left the run.
        """
        self.rows = rows
        self.folds = Folds() if folds is None else folds
        self.row_count = 0
        """How many rows have been published."""
        self.outline: Outline | None = None
        """The causal order; None until all rows were read."""
        self.conclusion_row = 0
        """The row that says best how the run ended, when it was opened."""
        self.first_row = 0
        """The row to show first: where the user left the run, else that one."""
        self.reading_wanted = False
        """Whether all rows are read, now or in the background."""
        self.failed: Exception | None = None
        """Why reading stopped; it goes on after the next change or request."""
        self.limits = limits
        """How much is read at once, and how often changes are published."""
        self._find_row = find_row
        self._listeners: list[RunListener] = []
        self._reader = RunReader(rows, self.folds)
        self._generation = rows.generation
        self._turn = asyncio.Lock()
        """Held while a thread reads on, or looks at the statistics."""
        self._wake = asyncio.Event()
        self._touched = False
        self._task: asyncio.Task[None] | None = None
        self._published_at = 0.0

    @property
    def key(self) -> RunKey:
        """The run."""
        return self.rows.key

    @property
    def rows_read(self) -> int:
        """How many rows have been read for their order and added up."""
        return self._reader.rows_read

    @property
    def read_share(self) -> float:
        """Which share of the rows has been read, from 0 to 1."""
        return self.rows_read / self.row_count if self.row_count else 1.0

    @property
    def read_whole(self) -> bool:
        """Whether every row has been read and published."""
        return self.outline is not None and self.rows_read >= len(self.rows)

    @property
    def ended(self) -> bool:
        """Whether a row that was read says that the run is over."""
        return self._reader.stats.ended

    @property
    def faults(self) -> Sequence[Finding]:
        """The faults of the rows that were read, and of the bytes after them."""
        return [*self._reader.faults, *self.rows.end_faults()]

    def subscribe(self, listener: RunListener) -> Callable[[], None]:
        """Call a listener on each change from now on; return what ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def start(self) -> None:
        """Begin to read."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"read {self.key}")

    def close(self) -> None:
        """Publish and read no more. A thread that reads ends after its slice."""
        self._each(lambda listener: listener.run_closed())
        self._listeners.clear()
        if self._task is not None:
            self._task.cancel()

    def touch(self) -> None:
        """Look for new rows: the source has changed."""
        self._touched = True
        self._wake.set()

    def read_all(self) -> None:
        """Read all rows, however long the run is."""
        if not self.reading_wanted or self.failed is not None:
            self.reading_wanted = True
            # What failed may have been to look for rows at all.
            self._touched = self._touched or self.failed is not None
            self.failed = None
            self._wake.set()
            self._progressed()

    async def ask(self, question: Callable[[RunStats], T]) -> T:
        """Return a thread's answer to a question about the statistics so far.

        Raises:
            StoreError, OSError, IndexError: The answer needs rows that cannot be read.

        """
        async with self._turn:
            return await asyncio.to_thread(question, self._reader.stats)

    async def observe(self, observer: RowObserver) -> int:
        """Have an observer see each row that is read from now on; return the first."""
        async with self._turn:
            self._reader.observer = observer
            return self._reader.rows_read

    def failed_rows(self) -> frozenset[int]:
        """Return which of the `rows_read` rows failed or are no events."""
        return frozenset(self._reader.stats.failed_rows)

    # The task.

    async def _run(self) -> None:
        self._touched = True
        self._begin()
        opened = published = False
        while True:
            try:
                if self._touched:
                    self._touched = False
                    await self._thread(self.rows.refresh)
                    self.failed = None
                if not opened or self.rows.generation != self._generation:
                    await self._open()
                    opened = True
                elif await self._advance():
                    continue
            except LogChangedError:
                # Another file is there now; the next refresh starts again.
                self._touched = True
                continue
            except Exception as error:
                self._fail(explained(error))
                if not (opened or published):
                    published = True
                    self._publish_opened()
            if not (self._touched or self._has_work):
                self._wake.clear()
                await self._wake.wait()

    @property
    def _has_work(self) -> bool:
        unread = self._reader.rows_read < len(self.rows)
        wanted = self.reading_wanted or self.outline is not None
        pending = self.row_count < len(self.rows) or (wanted and unread)
        return self.failed is None and pending

    def _begin(self) -> None:
        self._generation = self.rows.generation
        self._reader = RunReader(self.rows, self.folds)
        self.outline = None
        self.row_count = 0
        self.failed = None
        self.reading_wanted = False

    async def _open(self) -> None:
        """Read as many rows as can be read without a delay, and publish the run."""
        if self.rows.generation != self._generation and self._reader.rows_read:
            self.folds.clear()
        self._begin()
        rows = len(self.rows)
        self.reading_wanted = rows <= self.limits.long_rows
        self.conclusion_row = max(0, rows - 1)
        if rows:
            back = await self._thread(self._read_first)
            self.conclusion_row = max(0, rows - 1 - back)
        self.first_row = self.conclusion_row
        if self._find_row is not None:
            found = await self._thread(partial(self._find_row, self.rows))
            self.first_row = self.conclusion_row if found is None else found
        self.row_count = rows
        if self._reader.rows_read >= rows and self.reading_wanted:
            self.outline = self._reader.outline
            self.row_count = len(self.outline)
        self._publish_opened()

    def _read_first(self) -> int:
        """Read for a moment; return how many rows from the last one it concludes."""
        if self.reading_wanted:
            self._read_ahead(self.limits.first_slice_s)
        return rows_after_conclusion(self.rows[-self.limits.tail_rows :])

    async def _advance(self) -> bool:
        """Do one piece of work; return whether there was any."""
        rows = len(self.rows)
        if self.outline is not None:
            if self._reader.rows_read >= rows:
                return False
            await self._pace(rows - self._reader.rows_read)
            await self._read_growth()
            return True
        if self.row_count < rows:
            await self._pace(rows - self.row_count)
            self.row_count = len(self.rows)
            self._each(lambda listener: listener.rows_added())
            return True
        if not self.reading_wanted or self.failed is not None:
            return False
        if self._reader.rows_read < rows:
            await self._thread(lambda: self._read_ahead(self.limits.slice_s))
        if self._reader.rows_read >= len(self.rows):
            self._attach()
        self._progressed()
        return True

    async def _pace(self, new_rows: int) -> None:
        """Wait until growth may be published again."""
        limits = self.limits
        flood = new_rows > limits.flood_rows
        interval = limits.flood_interval_s if flood else limits.publish_interval_s
        wait = self._published_at + interval - monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
            if self._touched:
                self._touched = False
                await self._thread(self.rows.refresh)
        self._published_at = monotonic()

    async def _read_growth(self) -> None:
        if self.rows.generation != self._generation:
            return
        growth = await self._thread(self._read_next)
        outline = self.outline
        if outline is None:
            return
        with ExitStack() as stack:
            for listener in list(self._listeners):
                stack.enter_context(listener.order_changing(growth))
            outline.add_placements(growth.placements)
            self.row_count = len(outline)
        self._each(lambda listener: listener.rows_added())
        self._progressed()

    def _read_next(self) -> Growth:
        first, rows, placements = self._reader.read(self.limits.growth_rows)
        begin = max(0, len(rows) - self.limits.summarized_rows)
        summaries = {first + at: cached_row(rows[at]) for at in range(begin, len(rows))}
        return Growth(placements, summaries)

    def _read_ahead(self, seconds: float) -> None:
        """Read rows into the outline, which is not drawn yet."""
        end = monotonic() + seconds
        reader = self._reader
        while reader.read_ahead(self.limits.step_rows) and monotonic() < end:
            pass

    def _attach(self) -> None:
        """Publish the causal order, now that all rows were read."""
        with ExitStack() as stack:
            for listener in list(self._listeners):
                stack.enter_context(listener.order_changing(Growth(())))
            self.outline = self._reader.outline
            self.row_count = len(self.outline)
        self._each(lambda listener: listener.rows_added())

    async def _thread(self, work: Callable[[], T]) -> T:
        async with self._turn:
            return await asyncio.to_thread(work)

    # Publishing.

    def _each(self, call: Callable[[RunListener], None]) -> None:
        for listener in list(self._listeners):
            call(listener)

    def _publish_opened(self) -> None:
        self._each(lambda listener: listener.run_opened())

    def _progressed(self) -> None:
        self._each(lambda listener: listener.run_progressed())

    def _fail(self, error: Exception) -> None:
        self.failed = error
        self.reading_wanted = False
        self._each(lambda listener: listener.run_failed(error))
