"""Measures the filter of a run; `bench_reach` calls it.

`python -m tests.bench.bench_filter` measures it alone; `--quick` with a tenth of the
events. Linux only: it reads `/proc`.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from tests.bench.bench_tui import read_for, record, report, write_long
from tests.helpers.terminal import WHITETAIL, Terminal
from whitetail.run.reader import RunReader
from whitetail.run.row_filter import FilterScan, Joined, RowFilter
from whitetail.source.file_rows import FileRows
from whitetail.trace.query.parse import parse_query

QUERY = "tool:bash took>1s"
REPEATS = 5


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the events")
    measure_filter(10 if parser.parse_args().quick else 1)


def measure_filter(divisor: int = 1) -> None:
    """Measure the filter of a run of 50,000 events, and of one of a million."""
    top = Path(tempfile.mkdtemp(prefix="whitetail-bench-"))
    try:
        path = top / "calls/.deer-flow/threads/calls/runs/r.jsonl"
        write_calls(path, 50_000 // divisor)
        scan(path)
        read_run(top / "calls")
        long_run(top / "long", 1_000_000 // divisor)
        followed_run(top / "followed")
    finally:
        shutil.rmtree(top)


def write_calls(path: Path, events: int) -> None:
    """Write calls and results of tools, 1 kB each; every 20th call is of bash."""
    path.parent.mkdir(parents=True)
    time = datetime.now(UTC) - timedelta(days=2)
    with path.open("w") as file:
        for seq in range(1, events + 1):
            time += timedelta(seconds=(1.5, 0.2, 0.5, 2)[seq % 4])
            number = (seq + 1) // 2
            tool = "bash" if number % 20 == 0 else ("read_file", "ls")[number % 2]
            changes: dict[str, Any] = {"created_at": time.isoformat()}
            if seq % 2:
                call = {"name": tool, "args": {"x": "x" * 600}, "id": f"c{number}"}
                content = {"type": "ai", "content": "", "tool_calls": [call]}
                kind = "llm.ai.response"
            else:
                content = {"type": "tool", "name": tool, "content": "result " * 100}
                content["tool_call_id"] = f"c{number}"
                kind = "llm.tool.result"
            file.write(record("calls", "r", seq, kind, content=content, **changes))


def scan(path: Path) -> None:
    """Measure a filter beside loops that parse all events."""
    rows = opened(path)
    reader = RunReader(rows)
    while reader.read_ahead(1_000):
        pass
    parse_query(QUERY)
    times: list[list[float]] = [[], [], []]
    for _ in range(REPEATS):
        began = time.process_time()
        with path.open("rb") as file:
            for line in file:
                orjson.loads(line)
        times[0].append(time.process_time() - began)
        rows, began = opened(path), time.process_time()
        for first in range(0, len(rows), 100):
            rows[first : first + 100]
        times[1].append(time.process_time() - began)
        rows, began = opened(path), time.process_time()
        results = reader.stats.spans.tool_results()
        joined = Joined(reader.outline.times.duration, results)
        matcher = FilterScan(rows, RowFilter(parse_query(QUERY)), joined=joined)
        matcher.advance(len(rows), 600)
        times[2].append(time.process_time() - began)
    loads, events, filtered = map(min, times)
    value = f"{filtered / events:.2f}x events, {filtered / loads:.2f}x orjson"
    report(f"{QUERY}, {len(rows):,} events", value, "≤ 1.5x loop that parses")


def opened(path: Path) -> FileRows:
    """Return the rows of a file, of which none was parsed."""
    rows = FileRows(("t", "r"), path)
    rows.refresh()
    return rows


def read_run(folder: Path) -> None:
    """Measure the first matches in a run that was read for its order."""
    with Terminal([*WHITETAIL, str(folder)], columns=150, rows=45) as terminal:
        terminal.wait_for(" causal order ", 120)
        terminal.press("3")
        read_for(terminal, 1)
        report(
            "its first matches", f"{first_matches(terminal, QUERY):.0f} ms", "300 ms"
        )
        terminal.press("q")
        terminal.finish(10)


def first_matches(terminal: Terminal, query: str) -> float:
    """Enter a filter; return the milliseconds until matches are listed."""
    terminal.press("&")
    terminal.wait_for("filter this run", 10)
    terminal.send(query.encode())
    # The list is loaded, and the mistakes of what was typed were looked for.
    read_for(terminal, 1)
    # What was written so far is drawn now: that alone would last a third of a second.
    terminal.screen()
    chip = f"[{query.split()[0]}]"
    since, began = len(terminal.written), time.perf_counter()
    terminal.press("\r")
    ends = began + 60
    while time.perf_counter() < ends:
        terminal.read(0.01)
        read = time.perf_counter()
        if terminal.written.find(b" of ", since) < 0:
            continue
        border = next(line for line in terminal.screen() if "3 Events" in line)
        found = border.partition(chip)[2].partition(" of ")[0].rstrip("+")
        if found and not found.endswith(" 0"):
            return (read - began) * 1_000
    raise AssertionError("no matches")


def long_run(folder: Path, events: int) -> None:
    """Measure the filter of a run of many events, which is not read for its order."""
    path = folder / ".deer-flow/threads/long/runs/r.jsonl"
    write_long(path, events)
    with Terminal([*WHITETAIL, str(folder)], columns=150, rows=45) as terminal:
        terminal.wait_for(f"deer {events} seen", 60)
        terminal.press("3")
        read_for(terminal, 2)
        before = terminal.memory() / 1e6
        took = first_matches(terminal, "tool:search took<1s")
        report(f"{events:,} events, first matches", f"{took:.0f} ms", "300 ms")
        began, waits = time.perf_counter(), []
        while not matched(terminal) and time.perf_counter() - began < 300:
            for key in ("k", "j"):
                since, pressed = len(terminal.written), time.perf_counter()
                terminal.press(key)
                while len(terminal.written) == since:
                    terminal.read(0.5)
                waits.append((time.perf_counter() - pressed) * 1_000)
                read_for(terminal, 0.07)
        report("matched to the end", f"{time.perf_counter() - began:.1f} s", "")
        waits.sort()
        value = f"{waits[len(waits) // 2]:.0f} / {waits[len(waits) * 95 // 100]:.0f}"
        report("key while it matches, median / p95", f"{value} ms", "≤ 50 ms")
        more = terminal.memory() / 1e6 - before
        report("memory, more than without", f"{more:.0f} MB", "< 120 MB")
        terminal.press("q")
        terminal.finish(10)


def matched(terminal: Terminal) -> bool:
    """Return whether the border counts all matches."""
    border = next(line for line in terminal.screen() if "3 Events" in line)
    return " of " in border and "+ of" not in border


def followed_run(folder: Path) -> None:
    """Measure a filtered, followed run while 1,000 events arrive each second."""
    path = folder / ".deer-flow/threads/long/runs/r.jsonl"
    write_long(path, 1_000)
    with Terminal([*WHITETAIL, str(folder)], columns=150, rows=45) as terminal:
        terminal.wait_for("deer 1000 seen", 60)
        terminal.press("3", "G")
        read_for(terminal, 1)
        terminal.press("&")
        terminal.wait_for("filter this run", 10)
        terminal.send(b"tool:bash\r")
        read_for(terminal, 7)
        cpu, began = terminal.cpu(), time.perf_counter()
        with path.open("a", buffering=1) as file:
            for number in range(10_000):
                name = "bash" if number % 2 else "ls"
                text = f"rush {number} " + "y" * 200
                content = {"type": "tool", "name": name, "content": text}
                file.write(
                    record("long", "r", number, "llm.tool.result", content=content)
                )
                while time.perf_counter() - began < number / 1_000:
                    terminal.read(0.0005)
        share = (terminal.cpu() - cpu) / (time.perf_counter() - began)
        report("filtered, followed, 1,000 events/s", f"{share:.0%}", "< 25 %")
        terminal.wait_for("rush 9999", 10)
        terminal.press("q")
        terminal.finish(10)


if __name__ == "__main__":
    main()
