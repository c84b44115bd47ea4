"""The three stores for the tests of their contract: files, SQLite and Postgres.

What a database needs is imported when it is used: programs of the tests, which start
often, open stores of files too.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from whitetail_store import JsonlRunEventStore

if TYPE_CHECKING:
    from whitetail_store.sql import DbRunEventStore

AnyStore: TypeAlias = "JsonlRunEventStore | DbRunEventStore"
KINDS = ["files", "sqlite", "postgres"]


def location(kind: str, folder: Path, server: str) -> AbstractContextManager[str]:
    """Return where a new store of a kind keeps its events, while it is used."""
    if kind == "postgres":
        from tests.helpers.postgres import new_schema

        return new_schema(server)
    return nullcontext(
        f"sqlite:///{folder}/runs.db" if kind == "sqlite" else str(folder)
    )


def open_store(location: str, *, max_trace_content: int = 10_240) -> AnyStore:
    """Return a store of the kind that keeps its events at a location."""
    if "://" in location:
        from whitetail_store.sql import DbRunEventStore

        return DbRunEventStore(
            location, create=True, max_trace_content=max_trace_content
        )
    return JsonlRunEventStore(location)


async def close_store(store: AnyStore) -> None:
    """Close the connections of a store that has any."""
    if not isinstance(store, JsonlRunEventStore):
        await store.close()
