"""Measures how long the event loop is blocked while a long run is filtered and sorted.

`python -m tests.bench.bench_loop` prints the longest block of each action, in processor
time of the event loop's thread, which other programs on the machine change least; and
the longest collection of garbage, in any thread.
`--events 1000000` makes a longer run.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path
from selectors import DefaultSelector, SelectorKey
from typing import Any

from textual.pilot import Pilot

from tests.bench.bench_overview import long_run
from tests.bench.bench_tui import record, report
from tests.helpers.pilot import press
from whitetail.app import WhitetailApp
from whitetail.panes.events import EventsPane
from whitetail.run.protocols import RowOrderState
from whitetail.screens.run import RunView
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
    blocks = Blocks()
    with (
        long_run(events) as (base, path),
        asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(blocks)) as loop,
    ):
        loop.run(measure(base, path, blocks))


class Blocks(DefaultSelector):
    """Measures each turn of an event loop, which waits for this selector in between."""

    def __init__(self) -> None:
        super().__init__()
        self._began = self._longest = 0.0
        self._collecting = self._collected_s = self._most_collected = 0.0
        gc.callbacks.append(self._collected)

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait as an event loop does, and measure what it did before."""
        took = time.thread_time() - self._began - self._collected_s
        self._longest = max(self._longest, took)
        ready = super().select(timeout)
        self._began, self._collected_s = time.thread_time(), 0.0
        return ready

    def report(self, name: str) -> None:
        """Print the longest block since the last report, and that by garbage."""
        value = f"{self._longest * 1_000:.0f} + {self._most_collected * 1_000:.0f} ms"
        report(name, value, "≤ 50 ms")
        self.forget()

    def forget(self) -> None:
        """Measure from now on."""
        self._longest = self._most_collected = 0.0

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.thread_time()
            return
        took = time.thread_time() - self._collecting
        self._most_collected = max(self._most_collected, took)
        if threading.current_thread() is threading.main_thread():
            self._collected_s += took


async def measure(base: Path, path: Path, blocks: Blocks) -> None:
    """Press keys in the app that shows the run."""
    # As in the program, which freezes the objects of the start after its first frame.
    gc.disable()
    app = WhitetailApp(FileSource(TreeLocation(base)))
    async with app.run_test(size=(150, 45)) as pilot:
        pane = app.screen.query_one(EventsPane)
        await until(lambda: pane.count)
        await press(pilot, "3", "g")
        view = app.screen.query_one(RunView)
        blocks.forget()
        await until(lambda: order_of(view) is not RowOrderState.READING)
        if order_of(view) is RowOrderState.TOO_LONG:
            await press(pilot, "s")
        await until(lambda: order_of(view) is RowOrderState.CAUSAL)
        blocks.report(f"{pane.row_count:,} rows are read and sorted")
        await actions(pilot, blocks, "")
        await press(pilot, "&", *QUERY, "enter")
        await until(lambda: matched(pane))
        blocks.report(f"{QUERY} has found all")
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


def order_of(view: RunView) -> RowOrderState:
    """Return the order of the events that are shown."""
    assert view.lines is not None
    return view.lines.order_state


def matched(pane: EventsPane) -> bool:
    """Return whether the border counts all matches."""
    border = str(pane.border_title)
    return " of " in border and "+ of" not in border


if __name__ == "__main__":
    main()
