"""Tortures the store, and counts what is lost, doubled, invented or glued.

    python -m tests.bench.torture_store kills [300]
    python -m tests.bench.torture_store full [SECONDS]
    python -m tests.bench.torture_store machine [20000]

`kills`: three writers of ours, which also delete runs, and one that works as
DeerFlow's store does; one of the four is killed in each round. `full`: two writers on
a file system of 2 MB that is full most of the time; it needs root, for the mount.
`machine`: that many steps of `tests/store/test_machine.py`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from tests.store.test_machine import StoreMachine
from whitetail_store import JsonlRunEventStore, RunEvent, RunLog
from whitetail_store.event import encode

Event = dict[str, Any]
RUNS = ["r0", "r1", "r2"]

COMMON = """
import asyncio, json, os, random, sys, time
from pathlib import Path
base, name, notes = Path(sys.argv[1]), sys.argv[2], open(sys.argv[3], "ab", buffering=0)
rng = random.Random(name)
nested = [{"thread_id": "t", "run_id": "r0", "event_type": "x", "category": "message",
           "content": "nested", "metadata": {}, "seq": 10**6, "created_at": ""}] * 3
def note(**fields):
    notes.write(json.dumps(fields).encode() + b"\\n")
def event(number, run):
    text = "x" * (number * 997 % 2_000)
    return {"thread_id": "t", "run_id": run, "event_type": "x", "category": "message",
            "content": text if number % 8 else [nested, text, nested],
            "metadata": {"id": f"{name}-{number}"}}
"""

OURS = (
    COMMON
    + """
import logging
from whitetail_store import JsonlRunEventStore
logging.disable()
async def main():
    store = JsonlRunEventStore(base)
    number = 0
    while True:
        size = rng.choice([1, 1, 1, 7])
        own = f"own-{name}"
        batch = [event(number + each, rng.choice(["r0", "r1", "r2", own]))
                 for each in range(size)]
        number += size
        note(begun=[each["metadata"]["id"] for each in batch])
        try:
            for put in await store.put_batch(batch):
                note(id=put["metadata"]["id"], seq=put["seq"], run=put["run_id"])
        except OSError:
            note(failed=[each["metadata"]["id"] for each in batch])
        # So that 300 kills do not fill the disk.
        await asyncio.sleep(rng.random() / 50)
        if number % 40 < size:
            note(deleting=own)
            try:
                await store.delete_by_run("t", own)
                note(deleted=own)
            except OSError:
                pass
asyncio.run(main())
"""
)

THEIRS = (
    COMMON
    + """
folder = base / "threads" / "t" / "runs"
folder.mkdir(parents=True, exist_ok=True)
seq = number = 0
while True:
    if number == 0:
        for path in folder.glob("*.jsonl"):
            try:
                lines = path.read_bytes().split(b"\\n")
            except FileNotFoundError:
                continue
            for line in lines:
                try:
                    seq = max(seq, json.loads(line)["seq"])
                except (ValueError, TypeError, KeyError):
                    pass
    number, seq = number + 1, seq + 1
    record = {**event(number, rng.choice(["r0", "r1", "r2"])), "seq": seq,
              "created_at": ""}
    line = json.dumps(record).encode() + b"\\n"
    note(begun=[record["metadata"]["id"]])
    with open(folder / (record["run_id"] + ".jsonl"), "ab", buffering=0) as file:
        cut = rng.randrange(len(line)) if number % 4 == 0 else 0
        file.write(line[:cut])
        file.write(line[cut:])
    note(id=record["metadata"]["id"], seq=seq, run=record["run_id"], foreign=True)
    time.sleep(rng.random() / 10)
"""
)


class Writer:
    """A writing process, and the file in which it notes what it does."""

    def __init__(self, base: Path, text: str, name: str, notes: Path) -> None:
        self.name = name
        self.notes = notes / name
        command = [sys.executable, "-c", text, str(base), name, str(self.notes)]
        self.process = subprocess.Popen(command)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def wait_for_notes(self, count: int) -> None:
        while not self.notes.exists() or self.notes.read_bytes().count(b"\n") < count:
            assert self.process.poll() is None, f"{self.name} has ended"
            time.sleep(0.01)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Noted:
    """What the writers noted."""

    acknowledged: dict[str, Event] = field(default_factory=dict[str, Event])
    failed: set[str] = field(default_factory=set[str])
    begun: set[str] = field(default_factory=set[str])
    deleted: int = 0

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return what all processes noted."""
        noted = cls()
        for path in folder.iterdir():
            noted.read(path)
        return noted

    def read(self, path: Path) -> None:
        """Read the notes of one process. It alone writes to its own run."""
        in_own: list[str] = []
        for each in path.read_bytes().split(b"\n")[:-1]:
            fields = json.loads(each)
            self.begun.update(fields.get("begun", ()))
            self.failed.update(fields.get("failed", ()))
            self.deleted += "deleted" in fields
            if "id" in fields:
                self.acknowledged[fields["id"]] = fields
                if fields["run"].startswith("own-"):
                    in_own.append(fields["id"])
            elif "deleting" in fields:
                # From here on they are gone, or the delete did not come so far.
                for gone in in_own:
                    del self.acknowledged[gone]
                in_own.clear()


