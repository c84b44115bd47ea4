"""A source whose runs are lists in memory: proves that the app needs no files."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.helpers.events import START, AnyEvent
from tests.helpers.list_rows import ListRows
from whitetail.source.catalog import Catalog
from whitetail.source.change_queue import Changes
from whitetail.source.deletion import DeletePlan, DeleteResult
from whitetail.source.run_files import TreeFiles
from whitetail.source.scan import LineFinder, ScannedRow, ScanPiece
from whitetail.source.trash_limits import TrashLimits
from whitetail.view.lists.entries import PlanLine, TrashEntry, TreeEntry
from whitetail_store import HeadAndTail, RunKey, Stamp


class ListSource:
    """Runs in memory that tests add, let grow and look at after a delete."""

    name = "memory"
    watched = "a dict"
    selected: tuple[str, str | None] | None = None

    def __init__(self) -> None:
        self.catalog = Catalog(TreeFiles(Path("memory")), lambda: START + 600)
        self.deletions = ListDeletions(self)
        self.open_cache = None
        self.first_scan_done = False
        self.runs: dict[RunKey, ListRows] = {}
        self.apart_gate = threading.Event()
        """Reads of rows that were opened apart wait while it is not set."""
        self.apart_gate.set()
        self._changes: asyncio.Queue[RunKey] = asyncio.Queue()

    def write(self, key: RunKey, rows: Sequence[AnyEvent]) -> None:
        """Add a run, or replace its rows by more of them, and publish that."""
        if key in self.runs:
            self.runs[key].rows = rows
        else:
            self.runs[key] = ListRows(rows, key)
        self._changes.put_nowait(key)

    def stamp(self, key: RunKey) -> Stamp | None:
        """Return a stamp that changes with the number of rows; None for no run."""
        if key not in self.runs:
            return None
        self.runs[key].refresh()
        return self.runs[key].stamp

    def publish(self, key: RunKey) -> None:
        """Publish that a run has changed."""
        self._changes.put_nowait(key)

    # Source.

    def start(self, *, timeout_s: float = 0.0) -> None:
        stamps = {key: self.stamp(key) for key in self.runs}
        self.catalog.apply(stamps)
        self.first_scan_done = True

    async def changes(self) -> AsyncIterator[tuple[Changes, bool]]:
        self.start()
        stamps = {key: self.stamp(key) for key in self.runs}
        yield Changes(stamps, "memory", (), first=True), True
        while True:
            key = await self._changes.get()
            changes = {key: self.stamp(key)}
            yield Changes(changes, "memory", ()), self.catalog.apply(changes)

    async def read_some(
        self, threads: Iterable[str], runs: Iterable[RunKey]
    ) -> list[RunKey]:
        keys = self.catalog.runs_to_read(threads, runs)
        for key in keys:
            stamp = self.stamp(key)
            rows = self.runs[key].rows
            assert stamp is not None
            found = HeadAndTail(stamp, list(rows[:16]), list(rows[-8:]), len(rows))
            self.catalog.set_head_and_tail(key, found)
        return keys

    async def trees(self) -> list[TreeEntry]:
        return []

    async def beside(self) -> list[TreeEntry]:
        return []

    def open(self, key: RunKey) -> ListRows:
        return self.runs[key]

    def open_apart(self, key: RunKey) -> ListRows:
        rows = ListRows(self.runs[key].rows, key)
        rows.gate = self.apart_gate
        return rows

    def scan(self, key: RunKey, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        if key not in self.runs:
            raise FileNotFoundError(key)
        rows = self.runs[key]
        rows.refresh()
        for first in range(0, len(rows), 2):
            numbers = range(first, min(first + 2, len(rows)))
            lines = list(zip(numbers, rows.raws(numbers), strict=True))
            found = [
                ScannedRow(row, len(line), rows[row])
                for row, line in lines
                if may_match is None or any(map(bool, may_match.candidates(line)))
            ]
            yield ScanPiece(iter(found), sum(len(line) for _, line in lines))

    def open_file(self, thread: str, path: str) -> None:
        return None

    def count_events(self, key: RunKey) -> int:
        return len(self.runs[key].rows)

    def follow(self, key: RunKey) -> None:
        pass

    def rescan(self) -> None:
        pass

    def close(self) -> None:
        pass


class ListDeletions:
    """Deletes runs of a `ListSource`, and restores them."""

    def __init__(self, source: ListSource) -> None:
        self._source = source
        self.limits = TrashLimits()
        self._trash: list[dict[RunKey, ListRows]] = []

    @property
    def can_undo(self) -> bool:
        return bool(self._trash)

    @property
    def kept(self) -> tuple[int, int]:
        return sum(map(len, self._trash)), 0

    def plan(self, keys: Sequence[RunKey], threads: Mapping[str, str]) -> DeletePlan:
        lines = tuple(PlanLine(title) for title in threads.values())
        return DeletePlan(tuple(keys), lines, len(threads), 0, 0)

    async def delete(self, keys: Sequence[RunKey]) -> DeleteResult:
        batch = {key: self._source.runs.pop(key) for key in keys}
        self._trash.append(batch)
        self._source.catalog.apply(dict.fromkeys(keys))
        return DeleteResult(
            tuple(keys), (), sum(len(rows.rows) for rows in batch.values())
        )

    async def undo(self) -> tuple[list[RunKey], list[Exception]]:
        batch = self._trash.pop() if self._trash else {}
        self._source.runs |= batch
        for key in batch:
            self._source.publish(key)
        return list(batch), []

    async def recreated(self, keys: Iterable[RunKey]) -> list[RunKey]:
        return [key for key in keys if key in self._source.runs]

    async def trash(self) -> list[TrashEntry]:
        return [
            TrashEntry("/".join(key), key, key[1], True, START, 0)
            for batch in reversed(self._trash)
            for key in batch
        ]

    async def with_titles(self, entries: Sequence[TrashEntry]) -> list[TrashEntry]:
        return list(entries)

    async def restore(
        self, entries: Iterable[TrashEntry]
    ) -> tuple[list[RunKey], list[Exception]]:
        wanted = {entry.key for entry in entries}
        restored = []
        for batch in self._trash:
            for key in [key for key in batch if "/".join(key) in wanted]:
                self._source.write(key, batch.pop(key).rows)
                restored.append(key)
        return restored, []

    async def remove(self, entries: Iterable[TrashEntry]) -> None:
        self._trash.clear()

    async def clean(self, now: float) -> int:
        return 0

    def close(self) -> None:
        pass
