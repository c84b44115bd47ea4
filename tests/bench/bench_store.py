"""Measures the store, and a plain store and `wc -l` for comparison.

    python -m tests.bench.bench_store [--events 50000] [--runs 20] [--big 1024] [FOLDER]

The plain store does what DeerFlow's does: it parses everything for every read, and
opens, appends and closes for every put. Compare the ratios: the
speed of a machine drifts, and both sides drift with it. Files are in the page cache.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import cast

from tests.bench.plain_store import Event, PlainStore
from whitetail_store import JsonlRunEventStore, NewEvent, RunLog

RUN = "5b1d7c52-0e4e-4a55-8f3b-3c9d8e7f6{:03}"
THREAD = "6f0c2f6e-8a3c-4e0b-9b1e-2d7c5a4f1e90"
WORDS = ["the", "deer", "crossed", "a", "road", "in", "Zürich", '"now"', "—", "x;\n"]


def sample_record(seq: int, rng: random.Random) -> Event:
    """Return a random record with the usual fields; 3.6 kB on average."""
    kind, category = rng.choice(
        [
            ("llm.ai.response", "message"),
            ("llm.human.input", "message"),
            ("llm.tool.result", "message"),
            ("subagent.step", "subagent"),
            ("run.start", "trace"),
        ]
    )
    size = min(int(rng.paretovariate(1.2) * 600), 20_000)
    text = " ".join(rng.choices(WORDS, k=size // 3))
    moment = datetime(2026, 8, 3, tzinfo=UTC) + timedelta(milliseconds=seq * 137)
    return {
        "thread_id": THREAD,
        "run_id": "",
        "event_type": kind,
        "category": category,
        "content": {
            "content": text,
            "additional_kwargs": {},
            "response_metadata": {"model_name": "m", "finish_reason": "stop"},
            "type": "ai",
            "name": None,
            "id": f"lc_run--{rng.getrandbits(64):x}",
            "tool_calls": [{"name": "read_file", "args": {"path": "/a"}, "id": "c1"}],
            "usage_metadata": {"input_tokens": seq, "output_tokens": 7},
        },
        "metadata": {"caller": "lead_agent", "latency_ms": 12, "llm_call_index": seq},
        "seq": seq,
        "created_at": moment.isoformat(),
    }


def fill(base: Path, events: int, runs: int, size: int | None = None) -> int:
    """Write a thread. Stop at `size` bytes if given. Return the bytes written."""
    rng = random.Random(7)
    folder = base / "threads" / THREAD / "runs"
    folder.mkdir(parents=True)
    patterns = [sample_record(seq, rng) for seq in range(1, 2001)]
    total = seq = 0
    for run in range(runs):
        with (folder / f"{RUN.format(run)}.jsonl").open(
            "wb", buffering=1 << 20
        ) as file:
            for _ in range(events // runs):
                seq += 1
                record = {
                    **patterns[seq % 2000],
                    "run_id": RUN.format(run),
                    "seq": seq,
                }
                total += file.write(json.dumps(record).encode() + b"\n")
                if size is not None and total >= size:
                    return total
    return total


def median_time(call: Callable[[], object], rounds: int) -> float:
    """Return the median duration of a call, in seconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return median(times)