def faults(base: Path, noted: Noted, logs: dict[Path, RunLog]) -> dict[str, int]:
    """Return the number of events with each fault; print the number of events."""
    store = JsonlRunEventStore(base)
    found = asyncio.run(store.list_messages("t", limit=None))
    ids = Counter(event["metadata"].get("id") for event in found)
    ours = {k: v for k, v in noted.acknowledged.items() if "foreign" not in v}
    theirs = noted.acknowledged.keys() - ours.keys()
    seqs = Counter(each["seq"] for each in ours.values())
    alone = {
        line
        for path in (base / "threads" / "t" / "runs").glob("*.jsonl")
        for line in path.read_bytes().split(b"\n")
    }
    by_id = {event["metadata"].get("id"): event for event in found}
    print(f"{len(ours)} acknowledged by ours, {len(theirs)} written by the other,")
    print(f"{len(noted.failed)} failed, {noted.deleted} deletes; {len(found)} events")
    return {
        "lost, ours": sum(not ids[each] for each in ours),
        "lost, of the other": sum(not ids[each] for each in theirs),
        "other number": sum(
            by_id[each]["seq"] != note["seq"]
            for each, note in ours.items()
            if each in by_id
        ),
        "doubled": sum(count > 1 for count in ids.values()),
        "number given twice": sum(count > 1 for count in seqs.values()),
        "phantom": sum(each not in noted.begun for each in ids),
        "failed, but written": sum(ids[each] for each in noted.failed),
        "glued": sum(
            encode(by_id[each])[:-1] not in alone for each in ours & ids.keys()
        ),
        "seen by new readers only": sum(other_rows(path, logs[path]) for path in logs),
    }


def other_rows(path: Path, stays_open: RunLog) -> int:
    """Return how many rows a new reader sees, and one that stayed open does not."""
    new = RunLog(path)
    new.refresh()
    stays_open.refresh()
    rows = zip_longest(new, stays_open)
    return sum(one != other for one, other in rows)


def report(found: dict[str, int]) -> None:
    """Print the faults. All should be 0."""
    for fault, count in found.items():
        print(f"{fault:26}{count}")


def kills(
    rounds: int, texts: Sequence[str] = (OURS, OURS, OURS, THEIRS)
) -> dict[str, int]:
    """Kill one of the writers in each round; return the faults."""
    rng = random.Random(1)
    logs: dict[Path, RunLog] = {}
    with tempfile.TemporaryDirectory() as folder:
        base, notes = Path(folder, "base"), Path(folder, "notes")
        notes.mkdir()
        with ExitStack() as stack:
            writers = [
                stack.enter_context(Writer(base, text, f"{at}-start", notes))
                for at, text in enumerate(texts)
            ]
            for turn in range(rounds):
                at = rng.randrange(len(texts))
                writers[at].wait_for_notes(rng.randint(1, 15))
                writers[at].kill()
                refresh(base, logs)
                new = Writer(base, texts[at], f"{at}-{turn}", notes)
                writers[at] = stack.enter_context(new)
        return faults(base, Noted.of(notes), logs)


def refresh(base: Path, logs: dict[Path, RunLog]) -> None:
    """Refresh the readers that stay open, and check that they show no phantom."""
    for run in RUNS:
        path = base / "threads" / "t" / "runs" / f"{run}.jsonl"
        log = logs.setdefault(path, RunLog(path))
        new = log.refresh()
        for row in log[len(log) - new :]:
            assert not isinstance(row, RunEvent) or row.content != "nested", "phantom"


@contextmanager
def small_file_system() -> Iterator[Path]:
    """Mount an empty file system of 2 MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
        subprocess.run(command, check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def full(seconds: float) -> dict[str, int]:
    """Let two writers write while the disk becomes full again and again."""
    rng = random.Random(1)
    logs: dict[Path, RunLog] = {}
    with small_file_system() as base, tempfile.TemporaryDirectory() as folder:
        notes = Path(folder)
        ballast = base / "ballast"
        ballast.write_bytes(b"x" * 1_500_000)
        with Writer(base, OURS, "0", notes), Writer(base, OURS, "1", notes):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(0.01)
                # Some space becomes free.
                size = ballast.stat().st_size - rng.randint(0, 30_000)
                with ballast.open("r+b") as file:
                    file.truncate(max(0, size))
                refresh(base, logs)
        return faults(base, Noted.of(notes), logs)


class CountingMachine(StoreMachine):
    """Counts its steps."""

    steps = 0

    @invariant()
    def step_is_counted(self) -> None:
        CountingMachine.steps += 1


def machine(steps: int) -> None:
    """Run the state machine of the tests, for at least so many steps."""
    logging.disable()
    while CountingMachine.steps < steps:
        run_state_machine_as_test(
            CountingMachine,
            settings=settings(
                max_examples=100,
                stateful_step_count=50,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    print(f"{CountingMachine.steps} steps: the same results as the model")


def main() -> None:
    what, amount = [*sys.argv[1:], "kills", ""][:2] if sys.argv[1:] else ("kills", "")
    if what == "kills":
        report(kills(int(amount or 300)))
    elif what == "full":
        report(full(float(amount or 30)))
    elif what == "machine":
        machine(int(amount or 20_000))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
