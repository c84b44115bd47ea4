"""Parts of `bench_reach` that measure searches over all runs on the screen."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.bench.bench_overview import loop_delays
from tests.bench.bench_tui import record, report
from tests.helpers.pilot import drawn
from whitetail.app import WhitetailApp
from whitetail.panes.events import EventsPane
from whitetail.panes.results import ResultsPane
from whitetail.run.row_texts import QueryTexts
from whitetail.run.search_all import SearchAll
from whitetail.screens.results import ResultsScreen
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.query.parse import parse_query


async def first_hit_on_screen(base: Path, word: str) -> None:
    """Measure from enter until a hit is drawn, and how a search is cancelled."""
    app = WhitetailApp(FileSource(TreeLocation(base)))
    async with app.run_test(size=(150, 45)) as pilot:
        while not app.screen.query_one(EventsPane).count:
            await pilot.pause(0.05)
        await pilot.pause(2)
        await pilot.press("3", "slash", *word, "tab", "tab")
        await pilot.pause(0.5)
        began = time.perf_counter()
        pressed = asyncio.create_task(pilot.press("enter"))
        async with loop_delays() as delays:
            while not _shows_hit(app):
                await asyncio.sleep(0.005)
            took = time.perf_counter() - began
            await asyncio.sleep(1)
        await pressed
        report("the same, first hit on the screen", f"{took:.2f} s", "≤ 0.3 s")
        delays.sort()
        value = f"{delays[int(len(delays) * 0.99)] * 1_000:.0f} ms"
        report("delay of the event loop meanwhile, p99", value, "")
        screen = app.screen
        assert isinstance(screen, ResultsScreen)
        began = time.perf_counter()
        # A key of the pilot waits until no thread is busy.
        screen.action_back()
        while not screen.ended:
            await asyncio.sleep(0.001)
        took = time.perf_counter() - began
        report("escape until the search has ended", f"{took:.2f} s", "≤ 0.1 s")


def _shows_hit(app: WhitetailApp) -> bool:
    return any(
        "Shanghai" in line
        for pane in app.screen.query(ResultsPane)
        for line in drawn(pane)
    )


async def endless_regex(base: Path) -> None:
    """Measure a regex that backtracks without end in two events."""
    path = base / "threads" / "regex" / "runs" / "r.jsonl"
    path.parent.mkdir(parents=True)
    lines = [
        record("regex", "r", seq, "llm.human.input", content="a" * 5_000)
        for seq in (1, 2)
    ]
    path.write_text("".join(lines))
    texts = QueryTexts(parse_query("/(a|a)+$b/ or nothing"))
    source = FileSource(TreeLocation(base))
    search = SearchAll(source.scan, texts, [(("regex", "r"), path.stat().st_size)])
    began = time.process_time()
    await search.run(lambda: None)
    took = time.process_time() - began
    value = f"{took / 2:.1f} s per event, {texts.stopped} stopped"
    report("a regex without an end", value, "≤ 2 s per event")
