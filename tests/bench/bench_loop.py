"""Measures how long the event loop is blocked while a long run is filtered and sorted.

`python -m tests.bench.bench_loop` prints the longest block of each action, in processor
time of the event loop's thread, which other programs on the machine change least.
`--events 1000000` makes a longer run.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import tempfile
import time
from asyncio.events import Handle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.bench.bench_overview import run_lines
from tests.bench.bench_tui import record, report
from tests.helpers.pilot import press
from whitetail.app import WhitetailApp
from whitetail.panes.events import EventsPane
from whitetail.run.protocols import RowOrderState
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource

QUERY = "kind:result"
GROWTHS = 10
GROWTH_ROWS = 300


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=450_000)
    events = parser.parse_args().events
    top = Path(tempfile.mkdtemp(prefix="whitetail-bench-"))
    try:
        path = top / ".deer-flow/threads/long/runs/r.jsonl"
        path.parent.mkdir(parents=True)
        with path.open("w") as file:
            file.writelines(run_lines(events))
        asyncio.run(measure(top / ".deer-flow", path))
    finally:
        shutil.rmtree(top)


class Blocks:
    """The processor time of the longest callback of the event loop."""

    def __init__(self) -> None:
        self._longest = self._collecting = self._collected_s = self._most = 0.0
        gc.callbacks.append(self._collected)
        run = Handle._run

        def timed(handle: Handle) -> None:
            self._collected_s, began = 0.0, time.thread_time()
            run(handle)
            took = time.thread_time() - began - self._collected_s
            self._longest = max(self._longest, took)

        Handle._run = timed  # type: ignore[method-assign, assignment]

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.thread_time()
        else:
            took = time.thread_time() - self._collecting
            self._collected_s += took
            self._most = max(self._most, took)

    def report(self, name: str) -> None:
        """Print the longest block since the last report."""
        value = f"{self._longest * 1_000:.0f} + {self._most * 1_000:.0f} ms"
        report(name, value, "≤ 50 ms")
        self._longest = self._most = 0.0


async def measure(base: Path, path: Path) -> None:
    """Press keys in the app that shows the run."""
    # As in the program, which freezes the objects of the start after its first frame.
    gc.disable()
    app = WhitetailApp(FileSource(TreeLocation(base)))
    async with app.run_test(size=(150, 45)) as pilot:
        pane = app.screen.query_one(EventsPane)
        await until(lambda: pane.count)
        blocks = Blocks()
        await press(pilot, "3", "g")
        if order(pane) is RowOrderState.TOO_LONG:
            await press(pilot, "s")
        await until(lambda: order(pane) is RowOrderState.CAUSAL)
        blocks.report(f"{pane.row_count:,} rows are read and sorted")
        await actions(pilot, blocks, "")
        await press(pilot, "&", *QUERY, "enter")
        await until(lambda: matched(pane))
        blocks.report(f"{QUERY}: {matches(pane):,} matches")
        await actions(pilot, blocks, "filtered: ")
        for _ in range(2):
            await press(pilot, "ctrl+f")
            blocks.report("filter off or on")
        for state in ("", "in file order: "):
            await grow(path, pane)
            blocks.report(f"filtered: {state}{GROWTHS * GROWTH_ROWS:,} more rows")
            await press(pilot, "s")
            blocks.report("filtered: s")
        await press(pilot, "escape")
        blocks.report("no filter")


async def actions(pilot: Pilot[Any], blocks: Blocks, state: str) -> None:
    """Press each key whose work may grow with the run."""
    for keys in (
        ["s"],
        ["s"],
        ["t"],
        ["G"],
        ["g"],
        ["e"],
        ["/", *"deer", "enter"],
        ["n"],
        ["colon", *"50%", "enter"],
        ["colon", *"57", "enter"],
        ["h"],
        ["l"],
    ):
        await press(pilot, *keys)
        await pilot.pause(1)
        blocks.report(f"{state}{''.join(keys)}")


async def grow(path: Path, pane: EventsPane) -> None:
    """Append rows, and wait until they are there."""
    content = {"type": "tool", "name": "ls", "content": "more deer"}
    for _ in range(GROWTHS):
        first = pane.row_count
        last = first + GROWTH_ROWS
        with path.open("a") as file:
            for seq in range(first + 1, last + 1):
                kind = "llm.tool.result"
                file.write(record("long", "r", seq, kind, content=content))
        while pane.row_count < last:
            await asyncio.sleep(0.05)


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    while not condition():
        await asyncio.sleep(0.05)


def order(pane: EventsPane) -> RowOrderState | None:
    """Return the order of the events."""
    return None if pane._source is None else pane._source.order_state


def matched(pane: EventsPane) -> bool:
    """Return whether all rows were matched."""
    state = None if pane._source is None else pane._source.filter
    return state is not None and state.share == 1


def matches(pane: EventsPane) -> int:
    """Return how many rows match."""
    state = None if pane._source is None else pane._source.filter
    return 0 if state is None else state.matches


if __name__ == "__main__":
    main()
