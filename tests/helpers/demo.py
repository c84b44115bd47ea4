"""Reads the files of the demo and builds small scenarios."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from whitetail.demo.scenario import Ask, Call, Say, Scenario, SubagentTask, Turn

NOW = 1_790_000_000.0
"""A time for `demo_tree`, in seconds since the epoch."""
NOW_ISO = "2026-09-21T14:13:20.000000+00:00"
"""The same time as `created_at` has it."""


def run_files(root: Path) -> list[Path]:
    """Return the files of all runs, the one written last at the end."""
    found = root.glob("threads/*/runs/*.jsonl")
    return sorted(found, key=lambda path: path.stat().st_mtime)


def records(run: Path) -> list[dict[str, Any]]:
    """Return the parsed lines of a run."""
    # The live agent may be in the middle of writing another one.
    complete = run.read_bytes().rpartition(b"\n")[0]
    return [json.loads(line) for line in complete.splitlines()]


def agents() -> list[threading.Thread]:
    """Return the live agents that are at work in this process."""
    return [each for each in threading.enumerate() if each.name == "whitetail-demo"]


def scenario(*turns: Turn) -> Scenario:
    """Return a scenario with these turns."""
    return Scenario("Acorns", turns, model="antler-large-2", memory="Likes acorns.")


def call(result: str = "OK", *, denied: str = "", **args: Any) -> Call:
    """Return a call of `bash` that lasts a second."""
    return Call("bash", args, result, 1.0, denied)


def task(*steps: Ask | Say, failure: str = "", timed_out: bool = False) -> SubagentTask:
    """Return a subagent's task with these steps."""
    return SubagentTask("Look", "Look for acorns.", steps, failure, timed_out)
