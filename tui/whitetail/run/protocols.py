"""What panes and screens may know of a run: protocols and values, nothing that reads.

A run is a sequence of rows that grows. Where the rows come from (a file, a database,
a list in a test) is known to `whitetail.source` alone.

Threads: methods that may wait for a disk are called in worker threads and say so.
Everything else belongs to the event loop. Changes are published on the event loop, in
the order in which the rows were read; no listener is called by two changes at once.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from whitetail.source.protocols import RunRows as RunRows

if TYPE_CHECKING:
    from whitetail.view.lists.event import EventSummary
    from whitetail.view.lists.event_line import LineContext
    from whitetail_store import RunEvent, RunKey


class EventKey(NamedTuple):
    """Names an event for as long as its run is the same file; compare, do not read it.

    `seq` can repeat within a thread and within a run, so it names nothing.
    """

    run: RunKey
    row: int
    generation: int = 0
    """That of the rows: a file that was replaced has other events."""


class ShownMessage(Protocol):
    """A message of a conversation."""

    @property
    def key(self) -> EventKey:
        """The event; equal keys name the same one."""
        ...

    @property
    def event(self) -> RunEvent:
        """The event itself."""
        ...


@dataclass(frozen=True, slots=True)
class CachedRow:
    """What a list keeps of a row that was read."""

    summary: EventSummary
    time: float
    """Seconds since the epoch; NaN if the row has no time."""


class RowOrderState(Enum):
    """In which order rows are listed, and why."""

    FILE = "file order"
    CAUSAL = "causal order"
    READING = "file order while the run is being read"
    TOO_LONG = "file order until the user asks for the causal order of a long run"


@dataclass(frozen=True, slots=True)
class FilterState:
    """A filter of the rows of a run, and what it has found."""

    parts: tuple[str, ...]
    """The parts of its query, all of which match. Not sanitized."""
    shown: bool
    """Whether only what matches is listed; else the filter is switched off."""
    matches: int
    """How many rows match, so far."""
    rows: int
    """The number of rows of the run."""
    share: float
    """Which share of the rows was matched, from 0 to 1."""
    stopped: int = 0
    """How many rows do not match because a regex was stopped."""


class LinesListener(Protocol):
    """What a `RowSource` calls when its lines change."""

    def lines_changing(self) -> AbstractContextManager[int | None]:
        """Return a context for a change of the lines, which keeps the view in place.

        Its value is the row under the cursor; None if the view follows the newest one.
        """
        ...

    def lines_changed(self, new_rows: int) -> None:
        """React to a change: rows were added, read or sorted in another order."""
        ...

    def lines_failed(self, error: Exception) -> None:
        """React to a failure to read rows."""
        ...


class RowSource(Protocol):
    """The rows of a run as the lines of a list. Belongs to the event loop."""

    @property
    def count(self) -> int:
        """The number of lines."""
        ...

    @property
    def row_count(self) -> int:
        """The number of rows, including those that are folded away."""
        ...

    @property
    def newest_row(self) -> int:
        """The row that was written last, of those that are listed; 0 without any."""
        ...

    @property
    def filter(self) -> FilterState | None:
        """The filter of the rows; None if there is none."""
        ...

    def is_context(self, row: int) -> bool:
        """Return whether a row is only listed because rows under it match."""
        ...

    @property
    def seq_width(self) -> int:
        """The width of the widest `seq` that was read, in cells."""
        ...

    @property
    def has_callers(self) -> bool:
        """Whether an event that was read is of another agent than the lead agent."""
        ...

    @property
    def start_time(self) -> float:
        """When the first event was written; NaN if that is not known yet."""
        ...

    @property
    def order_state(self) -> RowOrderState:
        """In which order the rows are listed, and why."""
        ...

    @property
    def read_share(self) -> float:
        """Which share of the run has been read for its order, from 0 to 1."""
        ...

    def row(self, line: int) -> int:
        """Return the row on a line; 0 if there is none."""
        ...

    def line(self, row: int) -> int:
        """Return a row's line, or that of the row it is folded into."""
        ...

    def cached(self, row: int) -> CachedRow | None:
        """Return what was read of a row; None if it was not read yet."""
        ...

    def context(self, row: int) -> LineContext:
        """Return where a row belongs in the tree and in the time of the run."""
        ...

    def want(self, lines: range, *, at_end: bool) -> None:
        """Request that the rows of these lines are read, the visible ones first.

        `at_end` if the view stays at the newest row: rows that were just added are then
        read before their lines appear.
        """
        ...

    def parent(self, row: int) -> int | None:
        """Return the row above a row in the tree; None in file order or without one."""
        ...

    def has_open_children(self, row: int) -> bool:
        """Return whether a row has children that are not folded away."""
        ...

    def fold(self, row: int) -> bool:
        """Fold a row; False if there was nothing to fold."""
        ...

    def unfold(self, row: int) -> bool:
        """Unfold a row; False if there was nothing to unfold."""
        ...

    def reveal(self, row: int) -> None:
        """Unfold everything that hides a row; switch off a filter that does."""
        ...

    def toggle_order(self) -> None:
        """Change between causal order and file order."""
        ...

    def subscribe(self, listener: LinesListener | None) -> None:
        """Publish changes to this listener from now on; None ends it."""
        ...
