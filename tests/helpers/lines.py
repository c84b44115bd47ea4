"""Run files for the tests of the store: valid lines, broken lines, any JSON value."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.helpers.events import line


def run_file(base_dir: Path, thread_id: str = "t", run_id: str = "r") -> Path:
    """Return where a run's file is, its folder made."""
    path = base_dir / "threads" / thread_id / "runs" / f"{run_id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def append(path: Path, data: bytes) -> None:
    """Write as another process does: open, append, close."""
    with path.open("ab") as file:
        file.write(data)


def next_tick(folder: Path) -> None:
    """Return when what is written to a folder from now on has a time stamp of its own.

    On many systems the clock of files moves every few milliseconds. A file that is
    replaced by another of its size in between has the same stamp, and a program
    that is fast enough cannot notice it.
    """
    probe = folder / ".clock"
    probe.touch()
    before = probe.stat().st_mtime_ns
    while probe.stat().st_mtime_ns == before:
        os.utime(probe)
    probe.unlink()


def scan(*paths: Path) -> list[dict[str, Any]]:
    """Return the events of files as a whole parse of each finds them, by seq."""
    found = []
    for path in paths:
        for each in path.read_bytes().split(b"\n"):
            if each.strip():
                found.append(json.loads(each))
    return sorted(found, key=lambda event: event["seq"])


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
"""Text with everything in it: separators, controls, lone surrogates."""

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
"""Text on both sides of the size from which a line's ends are believed."""

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
"""Whole files: good lines, bad ones, torn ones with the next glued on."""
