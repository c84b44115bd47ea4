"""The three stores for the tests of their contract: files, SQLite and Postgres."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from tests.helpers.postgres import new_schema
from whitetail_store import JsonlRunEventStore
from whitetail_store.sql import DbRunEventStore

AnyStore = JsonlRunEventStore | DbRunEventStore
KINDS = ["files", "sqlite", "postgres"]


def location(kind: str, folder: Path, server: str) -> AbstractContextManager[str]:
    """Return where a new store of a kind keeps its events, while it is used."""
    if kind == "postgres":
        return new_schema(server)
    return nullcontext(
        f"sqlite:///{folder}/runs.db" if kind == "sqlite" else str(folder)
    )


def open_store(location: str, *, max_trace_content: int = 10_240) -> AnyStore:
    """Return a store of the kind that keeps its events at a location."""
    if "://" in location:
        return DbRunEventStore(
            location, create=True, max_trace_content=max_trace_content
        )
    return JsonlRunEventStore(location)


async def close_store(store: AnyStore) -> None:
    """Close the connections of a store that has any."""
    if isinstance(store, DbRunEventStore):
        await store.close()
