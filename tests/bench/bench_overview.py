"""Measures the overview of a long run, and `orjson.loads` alone for comparison.

`python -m tests.bench.bench_overview` prints a line for each number, with its target
next to it. `--events 10000` makes a shorter run.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
from textual.pilot import Pilot

from tests.bench.bench_tui import record, report
from whitetail.app import WhitetailApp
from whitetail.panes.events import EventsPane
from whitetail.panes.overview import OverviewPane
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.stats.stats import RunStats
from whitetail.view.overview.overview import overview
from whitetail_store import RunLog

TOOLS = ("web_search", "read_file", "bash", "write_file", "str_replace")

LIMIT_S = 300
"""A screen that does not show what is measured ends the program after this time."""


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    events = parser.parse_args().events
    with long_run(events) as (base, path):
        print(f"a run of {events:,} events, {path.stat().st_size / 1e6:.0f} MB")
        compare_with_json(path)
        measured = asyncio.wait_for(on_screen(base, path, events), LIMIT_S)
        asyncio.run(measured)


@contextmanager
def long_run(events: int) -> Iterator[tuple[Path, Path]]:
    """Yield a `.deer-flow` folder and its only run, which are removed afterwards."""
    top = Path(tempfile.mkdtemp(prefix="whitetail-bench-"))
    try:
        base = top / ".deer-flow"
        path = base / "threads/long/runs/r.jsonl"
        path.parent.mkdir(parents=True)
        with path.open("w") as file:
            file.writelines(run_lines(events))
        yield base, path
    finally:
        shutil.rmtree(top)


def run_lines(events: int) -> Iterator[str]:
    """Yield the lines of a run whose replies call tools and launch subagents."""
    start, rng, seq = datetime.now(UTC) - timedelta(seconds=events), Random(7), 0

    def line(kind: str, content: Any, **metadata: Any) -> str:
        nonlocal seq
        seq += 1
        when = (start + timedelta(seconds=seq)).isoformat()
        metadata = {"caller": "lead_agent", **metadata}
        changes = {"content": content, "metadata": metadata, "created_at": when}
        return record("long", "r", seq, kind, **changes)

    def reply(*calls: dict[str, Any], caller: str = "lead_agent") -> str:
        read = rng.randint(4_000, 90_000)
        usage = {
            "input_tokens": read,
            "output_tokens": 300,
            "total_tokens": read + 300,
            "input_token_details": {"cache_read": rng.randint(0, read)},
        }
        content = {
            "type": "ai",
            "content": "I look " * rng.randint(0, 40),
            "additional_kwargs": {"reasoning_content": "hm " * rng.randint(1, 99)},
            "response_metadata": {"finish_reason": "stop", "model_name": "doe-3"},
            "tool_calls": calls,
            "invalid_tool_calls": [],
            "usage_metadata": usage,
        }
        metadata = {"caller": caller, "usage": usage}
        took = rng.randint(300, 30_000)
        return line("llm.ai.response", content, **metadata, latency_ms=took)

    def call(name: str, **args: Any) -> dict[str, Any]:
        return {"name": name, "args": args, "id": f"call_{name}_{seq:08}"}

    def result(to: dict[str, Any]) -> str:
        text = "deer seen in the wood\n" * rng.randint(1, 60)
        content = {"type": "tool", "content": text, "name": to["name"]}
        content |= {"tool_call_id": to["id"], "status": "success"}
        return line("llm.tool.result", content)

    yield line("run.start", {})
    yield line("llm.human.input", {"type": "human", "content": "Count the deer"})
    while seq < events - 30:
        if rng.random() < 0.03:
            purpose = f"Count wood {seq}"
            task = call("task", description=purpose, subagent_type="scout")
            whose = {"task_id": task["id"]}
            yield reply(task)
            yield line("subagent.start", whose | {"description": purpose}, **whose)
            for _ in range(rng.randint(3, 10)):
                yield reply(call("bash", command="ls"), caller="subagent:scout")
                yield line("subagent.step", whose | {"text": "look " * 40}, **whose)
            yield line("subagent.end", whose | {"status": "completed"}, **whose)
            yield result(task)
        else:
            path = f"/mnt/user-data/outputs/{rng.randint(0, 400)}.md"
            asked = call(rng.choice(TOOLS), path=path, content="x" * 300)
            yield reply(asked)
            yield result(asked)
    while seq < events:
        yield reply()


def compare_with_json(path: Path) -> None:
    """Measure reading and adding up rows against JSON, in turns of 25 rows."""
    log, stats = RunLog(path), RunStats()
    log.refresh()
    plain = read = fed = 0.0
    for row in range(0, len(log), 25):
        raw = list(log.lines(range(row, min(row + 25, len(log)))))
        began = time.thread_time()
        for each in raw:
            orjson.loads(each)
        plain += time.thread_time() - began
        began = time.thread_time()
        rows = log[row : row + 25]
        read += time.thread_time() - began
        began = time.thread_time()
        stats.feed(rows)
        fed += time.thread_time() - began
    whole = read + fed
    report("rows read", f"{read:.2f} s, {read / plain:.1f}x JSON", "≤ 6x JSON")
    report("rows added up", f"{fed:.2f} s, {fed / plain:.1f}x JSON", "≤ 11x JSON")
    began = time.thread_time()
    stats.feed([log[-1]])
    overview(stats, now=time.time(), growing=True, rows=log)
    stats.spans.display_order()
    took = time.thread_time() - began
    value = f"{took * 1_000:.1f} ms, {took / whole:.2%}"
    report("one more row, share of the whole", value, "≤ 1 %")


async def on_screen(base: Path, path: Path, events: int) -> None:
    """Measure the time until the overview is shown, and the event loop's delays."""
    app = WhitetailApp(FileSource(TreeLocation(base)))
    async with app.run_test(size=(150, 45)) as pilot:
        while app.screen.query_one(EventsPane).count < events:
            await pilot.pause(0.05)
        await pilot.pause(1)
        async with loop_delays() as delays:
            first, whole = await opened(app, pilot, events)
        delays.sort()
        report("overview: first lines", f"{first:.2f} s", "≤ 0.3 s")
        report("overview: complete", f"{whole:.2f} s", "≤ 2 s")
        worst = delays[-1] * 1_000
        value = f"{delays[int(len(delays) * 0.99)] * 1_000:.0f} / {worst:.0f} ms"
        report("delay of the event loop meanwhile, p99 / max", value, "< 20 ms")
        await pilot.press("escape")
        _, again = await opened(app, pilot, events)
        report("overview: complete, once the run was read", f"{again:.2f} s", "≤ 2 s")
        pane = app.screen.query_one(OverviewPane)
        took = []
        for number in range(10):
            before = pane.count
            began = time.perf_counter()
            with path.open("a") as file:
                reply = {"type": "ai", "content": "One more"}
                file.write(
                    record(
                        "long", "r", events + number, "llm.ai.response", content=reply
                    )
                )
            while pane.count == before:
                await asyncio.sleep(0.005)
            took.append(time.perf_counter() - began)
        took.sort()
        value = f"{took[5]:.2f} / {took[-1]:.2f} s"
        report("one more row, until it is shown, median / max", value, "≤ 0.5 s")


async def opened(
    app: WhitetailApp, pilot: Pilot[Any], events: int
) -> tuple[float, float]:
    """Open the overview. Return the seconds until its first lines and until all."""
    began = time.perf_counter()
    pressed = asyncio.create_task(pilot.press("i"))
    first = whole = 0.0
    while not whole:
        await asyncio.sleep(0.02)
        for pane in app.screen.query(OverviewPane):
            lines = [pane.draw(at, 100) for at in range(min(pane.count, 30))]
            text = "".join(text for cells in lines for text, _ in cells)
            if text and not first:
                first = time.perf_counter() - began
            if f"{events:,} events ·" in text:
                whole = time.perf_counter() - began
    await pressed
    return first, whole


@asynccontextmanager
async def loop_delays() -> AsyncIterator[list[float]]:
    """Record the delay of the event loop, in seconds, 200 times a second."""
    delays: list[float] = []

    async def record_delays() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            delays.append(time.perf_counter() - began - 0.005)

    recording = asyncio.create_task(record_delays())
    yield delays
    recording.cancel()


if __name__ == "__main__":
    main()
