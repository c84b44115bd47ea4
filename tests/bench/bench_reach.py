"""Measures searches over all runs and filters beside grep and plain loops.

`python -m tests.bench.bench_reach` prints a line for each number, with its target next
to it. `--mb 100` makes less than the GiB of the targets. Ratios are of processor time,
which other programs on the machine change least.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson

from tests.bench.bench_filter import measure_filter
from tests.bench.bench_lists import measure_lists
from tests.bench.bench_tui import record, report
from tests.bench.reach_search import endless_regex, first_hit_on_screen
from whitetail.run.row_texts import QueryTexts
from whitetail.run.search_all import LIMITS, SearchAll, SearchLimits
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.query.parse import parse_query
from whitetail.trace.searchable import searchable_texts
from whitetail_store import RunEvent, RunKey

RUNS = 40
RARE_EVERY = 200
"""One of so many events has the rare word."""
WORDS = [
    "deer",
    "wood",
    "counted",
    "river",
    "north",
    "slope",
    "data",
    "table",
    "price",
    "model",
    "report",
    "city",
    "market",
    "growth",
    "chart",
    "source",
    "page",
    "article",
    "analysis",
    "summary",
    "result",
    "import",
    "return",
    "value",
    "list",
    "example",
    "search",
    "query",
    "the",
    "of",
    "and",
    "a",
    "in",
    "to",
    "is",
    "for",
    "on",
    "with",
    "as",
    "by",
    "at",
    "from",
]
CHINESE = (
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着"
)
ALL_HITS = SearchLimits(hits=1 << 60)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=1024)
    size = parser.parse_args().mb << 20
    top = Path(tempfile.mkdtemp(prefix="whitetail-bench-"))
    try:
        paths = write_runs(top / ".deer-flow", size)
        print(f"{RUNS} runs, {sum(path.stat().st_size for path in paths) / 1e6:.0f} MB")
        asyncio.run(search_all_runs(top / ".deer-flow", paths))
        asyncio.run(first_hit_on_screen(top / ".deer-flow", "Shanghai"))
        asyncio.run(endless_regex(top / ".deer-flow"))
        measure_filter()
        measure_lists()
    finally:
        shutil.rmtree(top)


def write_runs(base: Path, size: int) -> list[Path]:
    """Write runs of results, replies and notes, 2.4 kB each on average."""
    rng = Random(7)
    bodies = [text(rng, rng.choice((300, 800, 2000, 5000, 12000))) for _ in range(400)]
    paths, count = [], 0
    for number in range(RUNS):
        thread, run = f"thread-{number // 4:02}", f"run-{number:02}"
        path = base / "threads" / thread / "runs" / f"{run}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        paths.append(path)
        seq = written = 0
        with path.open("w") as file:
            while written < size // RUNS:
                seq, count = seq + 1, count + 1
                body = rng.choice(bodies)
                if count % RARE_EVERY == 0:
                    body = f"{body[:100]} Shanghai {body[100:]}"
                written += len(line := record(thread, run, seq, **event(seq, body)))
                file.write(line)
    return paths


def text(rng: Random, size: int) -> str:
    """Return words, a few of them Chinese."""
    words: list[str] = []
    chars = 0
    while chars < size:
        chinese = rng.random() < 0.03
        words.append("".join(rng.choices(CHINESE, k=12)) if chinese else "")
        words[-1] = words[-1] or rng.choice(WORDS)
        chars += len(words[-1]) + 1
    return " ".join(words)


def event(seq: int, body: str) -> dict[str, Any]:
    """Return type and content of an event."""
    if seq % 3 == 0:
        call = {"name": "web_search", "args": {"query": body[200:260]}}
        reply = {
            "type": "ai",
            "content": body[:1500],
            "response_metadata": {"finish_reason": "stop", "model_name": "doe-3"},
            "tool_calls": [call | {"id": f"call_{seq}", "type": "tool_call"}],
            "usage_metadata": {"input_tokens": 4000, "output_tokens": 300},
        }
        return {"kind": "llm.ai.response", "content": reply}
    if seq % 3 == 1:
        found = [{"title": body[:60], "snippet": body}]
        content = json.dumps(found, ensure_ascii=False) if seq % 2 else body
        result = {"type": "tool", "content": content, "name": "web_search"}
        result["tool_call_id"] = f"call_{seq - 1}"
        return {"kind": "llm.tool.result", "content": result}
    return {"kind": "middleware:summarize", "content": {"note": body[:300]}}


async def search_all_runs(base: Path, paths: list[Path]) -> None:
    """Measure the searches over all runs."""
    source = FileSource(TreeLocation(base))
    keys = [(path.parent.parent.name, path.stem) for path in paths]
    runs: list[tuple[RunKey, int]] = [
        (key, path.stat().st_size) for key, path in zip(keys, paths, strict=True)
    ]

    async def searched(query: str, limits: SearchLimits = LIMITS) -> float:
        """Search all runs; return the processor time, and report the first hit."""
        texts = QueryTexts(parse_query(query))
        search = SearchAll(source.scan, texts, runs, limits)
        first: list[float] = []

        def changed() -> None:
            if search.hit_count and not first:
                first.append(search.elapsed_s)

        began = time.process_time()
        await search.run(changed)
        took = time.process_time() - began
        print(
            f"  {query}: {search.hit_count:,} hits in {len(search.found)} runs, "
            f"{search.elapsed_s:.2f} s, {took:.2f} s of processor time, "
            f"the first hit after {first[0]:.3f} s"
        )
        return took

    def lines() -> Iterator[bytes]:
        for path in paths:
            with path.open("rb") as file:
                yield from file

    grep = min(child_time("grep", "-iFc", "shanghai", *paths) for _ in range(3))
    took = min([await searched("shanghai") for _ in range(3)])
    report("rare word", f"{took / grep:.2f}x grep -iF ({grep:.2f} s)", "≤ 4x grep")
    parsed = timed(lambda: sum(1 for line in lines() if orjson.loads(line)))
    took = await searched("the")
    report(
        "word in most lines", f"{took / parsed:.2f}x loop ({parsed:.2f} s)", "≤ 1.5x"
    )
    took = await searched("the", ALL_HITS)
    report("the same, all hits kept", f"{took / parsed:.2f}x loop", "")
    # No text is in all of its matches, so every line is parsed.
    pattern = re.compile(r"\b[qz]\w+ [aeiou]\w* [st]\w{4,}", re.IGNORECASE)

    def matches(line: bytes) -> bool:
        event = RunEvent.of(orjson.loads(line))
        return pattern.search("\0".join(searchable_texts(event))) is not None

    loop = timed(lambda: sum(map(matches, lines())))
    took = await searched(f"/{pattern.pattern}/", ALL_HITS)
    report("regex", f"{took / loop:.2f}x orjson and re ({loop:.2f} s)", "≤ 1.5x")
    took = await searched("/shang.?ha[ij]/")
    report("regex with a word in it", f"{took / loop:.2f}x orjson and re", "≤ 1.5x")


def child_time(*command: str | Path) -> float:
    """Return the processor time of a program."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def timed(work: Callable[[], object]) -> float:
    """Return the processor time of a call."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
