"""Measures the store over a table and the screen over a table.

    python -m tests.bench.bench_sql [--rows 1000000] [--runs 2000] [--puts 300]
                                    [--only store|screen]

The plain statements do the least that is possible: one connection of SQLAlchemy, the
same lock, the same columns, JSON by `json`. Compare the ratios. `list_messages` reads
the newest 50 of a thread. `processes`: 8 of them write 1,000 events each to a thread.

The screen shows the same runs from files, SQLite and Postgres, in turn: until the first
content, and until a run of 50,000 rows is open with its newest row. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tests.helpers.postgres import server_url
from tests.helpers.store import new_event
from tests.helpers.terminal import WHITETAIL, Terminal
from whitetail_store.sql import DbRunEventStore

ROOT = Path(__file__).parents[2]
CONTENT = {"content": "the deer crossed a road " * 30, "type": "ai", "id": "x" * 20}
METADATA = {"caller": "lead_agent", "latency_ms": 12, "llm_call_index": 3}
IS_JSON = json.dumps({"content_is_json": True, "content_is_dict": True})
START = datetime(2026, 8, 3, tzinfo=UTC)
FIRST, LONG_PROMPT, NEWEST_TEXT = "Question of run", "Count all the deer", "all counted"
LONG_ROWS = 50_000
STARTS = 7
"""The measured starts of each screen, after one to warm up."""
TableRow = tuple[str, str, str, str, str, str, int, datetime]
"""The values of `COLUMNS`."""
COLUMNS = (
    "thread_id, run_id, event_type, category, content, event_metadata, seq, created_at"
)
INSERT = text(
    f"INSERT INTO run_events ({COLUMNS}) VALUES (:thread_id, :run_id, :event_type, "
    ":category, :content, :event_metadata, :seq, :created_at)"
)
NEWEST = text("SELECT max(seq) FROM run_events WHERE thread_id = :thread_id")
PAGE = text(
    f"SELECT {COLUMNS} FROM run_events WHERE thread_id = :thread_id "
    "AND category = 'message' ORDER BY seq DESC LIMIT 50"
)
LOCK = text("SELECT pg_advisory_xact_lock(hashtext(:thread_id)::bigint)")
WRITER = """
import asyncio, sys
from tests.helpers.any_store import close_store, open_store
from tests.helpers.store import new_event
async def main():
    store = open_store(sys.argv[1])
    for number in range(int(sys.argv[2])):
        await store.put(**new_event(thread_id="many", run_id=sys.argv[3]))
    await close_store(store)
asyncio.run(main())
"""


async def plain_put(connection: AsyncConnection, thread_id: str, count: int) -> None:
    """Insert events in a transaction that has the lock of the thread."""
    is_sqlite = connection.dialect.name == "sqlite"
    await connection.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
    key = {"thread_id": thread_id}
    if not is_sqlite:
        await connection.execute(LOCK, key)
    seq = (await connection.execute(NEWEST, key)).scalar() or 0
    rows = [
        {
            **new_event(thread_id=thread_id),
            "content": json.dumps(CONTENT),
            "event_metadata": json.dumps(METADATA | {"content_is_json": True}),
            "seq": seq + number,
            "created_at": datetime.now(UTC).isoformat()
            if is_sqlite
            else datetime.now(UTC),
        }
        for number in range(1, count + 1)
    ]
    await connection.execute(INSERT, rows)
    await connection.exec_driver_sql("COMMIT")


async def plain_page(connection: AsyncConnection, thread_id: str) -> list[Any]:
    """Return the newest 50 messages of a thread, decoded."""
    found = (await connection.execute(PAGE, {"thread_id": thread_id})).mappings().all()
    return [
        {
            **row,
            "content": json.loads(row["content"]),
            "metadata": row["event_metadata"]
            if isinstance(row["event_metadata"], dict)
            else json.loads(row["event_metadata"]),
        }
        for row in reversed(found)
    ]


async def in_turn(
    ours: Callable[[], Awaitable[object]],
    plain: Callable[[], Awaitable[object]],
    times: int,
) -> tuple[float, float]:
    """Return the median seconds of both, which are called in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for call, seconds in zip((ours, plain), taken, strict=True):
            begin = time.perf_counter()
            await call()
            seconds.append(time.perf_counter() - begin)
    return median(taken[0]), median(taken[1])


