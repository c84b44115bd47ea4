"""Measures the lists of 5,000 threads: narrowed by a letter, sorted, summed up."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

from tests.bench.bench_tui import read_for, report, write_threads
from tests.helpers.terminal import WHITETAIL, Terminal
from whitetail.trace.query.fields import Scope
from whitetail.trace.stats.totals import Total
from whitetail.view.lists.entries import ThreadEntry
from whitetail.view.lists.narrow import Narrowing, query_narrowing
from whitetail.view.lists.numbers import Numbers, add_up
from whitetail.view.lists.order import SortColumn, SortOrder, in_order

THREADS, TURNS = 5_000, 9


def measure_lists() -> None:
    """Measure what a list does on the event loop for one key."""
    entries = threads()
    for text in ("q", "qrtly"):
        value = f"{milliseconds(partial(narrow, entries, text)):.1f} ms"
        report(f"5,000 threads narrowed by {text!r}", value, "≤ 50 ms")
    narrow_on_screen()
    now = time.time()

    def by_query() -> list[ThreadEntry]:
        return query_narrowing("before:7d tokens>1k", Scope.THREADS, now).of(entries)

    by_query()
    report("the same by a query, in a thread", f"{milliseconds(by_query):.1f} ms", "")
    order = SortOrder(SortColumn.TOKENS)
    value = f"{milliseconds(lambda: in_order(entries, order)):.1f} ms"
    report("5,000 threads sorted by tokens", value, "")
    value = f"{milliseconds(lambda: add_up(each.numbers for each in entries)):.1f} ms"
    report("totals of 5,000 threads", value, "")


def narrow_on_screen() -> None:
    """Measure a letter, from the key to the narrowed list on the screen.

    The processor time beside it, in steps of 10 ms, is what is not due to a busy
    machine.
    """
    top = Path(tempfile.mkdtemp(prefix="whitetail-bench-"))
    try:
        write_threads(top / ".deer-flow", THREADS, 3, 0)
        with Terminal([*WHITETAIL, str(top)], columns=150, rows=45) as terminal:
            terminal.wait_for("Question 0 of 0", 60)
            read_for(terminal, 3)
            terminal.press("1", "/")
            terminal.wait_for("narrow", 10)
            pressed = [letter_ms(terminal, letter) for letter in "qneost" * 3]
            terminal.press("\x1b")
            read_for(terminal, 0.5)
            terminal.press("q")
            terminal.finish(10)
    finally:
        shutil.rmtree(top)
    waits, cpu = (sorted(each) for each in zip(*pressed, strict=True))
    value = f"{median(waits):.0f} / {waits[-1]:.0f} ms, {median(cpu):.0f} ms of cpu"
    report("the same on the screen, median / longest", value, "≤ 50 ms")


def letter_ms(terminal: Terminal, letter: str) -> tuple[float, float]:
    """Return the milliseconds until a letter has narrowed the list, and of the cpu."""
    # Without the text before, each letter narrows all threads.
    terminal.send(b"\x15")
    read_for(terminal, 1)
    since, cpu, began = len(terminal.written), terminal.cpu(), time.perf_counter()
    terminal.send(letter.encode())
    # The list is drawn with its border, after the letter itself.
    chip = f"[{letter}]"
    ended = terminal.wait_for(chip, 10, since=since)
    return (ended - began) * 1_000, (terminal.cpu() - cpu) * 1_000


def narrow(entries: list[ThreadEntry], text: str) -> None:
    """Narrow the list by a new text, as a key does."""
    Narrowing(text).of(entries)


def threads() -> list[ThreadEntry]:
    """Return threads with titles, prompts and numbers."""
    rng = Random(7)
    words = ["deer", "quarterly", "report", "railway", "map", "plan", "summary", "of"]
    entries = []
    for number in range(THREADS):
        prompts = tuple(" ".join(rng.choices(words, k=30)) for _ in range(3))
        tokens = Total(rng.randrange(100_000))
        numbers = Numbers(3, 0, 9_000, 0, Total(60), tokens, Total(0.1))
        title, time_s = " ".join(rng.choices(words, k=7)), time.time() - 600 * number
        entries.append(
            ThreadEntry(
                *(f"t{number}", title, True, 3, time_s),
                numbers=numbers,
                prompts=prompts,
            )
        )
    return entries


def milliseconds(call: Callable[[], object]) -> float:
    """Return the median processor time of a call."""
    times = []
    for _ in range(TURNS):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return 1_000 * median(times)
