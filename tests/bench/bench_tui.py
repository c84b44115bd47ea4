"""Measures the app, and a bare app of Textual for comparison.

`python -m tests.bench.bench_tui` prints a line for each number, with its target next
to it. `--quick` makes a tenth of the events. Linux only: it reads `/proc`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tests.helpers.terminal import WHITETAIL, Terminal

BARE = """
from textual.app import App
from textual.widgets import Footer, Header, Static

class Bare(App):
    BINDINGS = [("q", "quit", "Quit")]

    def compose(self):
        yield Header()
        yield Static("The first content")
        yield Footer()

Bare().run()
"""
CACHED = {"PYTHONDONTWRITEBYTECODE": ""}
"""The environment of measured starts: compiled once, as after an installation."""
STARTS = 7
"""The measured starts of each program, after one to warm up."""


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the events")
    quick = parser.parse_args().quick
    top = Path(tempfile.mkdtemp(prefix="whitetail-bench-"))
    try:
        starts(top)
        tail(top / "small")
        long_run(top / "long", 100_000 if quick else 1_000_000)
    finally:
        shutil.rmtree(top)


def report(name: str, value: str, target: str) -> None:
    """Print a measured value and its target."""
    print(f"{name:<52} {value:>22}   {target}", flush=True)


def record(thread: str, run: str, seq: int, kind: str, **changes: Any) -> str:
    """Return an event as DeerFlow writes it."""
    fields = {
        "thread_id": thread,
        "run_id": run,
        "event_type": kind,
        "category": "message",
        "content": "",
        "metadata": {"caller": "lead_agent"},
        "seq": seq,
        "created_at": datetime.now(UTC).isoformat(),
        **changes,
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def write_threads(base: Path, threads: int, runs: int, foreign: int) -> None:
    """Write threads of a few short runs, the first the newest, and foreign folders."""
    now = datetime.now(UTC)
    for number in range(threads):
        thread = f"thread-{number:05}"
        folder = base / "threads" / thread / "runs"
        folder.mkdir(parents=True)
        for run in range(runs):
            then = now - timedelta(minutes=10 * number - run + 20)
            when = {"created_at": then.isoformat()}
            asked = {"type": "human", "content": f"Question {run} of {number}"}
            reply = {"type": "ai", "content": "All is well. " + "y" * 800}
            name = f"run-{number:05}-{run}"
            lines = [
                record(thread, name, 4 * run + 1, "run.start", **when),
                record(
                    thread, name, 4 * run + 2, "llm.human.input", content=asked, **when
                ),
                record(
                    thread, name, 4 * run + 3, "llm.ai.response", content=reply, **when
                ),
                record(thread, name, 4 * run + 4, "run.end", content={}, **when),
            ]
            path = folder / f"{name}.jsonl"
            path.write_text("".join(lines))
            os.utime(path, (then.timestamp(),) * 2)
    for number in range(foreign):
        inside = f"thread-{number % threads:05}/user-data/node_modules/p{number}"
        (base / "threads" / inside).mkdir(parents=True)


def write_long(path: Path, events: int) -> None:
    """Write a run of many events, 400 bytes each."""
    path.parent.mkdir(parents=True)
    start = datetime.now(UTC) - timedelta(seconds=events / 100)
    with path.open("w") as file:
        for seq in range(1, events + 1):
            when = {
                "created_at": (start + timedelta(milliseconds=10 * seq)).isoformat()
            }
            if seq == 1:
                content: Any = {"type": "human", "content": "Count all the deer"}
                file.write(record("long", "r", seq, "llm.human.input", content=content))
            elif seq % 2:
                call = {
                    "name": "search",
                    "args": {"query": f"deer {seq}"},
                    "id": f"c{seq}",
                }
                content = {"type": "ai", "content": "", "tool_calls": [call]}
                usage = {"input_tokens": seq, "output_tokens": 3}
                metadata = {"caller": "lead_agent", "usage": usage}
                changes = {"content": content, "metadata": metadata, **when}
                file.write(record("long", "r", seq, "llm.ai.response", **changes))
            else:
                text = f"deer {seq} seen in the wood, " + "x" * (seq % 150)
                content = {"type": "tool", "name": "search", "content": text}
                content["tool_call_id"] = f"c{seq - 1}"
                file.write(
                    record("long", "r", seq, "llm.tool.result", content=content, **when)
                )


def first_content(argv: list[str], text: str) -> float:
    """Return the seconds until a text is on the screen."""
    with Terminal(argv, columns=150, rows=45, env=CACHED) as terminal:
        return terminal.wait_for(text, 60) - terminal.began


def starts(top: Path) -> None:
    """Measure starts in turn, so that other load affects all of them alike."""
    small, many = top / "small", top / "many"
    write_threads(small / ".deer-flow", 9, 3, 0)
    write_threads(many / ".deer-flow", 5_000, 3, 30_000)
    programs: dict[str, Callable[[], float]] = {
        "bare": lambda: first_content([sys.executable, "-c", BARE], "first content"),
        "small": lambda: first_content([*WHITETAIL, str(small)], "Question 0 of 0"),
        "many": lambda: first_content([*WHITETAIL, str(many)], "Question 0 of 0"),
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(STARTS + 1):
        for name, start in programs.items():
            seconds = start()
            if turn:
                times[name].append(seconds)
    bare = median(times["bare"])
    report("first content, bare app", f"{bare * 1_000:.0f} ms", "")
    for name, label, target in [
        ("small", "first content, 9 threads", 1.4),
        ("many", "first content, 5,000 threads and 30,000 folders", 3.0),
    ]:
        seconds = median(times[name])
        value = f"{seconds * 1_000:.0f} ms, {seconds / bare:.2f}x bare"
        report(label, value, f"≤ {target:g}x")


def tail(folder: Path) -> None:
    """Measure the time from an append to its text on the screen."""
    path = folder / ".deer-flow/threads/thread-00000/runs/run-00000-2.jsonl"
    with Terminal([*WHITETAIL, str(folder)], columns=150, rows=45) as terminal:
        terminal.wait_for("All is well", 60)
        terminal.press("3", "G")
        read_for(terminal, 1)
        took = []
        for number in range(40):
            mark = f"MARK-{number:05}"
            content = {"type": "human", "content": mark}
            line = record(
                *("thread-00000", "run-00000-2", 100 + number, "llm.human.input"),
                content=content,
            )
            took.append(append_to_screen_ms(terminal, path, line, mark))
            read_for(terminal, 0.15 + number % 7 / 50)
        took.sort()
        value = f"{took[20]:.0f} / {took[37]:.0f} ms"
        report("append to screen, median / p95 of 40", value, "≤ 60 / 150 ms")
        took = []
        for number in range(10):
            mark = f"NEW-{number:05}"
            thread = folder / f".deer-flow/threads/new-{number}/runs"
            content = {"type": "human", "content": mark}
            changes = {"content": content}
            line = record(f"new-{number}", "r", 1, "llm.human.input", **changes)
            since = time.perf_counter()
            thread.mkdir(parents=True)
            append_to_screen_ms(terminal, thread / "r.jsonl", line, mark)
            took.append(time.perf_counter() - since)
            read_for(terminal, 0.5)
        value = f"{median(took) * 1_000:.0f} / {max(took) * 1_000:.0f} ms"
        report("a new thread, median / max of 10", value, "≤ 1.5 s")
        idle(terminal)


def read_for(terminal: Terminal, seconds: float) -> None:
    """Read for some seconds, so that the program is not blocked by its output."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        terminal.read(left)