def row(name: str, ours: float, plain: float, goal: str) -> None:
    """Print one line of the table."""
    times = f"{ours * 1e6:8,.0f} µs  plain {plain * 1e6:8,.0f} µs"
    print(f"  {name:26} {times}  {ours / plain:5.2f} times  ({goal})")


async def measure(url: str, puts: int) -> None:
    """Compare the store with plain statements on a filled database."""
    driver = url.replace("sqlite:", "sqlite+aiosqlite:", 1)
    driver = driver.replace("postgresql:", "postgresql+psycopg:", 1)
    engine = create_async_engine(driver, isolation_level="AUTOCOMMIT")
    store = DbRunEventStore(url)
    keywords = new_event(thread_id="t0", content=CONTENT, metadata=METADATA)
    batch = [keywords] * 20
    async with engine.connect() as connection:
        for count, name in ((1, "put"), (20, "put_batch of 20")):
            ours, plain = await in_turn(
                partial(store.put_batch, batch[:count]),
                partial(plain_put, connection, "t1", count),
                puts,
            )
            row(name, ours, plain, "goal 1.11")
        ours, plain = await in_turn(
            lambda: store.list_messages("t2"),
            lambda: plain_page(connection, "t2"),
            puts,
        )
        row("list_messages, 50 rows", ours, plain, "goal 1.2")
    await store.close()
    await engine.dispose()


def rows_of(rows: int, runs: int) -> Iterator[TableRow]:
    """Yield the rows of a filled table: each thread has 20 runs, the last is newest."""
    content = json.dumps(CONTENT)
    each = rows // runs
    for run in range(runs):
        thread = f"t{run // 20}"
        start = START + timedelta(minutes=10 * run)
        for number in range(each):
            seq = run % 20 * each + number + 1
            kind = ("llm.ai.response", "message") if seq % 3 else ("run.start", "trace")
            text = content
            if not number:
                kind = "llm.human.input", "message"
                text = json.dumps({"type": "human", "content": f"{FIRST} {run}"})
            moment = start + timedelta(seconds=number / each)
            yield (thread, f"r{run:05}", *kind, text, IS_JSON, seq, moment)


def long_run(runs: int) -> Iterator[TableRow]:
    """Yield the rows of a long run, which only the newest thread is newer than."""
    start = START + timedelta(minutes=10 * (runs - 1) - 5)
    for seq in range(1, LONG_ROWS + 1):
        text = NEWEST_TEXT if seq == LONG_ROWS else f"deer {seq} seen in the wood"
        content = {"type": "ai", "content": LONG_PROMPT if seq == 1 else text}
        kind = "llm.human.input" if seq == 1 else "llm.ai.response"
        moment = start + timedelta(milliseconds=seq)
        yield (
            *("long", "long", kind, "message"),
            *(json.dumps(content), IS_JSON, seq, moment),
        )


def fill(url: str, rows: Iterable[TableRow]) -> None:
    """Fill the table, which is empty, with the plain driver."""
    if url.startswith("sqlite"):
        values = "?, ?, ?, ?, ?, ?, ?, ?"
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as lite, lite:
            lite.executemany(
                f"INSERT INTO run_events ({COLUMNS}) VALUES ({values})",
                ((*row[:7], str(row[7])) for row in rows),
            )
        return
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy(f"COPY run_events ({COLUMNS}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE run_events")


def write_files(base: Path, rows: Iterable[TableRow]) -> None:
    """Write the same rows as files."""
    for (thread, run), of_run in groupby(rows, key=lambda row: (row[0], row[1])):
        path = base / "threads" / thread / "runs" / f"{run}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        moment = START
        with path.open("w") as file:
            for _, _, kind, category, content, _, seq, moment in of_run:
                file.write(
                    f'{{"thread_id": "{thread}", "run_id": "{run}", "event_type": '
                    f'"{kind}", "category": "{category}", "content": {content}, '
                    f'"metadata": {{}}, "seq": {seq}, '
                    f'"created_at": "{moment.isoformat()}"}}\n'
                )
        os.utime(path, (moment.timestamp(),) * 2)