class Table:
    """Prints a line per measurement: whitetail, the plain store and their ratio."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        print(f"{'':34}{'whitetail':>12}{'plain':>12}{'ratio':>10}{'wanted':>9}")

    def time(
        self, call: Callable[[], Awaitable[object]], rounds: int, each: int = 1
    ) -> float:
        """Return the median duration of an awaited call, in seconds."""
        return self.times([call], rounds, each)[0]

    def times(
        self, calls: list[Callable[[], Awaitable[object]]], rounds: int, each: int = 1
    ) -> list[float]:
        """Return the median durations of calls that are made in turn, in seconds.

        So other load of the machine affects all of them alike.
        """

        async def measure() -> list[list[float]]:
            times: list[list[float]] = [[] for _ in calls]
            for _ in range(rounds):
                for call, found in zip(calls, times, strict=True):
                    began = time.perf_counter()
                    for _ in range(each):
                        await call()
                    found.append((time.perf_counter() - began) / each)
            return times

        return [median(found) for found in self.runner.run(measure())]

    def row(self, name: str, ours: float, plain: float, wanted: str = "") -> None:
        """Print how many times faster ours is."""
        self._print(name, ours, plain, plain / ours, wanted)

    def cost(self, name: str, ours: float, other: float, most: float) -> None:
        """Print how many times longer ours is, which should be at most `most`."""
        self._print(name, ours, other, ours / other, f"<= {most}x")

    def _print(
        self, name: str, ours: float, other: float, ratio: float, wanted: str
    ) -> None:
        print(
            f"{name:34}{ours * 1e3:>9.3f} ms{other * 1e3:>9.2f} ms"
            f"{ratio:>9.1f}x{wanted:>9}",
            flush=True,
        )


def reads(table: Table, base: Path) -> None:
    """Measure pages, counts and first puts of a large thread."""

    def plain() -> PlainStore:
        return PlainStore(base)

    def cold() -> JsonlRunEventStore:
        return JsonlRunEventStore(base)

    warm = JsonlRunEventStore(base)
    other = plain()
    paths = sorted((base / "threads" / THREAD / "runs").glob("*.jsonl"))

    async def wc() -> None:
        subprocess.run(["wc", "-l", *paths], capture_output=True, check=True)

    whole = table.time(lambda: other.list_messages(THREAD), 3)
    page, lines = table.times([lambda: cold().list_messages(THREAD), wc], 15)
    table.row("cold page", page, whole, ">= 10x")
    table.cost("cold page / `wc -l`", page, lines, 6)
    table.row(
        "warm page",
        table.time(lambda: warm.list_messages(THREAD), 9, 20),
        whole,
        ">= 500x",
    )
    counted = table.time(lambda: other.count_messages(THREAD), 3)
    table.row(
        "count",
        table.time(lambda: warm.count_messages(THREAD), 9, 20),
        counted,
        ">= 500x",
    )
    run = RUN.format(3)
    table.row(
        "page of a run",
        table.time(lambda: warm.list_messages_by_run(THREAD, run), 9, 20),
        table.time(lambda: other.list_messages_by_run(THREAD, run), 5),
        ">= 20x",
    )
    event = {**sample_record(1, random.Random(1)), "run_id": run}
    del event["seq"], event["created_at"]
    first = table.time(lambda: cold().put(**event), 5)
    table.row(
        "first put of a process",
        first,
        table.time(lambda: plain().put(**event), 3),
        ">= 10x",
    )
    for left in (base / "threads" / THREAD / "runs").glob(".*"):
        left.unlink()
    unseen = table.time(lambda: cold().put(**event), 1)
    table.row(
        "first put on a thread",
        unseen,
        table.time(lambda: plain().put(**event), 1),
        ">= 10x",
    )


def writes(table: Table, base: Path, runs: int) -> None:
    """Measure puts to a thread with a number of runs."""
    # Of two folders: ours would notice the other, and read its events.
    for each in ("ours", "plain"):
        fill(base / each, 20, runs)
    record = sample_record(1, random.Random(1))
    record["run_id"] = RUN.format(0)
    del record["seq"], record["created_at"]
    event = cast("NewEvent", record)
    batch = [event] * 20
    ours = JsonlRunEventStore(base / "ours")
    durable = JsonlRunEventStore(base / "ours", durable=True)
    plain = PlainStore(base / "plain")
    name = f", {runs} runs"
    once, put = table.times(
        [lambda: ours.put(**event), lambda: plain.put(**event)], 25, 100
    )
    table.row(f"put{name}", once, put, ">= 1x")
    twenty = table.time(lambda: ours.put_batch(batch), 15, 20)
    table.row(f"put of 20{name}", twenty, put * 20, ">= 8x")
    once = table.time(lambda: durable.put(**event), 9, 40)
    table.row("  put, durable", once, put)
    twenty = table.time(lambda: durable.put_batch(batch), 9, 10)
    table.row("  put of 20, durable", twenty, put * 20)


def one_run(table: Table, base: Path) -> None:
    """Measure a call about a run of one line in a large thread, with a new store."""
    run = "run-of-one-line"
    record = {**sample_record(1 << 20, random.Random(1)), "run_id": run}
    path = base / "threads" / THREAD / "runs" / f"{run}.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    ours, plain = table.times(
        [
            lambda: JsonlRunEventStore(base).list_events(THREAD, run),
            lambda: PlainStore(base).list_messages_by_run(THREAD, run),
        ],
        99,
    )
    table.cost("one run, new store", ours, plain, 2)
    path.unlink()


def beside(table: Table, base: Path) -> None:
    """Measure puts beside a call that reads all of a run of 180 MB."""
    fill(base, 1 << 40, 1, 180_000_000)
    store = JsonlRunEventStore(base)
    run = RUN.format(0)
    event = sample_record(1, random.Random(1))
    event["run_id"] = RUN.format(1)
    del event["seq"], event["created_at"]

    async def measure() -> list[float]:
        reading = asyncio.create_task(store.list_events(THREAD, run, limit=None))
        times = []
        while not reading.done():
            began = time.perf_counter()
            await store.put(**event)
            times.append(time.perf_counter() - began)
        assert await reading
        return times

    alone = table.time(lambda: store.put(**event), 15, 50)
    times = table.runner.run(measure())
    table.cost("put beside a reader of 180 MB", median(times), alone, 3)
    print(f"  the longest of {len(times)} puts: {max(times) * 1e3:.1f} ms")


def long_lines(base: Path) -> None:
    """Write a thread of 60 lines of 2 MiB; each second one holds whole records."""
    nested = [sample_record(seq, random.Random(seq)) for seq in range(600)]
    path = base / "threads" / THREAD / "runs" / f"{RUN.format(0)}.jsonl"
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8") as file:
        for seq in range(1, 61):
            record = {**sample_record(seq, random.Random(1)), "run_id": path.stem}
            record["content"] = nested if seq % 2 else "x y " * (500 << 10)
            file.write(json.dumps(record) + "\n")


def loop(base: Path, lines: str, rounds: int = 9) -> None:
    """Print the longest time that the event loop was blocked during a cold read.

    Beside it, the same while another thread runs plain Python for as long: what other
    load of the machine, and the switches of the interpreter, contribute.
    """

    async def longest(work: Awaitable[object]) -> tuple[float, float]:
        turns = [time.perf_counter()]

        async def turn() -> None:
            while True:
                await asyncio.sleep(0.001)
                turns.append(time.perf_counter())

        turning = asyncio.create_task(turn())
        await work
        turning.cancel()
        turns.append(time.perf_counter())
        waits = [after - before for before, after in pairwise(turns)]
        return max(waits), turns[-1] - turns[0]

    def count_for(seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            sum(range(100))

    async def measure() -> tuple[float, float, float]:
        wait, whole = await longest(JsonlRunEventStore(base).count_messages(THREAD))
        beside, _ = await longest(asyncio.to_thread(count_for, whole))
        return wait, beside, whole

    found = [asyncio.run(measure()) for _ in range(rounds)]
    waits, beside, whole = (sorted(each) for each in zip(*found, strict=True))
    print(
        f"longest block of the loop, of {rounds} cold reads of {median(whole):.3f} s"
        f" ({lines}): median {median(waits) * 1e3:.0f} ms, most {waits[-1] * 1e3:.0f} "
        f"ms, wanted 20; beside plain Python: median {median(beside) * 1e3:.0f} ms, "
        f"most {beside[-1] * 1e3:.0f} ms"
    )


def memory(base: Path) -> None:
    """Print the memory per event of an indexed thread, in bytes."""
    tracemalloc.start()
    events = 0
    logs = []
    for path in (base / "threads" / THREAD / "runs").glob("*.jsonl"):
        log = RunLog(path)
        log.refresh()
        log.envelopes()
        events += len(log)
        logs.append(log)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{'memory per event':34}{kept / events:>6.1f} bytes")


BIG = """
import sys, time
from pathlib import Path
from whitetail_store import RunLog
def peak():
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(e.split()[1]) for e in lines if e.startswith("VmHWM")), 0)
before = peak()
path = Path(sys.argv[1])
began = time.perf_counter(); RunLog(path).refresh()
rows = time.perf_counter() - began
began = time.perf_counter(); log = RunLog(path, envelopes=True); log.refresh()
whole = time.perf_counter() - began
print(rows, whole, len(log), before / 1024, peak() / 1024)
"""


def big(base: Path, megabytes: int) -> None:
    """Print the time and memory to open one huge file."""
    fill(base, 1 << 40, 1, megabytes << 20)
    path = base / "threads" / THREAD / "runs" / f"{RUN.format(0)}.jsonl"
    command = [sys.executable, "-c", BIG, str(path)]
    wc = median_time(lambda: subprocess.run(["wc", "-l", path], capture_output=True), 5)
    best: list[list[float]] = []
    for _ in range(3):
        out = subprocess.run(command, capture_output=True, check=True, text=True)
        best.append([float(each) for each in out.stdout.split()])
    rows, whole, count, before, after = sorted(best)[1]
    print(f"{megabytes} MiB, {count:.0f} events: wc -l {wc:.3f} s")
    print(f"  rows {rows:.3f} s ({rows / wc:.1f} wc), wanted at most 5")
    print(f"  rows and envelopes, one pass {whole:.3f} s ({whole / wc:.1f} wc)")
    print(
        f"  peak {after:.0f} MB of which the interpreter has {before:.0f}, wanted 100"
    )


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--big", type=int, default=1024, help="MiB, 0 for none")
    parser.add_argument("folder", nargs="?", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        base = Path(folder)
        size = fill(base / "many", options.events, options.runs)
        print(
            f"{options.events} events in {options.runs} runs, {size / 2**20:.0f} MiB;"
            f" Python {sys.version.split()[0]}, {os.cpu_count()} cores"
        )
        table = Table()
        reads(table, base / "many")
        one_run(table, base / "many")
        memory(base / "many")
        loop(base / "many", "lines of 5 kB")
        long_lines(base / "long")
        loop(base / "long", "lines of 2 MiB")
        writes(table, base / "one", 1)
        writes(table, base / "few", 20)
        beside(table, base / "beside")
        if options.big:
            big(base / "big", options.big)
        table.runner.close()


if __name__ == "__main__":
    main()
