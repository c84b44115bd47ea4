"""Each test of the contract is run on files, SQLite and Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.helpers.any_store import KINDS, AnyStore, close_store, location, open_store
from tests.helpers.store import new_event
from whitetail_store import RunEventStore


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of the store."""
    return str(request.param)


@pytest.fixture
def at(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return where the store keeps its events."""
    server = request.getfixturevalue("postgres") if kind == "postgres" else ""
    with location(kind, tmp_path, server) as where:
        yield where


@pytest.fixture
async def store(at: str) -> AsyncIterator[AnyStore]:
    """Return an empty store."""
    store = open_store(at)
    yield store
    await close_store(store)


@pytest.fixture
async def filled(store: RunEventStore) -> RunEventStore:
    """Messages 1, 3, 5, … 19 in turn in runs a and b; traces between them."""
    await store.put_batch(
        [
            new_event(
                run_id="ab"[seq // 2 % 2],
                category="message" if seq % 2 else "trace",
                content="x" * 200 * seq,
            )
            for seq in range(1, 21)
        ]
    )
    return store
