"""Kills a writing process again and again, and checks what it had acknowledged.

python -m tests.bench.torture_store [300]
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

Event = dict[str, Any]

WRITER = """
import asyncio, sys
from whitetail_store import JsonlRunEventStore
store, turn = JsonlRunEventStore(sys.argv[1]), sys.argv[2]
def event(run, text):
    return {"thread_id": "t", "run_id": run, "event_type": "x", "category": "message",
            "content": text}
def acknowledge(*puts):
    for put in puts:
        sys.stdout.write(f'{put["seq"]} {put["run_id"]} {put["content"][:40]}\\n')
    sys.stdout.flush()
async def main():
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    number = 0
    while True:
        number += 1
        text = f"{turn}-{number}-" + "x" * (number * 997 % 20_000)
        acknowledge(await store.put(**event(f"r{number % 3}", text)))
        batch = [event(f"r{part % 3}", f"{turn}-{number}-{part}-") for part in range(7)]
        acknowledge(*await store.put_batch(batch))
asyncio.run(main())
"""


def kill_once(base: Path, turn: int) -> list[Event]:
    """Start a writer and kill it at a random moment. Return what it acknowledged.

    It may acknowledge more than is read before the kill, as much as fits into the pipe.
    """
    command = [sys.executable, "-c", WRITER, str(base), str(turn)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        wanted = random.Random(turn).randint(1, 200)
        lines = [process.stdout.readline().rstrip("\n") for _ in range(wanted)]
        process.kill()
        lines += process.stdout.read().split("\n")[:-1]
    found = []
    for each in lines:
        seq, run_id, start = each.split(" ")
        found.append({"seq": int(seq), "run_id": run_id, "start": start})
    return found


def check_acknowledged(base: Path, acknowledged: list[Event]) -> int:
    """Assert that each event is there once, in a line of its own. Return the lines."""
    events: dict[int, Event] = {}
    count = 0
    for path in (base / "threads" / "t" / "runs").glob("*.jsonl"):
        for each in path.read_bytes().split(b"\n"):
            count += bool(each)
            assert each.count(b'{"thread_id": ') <= 1, "a line is glued"
            try:
                event = json.loads(each)
            except ValueError:
                continue
            assert event["seq"] not in events, "a number was given twice"
            assert event["run_id"] == path.stem
            events[event["seq"]] = event
    for expected in acknowledged:
        event = events[expected["seq"]]
        assert event["run_id"] == expected["run_id"]
        assert event["content"].startswith(expected["start"])
    assert len({each["seq"] for each in acknowledged}) == len(acknowledged)
    return count


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        acknowledged: list[Event] = []
        for turn in range(kills):
            acknowledged += kill_once(Path(folder), turn)
        lines = check_acknowledged(Path(folder), acknowledged)
    print(f"{kills} kills, {len(acknowledged)} acknowledged, {lines} lines: all there")


if __name__ == "__main__":
    main()
