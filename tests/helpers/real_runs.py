"""Runs written by DeerFlow itself, for the tests that use them where they are given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from whitetail_store import RunEvent
from whitetail_store.event import decode

_VARIABLE = "WHITETAIL_REAL_RUNS"


def real_folder() -> Path:
    """Return the `.deer-flow` folder that `WHITETAIL_REAL_RUNS` names.

    The test is skipped if the variable is not set, and fails if it names a folder
    without runs.
    """
    value = os.environ.get(_VARIABLE)
    if not value:
        pytest.skip(f"{_VARIABLE} names no .deer-flow folder with real runs")
    folder = Path(value)
    assert any(folder.glob("threads/*/runs/*.jsonl")), f"no runs in {folder}"
    return folder


def real_paths() -> list[Path]:
    """Return the files of the real runs, sorted by path."""
    return sorted(real_folder().glob("threads/*/runs/*.jsonl"))


def real_lines() -> Iterator[bytes]:
    """Yield each line of the real runs, without its newline."""
    for path in real_paths():
        yield from filter(None, path.read_bytes().split(b"\n"))


def real_events() -> Iterator[RunEvent]:
    """Yield each event of the real runs."""
    return (RunEvent.of(decode(line)) for line in real_lines())


def real_runs() -> dict[str, list[RunEvent]]:
    """Return the events of each real run, by the first eight characters of its id."""
    return {
        path.stem[:8]: [
            RunEvent.of(decode(line)) for line in path.read_bytes().split(b"\n") if line
        ]
        for path in real_paths()
    }
