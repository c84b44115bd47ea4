"""Run files for the tests of the store: valid lines, broken lines, any JSON value."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.helpers.events import line


def run_file(base_dir: Path, thread_id: str = "t", run_id: str = "r") -> Path:
    """Return the path of a run's file; its folder is created."""
    path = base_dir / "threads" / thread_id / "runs" / f"{run_id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def append(path: Path, data: bytes) -> None:
    """Append bytes to a file as another process does: open, write, close."""
    with path.open("ab") as file:
        file.write(data)


def next_tick(folder: Path) -> None:
    """Wait until the next write to a folder gets a later time stamp than earlier ones.

    The clock of a file system ticks every few milliseconds. If a file is replaced by
    one of the same size within a tick, both have the same stamp, and no program can
    notice the change.
    """
    probe = folder / ".clock"
    probe.touch()
    before = probe.stat().st_mtime_ns
    while probe.stat().st_mtime_ns == before:
        os.utime(probe)
    probe.unlink()


def scan(*paths: Path) -> list[dict[str, Any]]:
    """Return all events of files in order of `seq`, parsed with `json.loads`."""
    found = []
    for path in paths:
        for each in path.read_bytes().split(b"\n"):
            if each.strip():
                found.append(json.loads(each))
    return sorted(found, key=lambda event: event["seq"])


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
"""Any text: with separators, control characters and lone surrogates."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**63 - 2, 2**64 + 2)
    | st.floats()
    | any_text
)
keys = any_text | st.integers() | st.booleans() | st.none() | st.floats()
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=8,
)
"""Values that `json.dumps` accepts without a `default`."""

others = (
    st.datetimes()
    | st.dates()
    | st.uuids()
    | st.binary(max_size=8)
    | st.frozensets(st.integers(0, 0), max_size=1)
    | st.complex_numbers()
    | st.decimals()
)
python_values = st.recursive(
    scalars | others,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=8,
)
"""Values that `json.dumps(default=str)` accepts."""

long_text = st.integers(0, 3000).map(lambda size: "x" * size)
"""Text shorter and longer than the size from which only a line's edges are read."""

lines = st.builds(
    line,
    st.integers(1, 50),
    run_id=st.sampled_from(["r", "r", "r", "other"]),
    category=st.sampled_from(["message", "trace"]),
    event_type=st.sampled_from(["llm.ai.response", "run.start", "ai_message"]),
    content=json_values | long_text,
)
garbage = (
    st.binary(max_size=40).map(lambda data: data.replace(b"\n", b" ") + b"\n")
    | st.sampled_from([b"\n", b" \r\n", b"{}\n", b"[1]\n", b"\xff\xfe\n", b"\0" * 9])
    | json_values.map(lambda value: json.dumps(value).encode() + b"\n")
    | st.builds(lambda part: line(7)[:part], st.integers(1, 150))
)
files = st.lists(lines | garbage, max_size=12).map(b"".join)
"""Whole files: good lines, bad lines, and torn lines with the next one glued on."""
