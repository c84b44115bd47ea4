"""Measures the commands beside grep and the start of Python.

`python -m tests.bench.bench_commands` prints a line for each number, with its target
next to it. `--mb 100` makes less than the GiB of the targets. Where a target is a
ratio, both sides are measured in the same run, in processor time of the whole process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.bench_reach import write_runs
from tests.bench.bench_tui import record, report, write_long, write_threads
from tests.helpers.commands import PROGRAM, environment
from whitetail.run.row_texts import QueryTexts
from whitetail.run.search_all import SearchAll
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.query.parse import parse_query

WORDS = ("nowhere to go", "kubernetes", "traceback", "quartz", "/mnt/user-data/x")
"""None of them is in any run. Some have rare letters, which grep finds fastest."""
IMPORTS = "import rich.console, orjson, asyncio"
COUNTING = """
import sys

sizes = []

def record(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".jsonl"):
        sizes.append(arguments[0])

sys.addaudithook(record)
from whitetail.cli import main
try:
    main(sys.argv[1:])
finally:
    print(len(sizes), file=sys.stderr)
"""
"""Counts the files of runs that a command opens."""
LONG_EVENTS = 1_000_000
"""400 bytes each."""


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=1024)
    megabytes = parser.parse_args().mb
    # Nothing is kept in the cache of the user.
    os.environ["WHITETAIL_CACHE_DIR"] = ""
    top = Path(tempfile.mkdtemp(prefix="whitetail-bench-"))
    try:
        measure_grep(top / "grep" / ".deer-flow", megabytes << 20)
        shutil.rmtree(top / "grep")
        measure_show(top / "show" / ".deer-flow", LONG_EVENTS * megabytes // 1024)
        shutil.rmtree(top / "show")
        measure_ls(top)
        measure_cache(top)
    finally:
        shutil.rmtree(top)


def measure_grep(base: Path, size: int) -> None:
    """Measure a search for words that no run has, by command and as the screen does."""
    paths = write_runs(base, size)
    source = FileSource(TreeLocation(base))
    runs = [((p.parent.parent.name, p.stem), p.stat().st_size) for p in paths]
    for word in WORDS:
        grep = best(["grep", "-ilF", word, *map(str, paths)])
        ours = best([PROGRAM, "grep", "-l", f'"{word}"', "-t", str(base)])
        value = f"{ours / grep:.2f}x ({grep:.2f} s)"
        report(f"grep -l {word!r} beside grep -ilF", value, "≤ 4x")
        search = SearchAll(source.scan, QueryTexts(parse_query(f'"{word}"')), runs)
        began = time.process_time()
        asyncio.run(search.run(lambda: None))
        value = f"{(time.process_time() - began) / grep:.2f}x"
        report("the same search on the screen", value, "≤ 4x")


def measure_show(base: Path, events: int) -> None:
    """Measure the answer of a long run beside the start of Python."""
    path = base / "threads" / "long" / "runs" / "r.jsonl"
    write_long(path, events)
    answer = {"type": "ai", "content": "All deer are counted"}
    with path.open("a") as file:
        file.write(record("long", "r", events + 1, "llm.ai.response", content=answer))
    start = first_byte([sys.executable, "-c", f"{IMPORTS}; print()"])
    took = first_byte([PROGRAM, "show", "--answer", "-t", str(path)])
    name = f"show --answer of {path.stat().st_size / 1e6:.0f} MB after Python's start"
    report(name, f"{took - start:.2f} s", "≤ 0.5 s")


def measure_ls(top: Path) -> None:
    """Measure the lists of 9 and of 5,000 threads."""
    write_threads(top / "9" / ".deer-flow", 9, 2, 0)
    write_threads(top / "5000" / ".deer-flow", 5_000, 1, 0)
    start = best([sys.executable, "-c", IMPORTS], 5)
    ours = best([PROGRAM, "ls", "-t", str(top / "9")], 5)
    report("ls of 9 threads beside imports", f"{ours / start:.2f}x", "≤ 3x")
    took = first_byte([PROGRAM, "ls", "-t", str(top / "5000")])
    report("first line of ls of 5,000 threads", f"{took:.2f} s", "≤ 0.5 s")
    ours = best([PROGRAM, "ls", "-n", "1", "-t", str(top / "5000")])
    report("ls -n 1 of them beside imports", f"{ours / start:.2f}x", "")


def measure_cache(top: Path) -> None:
    """Measure what the cache of metrics saves."""
    write_threads(top / "2000" / ".deer-flow", 1_000, 2, 0)
    # Files that have just been written are not kept.
    time.sleep(3)
    cache = {"WHITETAIL_CACHE_DIR": str(top / "cache")}
    command = ["ls", "--sort", "tokens", "-t", str(top / "2000")]
    first = cpu_time([PROGRAM, *command], cache)
    second = cpu_time([PROGRAM, *command], cache)
    report("second ls --sort tokens of 2,000 runs", f"{second / first:.2f}x first", "")
    counted = subprocess.run(
        [sys.executable, "-c", COUNTING, *command],
        env=environment(cache),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    report("runs that it opens", counted.stderr.decode().strip(), "0")


def cpu_time(command: Sequence[str], env: Mapping[str, str] | None = None) -> float:
    """Return the processor time of a program."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, env=environment(env))
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def best(command: Sequence[str], times: int = 3) -> float:
    """Return the least processor time of a program."""
    return min(cpu_time(command) for _ in range(times))


def first_byte(command: Sequence[str]) -> float:
    """Return after how many seconds a program prints, in the best of five runs."""
    found = []
    for _ in range(5):
        began = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env=environment()
        ) as process:
            assert process.stdout is not None
            process.stdout.read(1)
            found.append(time.perf_counter() - began)
            process.kill()
    return min(found)


if __name__ == "__main__":
    main()
