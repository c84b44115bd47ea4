"""Fixtures for the tests of the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from tests.helpers.programs import program as program
from whitetail_store import JsonlRunEventStore, RunLog


@pytest.fixture
def store(tmp_path: Path) -> JsonlRunEventStore:
    """Return a store on an empty folder."""
    return JsonlRunEventStore(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a run's file, which is not there yet."""
    return run_file(tmp_path)


@pytest.fixture
def log(path: Path) -> RunLog:
    """Return the log of that file."""
    return RunLog(path)


@pytest.fixture
async def filled(tmp_path: Path, store: JsonlRunEventStore) -> JsonlRunEventStore:
    """Messages 1, 3, 5, … 19 in turn in runs a and b; traces between them."""
    for seq in range(1, 21):
        run_id = "ab"[seq // 2 % 2]
        category = "message" if seq % 2 else "trace"
        made = line(seq, run_id=run_id, category=category, content="x" * 200 * seq)
        append(run_file(tmp_path, "t", run_id), made)
    return store
