"""What a file of an export has: runs with their verdict, their spans and their events.

All is derived from the rows of a run, so that it does not matter where these come from:
from the run's own file, or from a redacted copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self, TypeAlias

from whitetail.run.protocols import RunRows
from whitetail.run.whole_run import WholeRun
from whitetail.trace.query.nodes import Query
from whitetail.trace.relatives import Relatives
from whitetail.trace.run_summary import RunSummary, summarize_run
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.stats.spans import Span, SpanKind
from whitetail.trace.verdict.status import is_growing
from whitetail.trace.verdict.verdict import Verdict
from whitetail_store import LogRow, RunEvent, RunKey

_HEAD_ROWS, _TAIL_ROWS = 128, 16
_BATCH_ROWS = 32
"""Rows that are in memory at the same time; one can have megabytes."""

LineMap: TypeAlias = Callable[[Iterator[bytes]], Iterator[bytes]]
"""Maps the raw lines of a run to other lines; each of them ends with a line break."""

Progress: TypeAlias = Callable[[int, int, str], None]
"""Is called with how many are done, of how many, and what they are.

It may raise an exception to stop the export.
"""


def no_progress(done: int, total: int, noun: str) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class RunToExport:
    """A run that is to be exported, as its source or a redacted copy has it."""

    rows: RunRows
    growing: bool
    """Whether the run is possibly still being written."""
    chosen: frozenset[int] | None = None
    """The rows that are exported; None if the query of the options decides."""
    notes: Mapping[int, str] = field(default_factory=dict)
    """The user's notes on events, by row. Not sanitized."""

    @classmethod
    def of(cls, rows: RunRows, now: float) -> Self:
        """Return a run with all rows that are there now, without notes.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        rows.refresh()
        return cls(rows, is_growing(rows.written_at, now))

    def summary(self) -> RunSummary:
        """Return title and prompt, from the first and the last rows."""
        end = max(_HEAD_ROWS, len(self.rows) - _TAIL_ROWS)
        return summarize_run(self.rows[:_HEAD_ROWS], self.rows[end:])


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What is exported of each run."""

    now: float
    """In seconds since the epoch."""
    query: Query | None = None
    """Only the events that match; None for all."""
    query_text: str = ""
    max_bytes: int | None = None
    """Longer values are cut; None for no limit."""
    redaction: str = ""
    """One sentence for the reader if the texts were replaced by fillers."""
    prices: Prices = Prices({})  # noqa: RUF009


@dataclass(frozen=True, slots=True)
class Export:
    """What one file has: a run, or the runs of a thread in their order."""

    thread: str
    runs: Sequence[RunToExport]
    options: ExportOptions
    progress: Progress = no_progress

    def title(self) -> str:
        """Return the title of the thread, or else the first prompt. Not sanitized."""
        summaries = [run.summary() for run in self.runs]
        titles = [each.title for each in summaries] + [s.prompt for s in summaries]
        return next(filter(None, titles), "")

    def documents(self) -> Iterator[RunDocument]:
        """Yield each run, read only when it is asked for.

        Raises:
            StoreError, OSError: A run cannot be read.

        """
        for run in self.runs:
            yield RunDocument(run, self.options, self.progress)


class ExportedSpan(NamedTuple):
    """A span with its position in the tree of spans."""

    id: int
    parent: int | None
    """The id of the span around it; None for the run's own."""
    span: Span


class ExportedEvent(NamedTuple):
    """An event with its position in the tree of the events that are exported."""

    row: int
    event: LogRow
    parent: int | None
    """The nearest row above it that is exported; None at the top level."""
    depth: int