def first_content(tree: str) -> float:
    """Return the seconds from the start to the first content."""
    with screen(tree) as terminal:
        return terminal.wait_for(FIRST, 60) - terminal.began


def opening(tree: str) -> float:
    """Return the seconds until the long run is open, and its newest row is shown."""
    with screen(tree) as terminal:
        terminal.wait_for(FIRST, 60)
        # By then the newest run is open.
        end = time.perf_counter() + 2
        while (left := end - time.perf_counter()) > 0:
            terminal.read(left)
        since, began = len(terminal.written), time.perf_counter()
        terminal.press("j")
        return terminal.wait_for(NEWEST_TEXT, 60, since=since) - began


def screen(tree: str) -> Terminal:
    """Start the program, compiled as after an installation, without what it keeps."""
    env = {"PYTHONDONTWRITEBYTECODE": "", "WHITETAIL_CACHE_DIR": ""}
    argv = [*WHITETAIL, "--no-state", tree]
    return Terminal(argv, columns=150, rows=45, env=env)


def measure_screen(trees: dict[str, str]) -> None:
    """Compare the screens of the same runs; measured in turn, so that load is alike."""
    for name, measured, goals in (
        ("first content", first_content, {"SQLite": 1.6, "Postgres": 2.0}),
        (f"open {LONG_ROWS:,} rows", opening, {"SQLite": 2.0, "Postgres": 2.0}),
    ):
        taken: dict[str, list[float]] = {kind: [] for kind in trees}
        for turn in range(STARTS + 1):
            for kind, tree in trees.items():
                seconds = measured(tree)
                if turn:
                    taken[kind].append(seconds)
        files = median(taken["files"])
        print(f"  {name}: files {files * 1e3:,.0f} ms")
        for kind, goal in goals.items():
            seconds = median(taken[kind])
            times = f"{seconds * 1e3:8,.0f} ms  {seconds / files:5.2f} times files"
            print(f"  {kind:26} {times}  (goal {goal:g})", flush=True)


async def write_together(url: str, processes: int, puts: int) -> None:
    """Let processes write one thread, and look for gaps and doubles."""
    begin = time.perf_counter()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, str(puts), f"p{number}"], cwd=ROOT
        )
        for number in range(processes)
    ]
    ended = [writer.wait() for writer in writers]
    seconds = time.perf_counter() - begin
    store = DbRunEventStore(url)
    found = await store.list_messages("many", limit=None)
    await store.close()
    is_whole = [each["seq"] for each in found] == list(range(1, processes * puts + 1))
    print(
        f"  {processes} processes, {puts} puts each: {seconds:.1f} s, "
        f"no gap and no double: {is_whole and not any(ended)}"
    )


async def main() -> None:
    """Print the ratios for SQLite and for Postgres."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--puts", type=int, default=300)
    parser.add_argument("--only", choices=("store", "screen"))
    arguments = parser.parse_args()
    rows, runs = arguments.rows, arguments.runs

    def all_rows() -> Iterator[TableRow]:
        return chain(rows_of(rows, runs), long_run(runs))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = server_url(folder, os.getpid(), ROOT)
        databases = {"SQLite": f"sqlite:///{folder}/a.db", "Postgres": server}
        for url in databases.values():
            store = DbRunEventStore(url, create=True)
            await store.count_messages("t0")
            await store.close()
            await asyncio.to_thread(fill, url, all_rows())
        if arguments.only != "store":
            print(f"the screen, {rows:,} rows in {runs:,} runs, and a long run")
            files = folder / ".deer-flow"
            await asyncio.to_thread(write_files, files, all_rows())
            trees = {"files": str(files), **databases}
            await asyncio.to_thread(measure_screen, trees)
        for kind, url in databases.items() if arguments.only != "screen" else ():
            print(f"{kind}, {rows:,} rows in {runs:,} runs")
            await measure(url, arguments.puts)
            await write_together(url, 8, 1000 if kind == "Postgres" else 100)


if __name__ == "__main__":
    asyncio.run(main())
