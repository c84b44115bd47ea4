"""What the app may ask of a source of runs, wherever the runs are kept.

Threads: `changes`, `read_some`, `trees`, and all that is awaited of a `Deleter`, wait
for disks in threads of their own. `open`, `open_apart`, `follow`, `rescan`, `plan`
and the `close` of a source return at once. `start`, `count_events` and the `close` of a
`Deleter` block: they are called before the event loop runs, in a thread, or after it.

Order: `changes` first yields one item that lists every run. A later item comes after
the catalog has it, so the lists show what it says.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import TYPE_CHECKING, Protocol, overload

if TYPE_CHECKING:
    from whitetail.source.catalog import Catalog
    from whitetail.source.change_queue import Changes
    from whitetail.source.deletion import DeletePlan, DeleteResult
    from whitetail.source.metrics_cache import MetricsCache
    from whitetail.source.produced import ProducedFile
    from whitetail.source.scan import LineFinder, ScanPiece
    from whitetail.source.trash_limits import TrashLimits
    from whitetail.view.lists.entries import TrashEntry, TreeEntry
    from whitetail_store import Finding, LogRow, RunKey, Stamp


class RunRows(Protocol):
    """The rows of one run: a lazy sequence that grows.

    `refresh` is called by one thread at a time. The other methods may be called by any
    number of threads meanwhile; they see the rows of the last refresh.
    """

    @property
    def key(self) -> RunKey:
        """The run."""
        ...

    @property
    def location(self) -> str:
        """Where the rows are kept, for the user to read and to copy."""
        ...

    @property
    def generation(self) -> int:
        """Rises each time the rows turn out to be others than before."""
        ...

    @property
    def written_at(self) -> float | None:
        """When the run was last written, in seconds since the epoch.

        None if nothing is there, or the source does not know it.
        """
        ...

    @property
    def stamp(self) -> Stamp | None:
        """Compares equal as long as the source has not changed; None if it is gone."""
        ...

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, at: int) -> LogRow: ...
    @overload
    def __getitem__(self, at: slice) -> list[LogRow]: ...
    def __getitem__(self, at: int | slice) -> LogRow | list[LogRow]:
        """Return parsed rows. Waits for the disk.

        Raises:
            StoreError, OSError, IndexError: The rows cannot be read.

        """
        ...

    def refresh(self) -> None:
        """Append what was written since, or start again with another generation.

        Waits for the disk.

        Raises:
            StoreError, OSError: The source cannot be read.

        """
        ...

    def raw(self, row: int) -> bytes:
        """Return a row with all that its source keeps of it. Waits for the disk."""
        ...

    def raws(self, rows: range) -> Iterator[bytes]:
        """Yield rows as a file has them, a line for each.

        It has every text of the event as JSON has it: a search parses only the rows
        that can contain what is searched for. Waits for the disk.
        """
        ...

    def kinds(self, rows: range) -> list[str]:
        """Return the event types of rows; empty for a row that is no event.

        Costs less than parsing the rows. Waits for the disk.
        """
        ...

    def row_of(self, seq: int, stop: int) -> int | None:
        """Return the first event with a `seq` among the first `stop` rows.

        None if there is none. Waits for the disk.
        """
        ...

    def times(self, rows: range) -> Iterator[float]:
        """Yield when rows were written, in seconds since the epoch; NaN if unknown.

        Costs less than parsing the rows. Waits for the disk.
        """
        ...

    def messages(self, first: int) -> list[tuple[int, int]]:
        """Return `seq` and row of the messages of a conversation, from a row on.

        Those are the rows of category `message`. Waits for the disk.
        """
        ...

    def examine(self, first: int, stop: int) -> tuple[list[LogRow], list[Finding]]:
        """Return parsed rows and their faults. Waits for the disk.

        Called for each row once, in order; with `first` 0 it starts again.

        Raises:
            StoreError, OSError: The rows cannot be read.

        """
        ...

    def end_faults(self) -> list[Finding]:
        """Return the fault behind the last row, such as an unfinished line."""
        ...


class Deleter(Protocol):
    """Deletes runs of a source, and restores them."""

    limits: TrashLimits
    """How long and how much the trash keeps."""

    @property
    def can_undo(self) -> bool:
        """Whether there is a delete that can be undone."""
        ...

    @property
    def kept(self) -> tuple[int, int]:
        """How many runs of this session are in the trash, and their bytes."""
        ...

    def plan(self, keys: Sequence[RunKey], threads: Mapping[str, str]) -> DeletePlan:
        """Return the plan to delete these runs; deletes nothing.

        `threads` are the titles of the threads that the user chose, by thread id.
        """
        ...

    async def delete(self, keys: Sequence[RunKey]) -> DeleteResult:
        """Delete all of these runs or none.

        Raises:
            OSError, StoreError: A run could not be deleted.

        """
        ...

    async def undo(self) -> tuple[list[RunKey], list[Exception]]:
        """Restore the last delete; return the restored runs and the errors."""
        ...

    async def recreated(self, keys: Iterable[RunKey]) -> list[RunKey]:
        """Return those of the deleted runs that are there again."""
        ...

    async def trash(self) -> list[TrashEntry]:
        """Return the runs in the trash, the last deleted first.

        Raises:
            OSError: The trash cannot be read.

        """
        ...

    async def with_titles(self, entries: Sequence[TrashEntry]) -> list[TrashEntry]:
        """Return entries of the trash with their titles, which are read."""
        ...

    async def restore(
        self, entries: Iterable[TrashEntry]
    ) -> tuple[list[RunKey], list[Exception]]:
        """Restore runs of the trash; return the restored runs and the errors."""
        ...

    async def remove(self, entries: Iterable[TrashEntry]) -> None:
        """Remove runs from the trash for good.

        Raises:
            OSError: Something cannot be removed.

        """
        ...

    async def clean(self, now: float) -> int:
        """Remove for good what the trash need no longer keep; return how many runs.

        Raises:
            OSError: The trash cannot be read, or something cannot be removed.

        """
        ...

    def close(self) -> None:
        """End the session. What is in the trash stays there."""
        ...


class Source(Protocol):
    """The threads and runs of one tree or database."""

    @property
    def name(self) -> str:
        """What is open, for the status line. Not sanitized."""
        ...

    @property
    def watched(self) -> str:
        """Where new runs are looked for, for the empty screen. Not sanitized."""
        ...

    @property
    def selected(self) -> tuple[str, str | None] | None:
        """The thread, and perhaps the run, that the user named."""
        ...

    @property
    def catalog(self) -> Catalog:
        """The threads and runs, with their summaries, statuses and metrics."""
        ...

    @property
    def deletions(self) -> Deleter | None:
        """Deletes runs and restores them; None if none can be deleted."""
        ...

    @property
    def open_cache(self) -> Callable[[], MetricsCache] | None:
        """Opens the cache of metrics, in a thread; None if there is none."""
        ...

    @property
    def first_scan_done(self) -> bool:
        """Whether the catalog lists every run."""
        ...

    def start(self, *, timeout_s: float = 0.0) -> None:
        """Start to list the runs, and wait for it up to `timeout_s` seconds."""
        ...

    def changes(self) -> AsyncIterator[tuple[Changes, bool]]:
        """Yield changes that the catalog has, and whether runs came or went."""
        ...

    async def read_some(
        self, threads: Iterable[str], runs: Iterable[RunKey]
    ) -> list[RunKey]:
        """Read a few runs that the catalog needs to show these threads and runs.

        Empty if there is nothing left to read.
        """
        ...

    async def trees(self) -> list[TreeEntry]:
        """Return what could be opened instead, for the empty screen."""
        ...

    async def beside(self) -> list[TreeEntry]:
        """Return what else has runs here: a database of a tree, the tree of one."""
        ...

    def open(self, key: RunKey) -> RunRows:
        """Return the rows of a run; all who have them open share them."""
        ...

    def open_apart(self, key: RunKey) -> RunRows:
        """Return the rows of a run that nothing else refreshes or examines."""
        ...

    def scan(self, key: RunKey, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, from first to last, in pieces.

        Without `may_match` it yields all rows. It needs no open rows and opens none;
        rows that are appended meanwhile may be missing. It waits for disks; each piece
        is small enough that a caller can stop after it within 0.1 s.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        ...

    def open_file(self, thread: str, path: str) -> ProducedFile | None:
        """Open a file that a run of a thread produced, by the path that the run has.

        None if it is not on this machine. Blocks.

        Raises:
            OSError: The file cannot be read.

        """
        ...

    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run. Blocks.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        ...

    def follow(self, key: RunKey) -> None:
        """Check this run more often than others, instead of the one before."""
        ...

    def rescan(self) -> None:
        """Look for all changes now."""
        ...

    def close(self) -> None:
        """Look for no more changes."""
        ...