class RunDocument:
    """A run that was read to its end, and the parts of it that are exported.

    Its rows are read again when they are asked for: none is kept.
    """

    def __init__(
        self,
        run: RunToExport,
        options: ExportOptions,
        progress: Progress = no_progress,
    ) -> None:
        """Read the run.

        Raises:
            StoreError, OSError: It cannot be read.

        """
        self.options = options
        self.whole = WholeRun(
            run.rows, lambda done, total: progress(done, total, "events read")
        )
        self.stats = self.whole.stats
        self.summary = run.summary()
        self.verdict: Verdict = self.stats.verdict.verdict(options.now, run.growing)
        self.rows = self._matching_rows(run.chosen)
        """The rows that are exported, in causal order."""
        exported = set(self.rows)
        self.notes = {row: run.notes[row] for row in run.notes if row in exported}
        """The user's notes on the events that are exported, by row. Not sanitized."""
        self._progress = progress

    @property
    def key(self) -> RunKey:
        """The ids of the thread and of the run."""
        return self.whole.rows.key

    @property
    def time(self) -> tuple[float | None, float | None]:
        """Begin and end of the run, in seconds since the epoch."""
        if not self.stats.spans:
            return None, None
        run = self.stats.spans[0]
        return run.start, run.end

    @property
    def duration(self) -> float | None:
        """The duration of the run in seconds; None if a time is missing."""
        return self.stats.spans[0].duration if self.stats.spans else None

    @cached_property
    def spans(self) -> list[ExportedSpan]:
        """The spans of the run, its own first, each behind the one that it is in."""
        found: list[ExportedSpan] = []
        above: list[tuple[int, int]] = []
        for index in self.stats.spans.display_order():
            span = self.stats.spans[index]
            # The span of the run is around those of depth 0.
            depth = -1 if span.kind is SpanKind.RUN else span.depth
            while above and above[-1][0] >= depth:
                above.pop()
            parent = above[-1][1] if above else None
            found.append(ExportedSpan(index, parent, span))
            above.append((depth, index))
        return found

    def events(self) -> Iterator[ExportedEvent]:
        """Yield the events that are exported, in causal order."""
        outline = self.whole.outline
        exported, depths = set(self.rows), dict[int, int]()
        for row, event in self._read(self.rows):
            parent = outline.parent(row)
            while parent is not None and parent not in exported:
                parent = outline.parent(parent)
            depth = depths[row] = 0 if parent is None else depths[parent] + 1
            yield ExportedEvent(row, event, parent, depth)

    def conversation(self) -> Iterator[tuple[int, LogRow]]:
        """Yield the exported messages of the conversation, in the order of the file."""
        exported = set(self.rows)
        messages = sorted(self.whole.rows.messages(0))
        return self._read([row for _, row in messages if row in exported])

    def task_rows(self) -> list[int]:
        """Return the exported replies that hand a task to a subagent."""
        exported = set(self.rows)
        rows = {
            each.span.row
            for each in self.spans
            if each.span.kind is SpanKind.TOOL and each.span.name == "task"
        }
        return sorted(rows & exported)

    def relatives(self, row: int) -> Relatives:
        """Return the rows below a row, and its parent.

        Raises:
            StoreError, OSError, IndexError: A row cannot be read.

        """
        if self.whole.outline.descendant_count(row):
            return self.whole.snapshot(row).relatives
        cause = self.whole.outline.parent(row)
        parent = None if cause is None else self.whole.event(cause)
        ended = self.stats.ended
        return Relatives(
            parent if isinstance(parent, RunEvent) else None, run_ended=ended
        )

    def raw_lines(self) -> Iterator[bytes]:
        """Yield the exported lines in the order of the file, byte by byte.

        Each of them ends with a line break.
        """
        return raw_lines(self.whole.rows, sorted(self.rows))

    def _read(self, rows: Sequence[int]) -> Iterator[tuple[int, LogRow]]:
        """Yield rows in the given order; those near each other are read at once."""
        for first in range(0, len(rows), _BATCH_ROWS):
            self._progress(first, len(rows), "events written")
            batch = rows[first : first + _BATCH_ROWS]
            low, high = min(batch), max(batch) + 1
            found: dict[int, LogRow] = {}
            if high - low <= 2 * len(batch):
                found = dict(enumerate(self.whole.rows[low:high], low))
            for row in batch:
                yield row, found[row] if found else self.whole.event(row)

    def _matching_rows(self, chosen: frozenset[int] | None) -> list[int]:
        found = self.whole.matching(self.options.query)
        return [row for row in found if chosen is None or row in chosen]


def raw_lines(rows: RunRows, chosen: Sequence[int] | None = None) -> Iterator[bytes]:
    """Yield lines of a run as its file has them, all without `chosen`.

    Each of them ends with a line break, also the last one of a file without it.
    """
    if chosen is None or len(chosen) == len(rows):
        lines = rows.raws(range(len(rows)))
    else:
        lines = (line for row in chosen for line in rows.raws(range(row, row + 1)))
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n"
