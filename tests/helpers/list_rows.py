"""A run that is a list in memory: a second kind of source, which tests can steer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any, overload

from textual.pilot import Pilot

from tests.helpers.events import AnyEvent, encoded
from tests.helpers.pilot import until
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.panes.events import EventsPane
from whitetail.run.listener import Growth, RunListener
from whitetail.run.open_run import OpenRun
from whitetail.run.read_limits import LIMITS, ReadLimits
from whitetail.run.run_lines import RunLines
from whitetail.trace.order.outline import Folds
from whitetail_store import BadLine, Fault, Finding, RunEvent, RunKey, Stamp
from whitetail_store.check import FaultLocation


class ListRows:
    """A `RunRows` over a list that tests append to, shorten and replace.

    As with a file, `refresh` reads what the list has become.
    """

    location = "a list"

    def __init__(
        self, rows: Sequence[AnyEvent], key: RunKey = ("thread", "run")
    ) -> None:
        self.key = key
        self.rows = rows
        self.reads: list[int] = []
        """Each row that was parsed, as often as it was."""
        self.error: Exception | None = None
        """Raised by each read."""
        self.gate = threading.Event()
        """Reads wait while it is not set."""
        self.gate.set()
        self.generation = 1
        self.written_at: float | None = None
        self.stamp: Stamp | None = None
        self._length = 0
        self._revision = 0

    def replace(self, rows: Sequence[AnyEvent]) -> None:
        """Make it another run, as when a file is replaced."""
        self.rows = rows
        self.generation += 1

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> AnyEvent: ...
    @overload
    def __getitem__(self, at: slice) -> list[AnyEvent]: ...
    def __getitem__(self, at: int | slice) -> AnyEvent | list[AnyEvent]:
        assert self.gate.wait(WAIT_TIMEOUT_S)
        if self.error is not None:
            raise self.error
        rows = range(self._length)[at]
        if isinstance(rows, int):
            self.reads.append(rows)
            return self.rows[rows]
        self.reads += rows
        return [self.rows[row] for row in rows]

    def refresh(self) -> None:
        if len(self.rows) < self._length:
            self.generation += 1
        if len(self.rows) != self._length or self.stamp is None:
            self._revision += 1
            self.stamp = Stamp(0, 0, len(self.rows), self._revision, self._revision)
        self._length = len(self.rows)

    def raw(self, row: int) -> bytes:
        event = self.rows[row]
        if isinstance(event, BadLine):
            return event.raw
        fields = ("event_type", "category", "content", "metadata", "seq", "created_at")
        return encoded({name: getattr(event, name) for name in fields})

    def raws(self, rows: range) -> Iterator[bytes]:
        return (self.raw(row) for row in rows)

    def kinds(self, rows: range) -> list[str]:
        events = [self.rows[row] for row in rows]
        return [
            "" if isinstance(event, BadLine) else event.event_type for event in events
        ]

    def row_of(self, seq: int, stop: int) -> int | None:
        events = enumerate(self.rows[:stop])
        found = (row for row, each in events if getattr(each, "seq", None) == seq)
        return next(found, None)

    def times(self, rows: range) -> Iterator[float]:
        for row in rows:
            time = getattr(self.rows[row], "time", None)
            yield nan if time is None else time

    def messages(self, first: int) -> list[tuple[int, int]]:
        events = enumerate(self.rows[first : self._length], first)
        return [
            (event.seq, row)
            for row, event in events
            if isinstance(event, RunEvent) and event.category == "message"
        ]

    def examine(self, first: int, stop: int) -> tuple[list[AnyEvent], list[Finding]]:
        rows = self[first:stop]
        faults = [
            Finding(
                FaultLocation(Path(self.location), row), Fault.BAD_LINE, event.reason
            )
            for row, event in enumerate(rows, first)
            if isinstance(event, BadLine)
        ]
        return rows, faults

    def end_faults(self) -> list[Finding]:
        return []


class Recorder(RunListener):
    """A `RunListener` that records what it hears."""

    def __init__(self, run: OpenRun) -> None:
        self.heard: list[str] = []
        self.errors: list[Exception] = []
        self.changed = asyncio.Event()
        self._run = run
        run.subscribe(self)

    def run_opened(self) -> None:
        self._hear("opened")

    @contextmanager
    def order_changing(self, growth: Growth) -> Iterator[None]:
        self._hear("changing")
        yield
        self._hear("changed")

    def rows_added(self) -> None:
        self._hear(f"rows {self._run.row_count}")

    def run_progressed(self) -> None:
        self._hear("progressed")

    def run_failed(self, error: Exception) -> None:
        self.errors.append(error)
        self._hear("failed")

    def run_closed(self) -> None:
        self._hear("closed")

    def _hear(self, what: str) -> None:
        self.heard.append(what)
        self.changed.set()

    async def wait_until(self, condition: Any) -> None:
        """Return once a condition is true; it is looked at after each publication."""
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


FILE_ORDER = replace(LIMITS, long_rows=-1)
"""Limits with which no run is read for its order."""


async def opened(
    rows: ListRows | Sequence[AnyEvent],
    folds: Folds | None = None,
    limits: ReadLimits = LIMITS,
) -> OpenRun:
    """Return a run once it is open."""
    rows = rows if isinstance(rows, ListRows) else ListRows(rows)
    run = OpenRun(rows, folds, limits)
    recorder = Recorder(run)
    run.start()
    await recorder.wait_until(lambda: "opened" in recorder.heard)
    return run


async def show(
    pane: EventsPane,
    rows: ListRows | Sequence[AnyEvent],
    *,
    folds: Folds | None = None,
    limits: ReadLimits = LIMITS,
    following: bool = False,
    row: int = 0,
) -> OpenRun:
    """Show rows in a pane, and return the run that reads them."""
    run = await opened(rows, folds, limits)
    pane.show(RunLines(run), following=following, row=row)
    return run


async def grow(pilot: Pilot[Any], pane: EventsPane, run: OpenRun, rows: int) -> None:
    """Have a run look for new rows, and return once the pane has so many."""
    run.touch()
    await until(pilot, lambda: run.row_count == rows and pane.row_count == rows)