def append_to_screen_ms(terminal: Terminal, path: Path, line: str, mark: str) -> float:
    """Append a line. Return the milliseconds until `mark` is on the screen."""
    since = len(terminal.written)
    began = time.perf_counter()
    with path.open("a") as file:
        file.write(line)
    return (terminal.wait_for(mark, 30, since=since) - began) * 1_000


def idle(terminal: Terminal) -> None:
    """Measure five seconds in which nothing happens."""
    # By then the last notification has disappeared.
    read_for(terminal, 6)
    cpu, written = terminal.cpu(), len(terminal.written)
    read_for(terminal, 5)
    share = (terminal.cpu() - cpu) / 5
    value = f"{share:.1%}, {len(terminal.written) - written} B"
    report("idle for 5 s, CPU and bytes", value, "< 1 %, 0 B")


def long_run(folder: Path, events: int) -> None:
    """Measure a run of many events."""
    path = folder / ".deer-flow/threads/long/runs/r.jsonl"
    write_long(path, events)
    megabytes = path.stat().st_size / 1e6
    print(f"\na run of {events:,} events, {megabytes:.0f} MB")
    with Terminal([*WHITETAIL, str(folder)], columns=150, rows=45) as terminal:
        newest = f"deer {events} seen"
        seen = terminal.wait_for(newest, 60)
        report("newest events on screen", f"{seen - terminal.began:.2f} s", "≤ 1.5 s")
        read_for(terminal, 1)
        terminal.press("3")
        for key, text, label in [
            ("g", "Count all the deer", "jump to the top"),
            ("G", newest, "jump to the end"),
        ]:
            since, began = len(terminal.written), time.perf_counter()
            terminal.press(key)
            took = terminal.wait_for(text, 30, since=since) - began
            report(label, f"{took * 1_000:.0f} ms", "")
            read_for(terminal, 0.5)
        idle(terminal)
        rush(terminal, path, events)
        peak = terminal.memory() / 1e6
        report("memory at its peak", f"{peak:.0f} MB", "≤ 160 MB")
        since, began = len(terminal.written), time.perf_counter()
        terminal.press("s")
        took = terminal.wait_for(" causal order ", 300, since=since) - began
        report("all of it read, and in causal order", f"{took:.0f} s", "")
        peak = terminal.memory() / 1e6
        report("memory at its peak", f"{peak:.0f} MB", "")
        terminal.press("q")
        report("exit code", str(terminal.finish(10)), "0")


def rush(terminal: Terminal, path: Path, seq: int) -> None:
    """Measure while 1,000 events arrive in each of 5 seconds."""
    cpu, written, began = terminal.cpu(), len(terminal.written), time.perf_counter()
    with path.open("a", buffering=1) as file:
        for number in range(5_000):
            text = f"rush {number} " + "y" * 200
            content = {"type": "tool", "name": "bash", "content": text}
            changes = {"content": content}
            file.write(record("long", "r", seq + number, "llm.tool.result", **changes))
            while time.perf_counter() - began < number / 1_000:
                terminal.read(0.0005)
    took = time.perf_counter() - began
    share = (terminal.cpu() - cpu) / took
    speed = (len(terminal.written) - written) / took / 1_000
    report("1,000 events/s for 5 s, CPU", f"{share:.0%}, {speed:.0f} kB/s", "< 20 %")
    terminal.wait_for("rush 4999", 10)


if __name__ == "__main__":
    main()
