"""Sequences of calls that files, SQLite and Postgres must answer alike."""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.helpers.any_store import KINDS, AnyStore, close_store, location, open_store
from tests.helpers.lines import any_text, json_values
from tests.helpers.store import new_event

Call = tuple[str, tuple[Any, ...], dict[str, Any]]
"""The name of a method, its arguments and its keywords."""

_threads = st.sampled_from(["t", "u"])
_runs = st.sampled_from(["a", "b"])
_types = st.sampled_from(["llm.ai.response", "ai_message", "run.start", "x" * 32])
_categories = st.sampled_from(["message", "message", "trace"])
_times = st.sampled_from([f"2026-08-01T10:00:0{each}+00:00" for each in range(9)])
_contents = json_values | any_text | st.sampled_from(["x" * 20_000, {"a": "é" * 9000}])
_metadata = st.fixed_dictionaries(
    {},
    optional={
        "caller": st.sampled_from(["lead_agent", "middleware:title"]),
        "task_id": st.sampled_from(["1", "2"]),
        "content_is_json": st.booleans(),
        "value": json_values,
    },
)
_NO_TRACE_IS_CUT = 1 << 30
_AT = {"created_at": "2026-08-01T10:00:00+00:00"}
_limits = st.none() | st.integers(-1, 9)
_cursors = st.none() | st.integers(0, 25)


def _event(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        new_event,
        **fixed,
        run_id=_runs,
        event_type=_types,
        category=_categories,
        content=_contents,
        metadata=_metadata,
        created_at=_times,
    )


def _call(method: str, *args: Any, **keywords: Any) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(method), st.tuples(*args), st.fixed_dictionaries(keywords))


_batches = _threads.flatmap(
    lambda thread: st.lists(_event(thread_id=st.just(thread)), max_size=5)
)
_writes = (
    st.tuples(st.just("put"), st.just(()), _event(thread_id=_threads))
    | _call("put_batch", _batches)
    | st.tuples(st.just("put_if_absent"), st.just(()), _event(thread_id=_threads))
)
_reads = (
    _call(
        "list_messages",
        _threads,
        limit=_limits,
        before_seq=_cursors,
        after_seq=_cursors,
    )
    | _call(
        "list_events",
        _threads,
        _runs,
        limit=_limits,
        after_seq=_cursors,
        task_id=st.sampled_from([None, "1"]),
        event_types=st.none() | st.lists(_types, max_size=2),
    )
    | _call(
        "list_messages_by_run",
        _threads,
        _runs,
        limit=_limits,
        before_seq=_cursors,
        after_seq=_cursors,
    )
    | _call("get_last_visible_ai_seq_by_run", _threads, st.just(["a", "b", "c"]))
    | _call("count_messages", _threads)
)
_deletes = _call("delete_by_run", _threads, _runs) | _call("delete_by_thread", _threads)
calls: st.SearchStrategy[list[Call]] = st.lists(
    _writes | _writes | _reads | _reads | _deletes, max_size=25
)
"""Calls within the limits of all three stores."""


def compare(calls: list[Call], server: str) -> None:
    """Make calls to new stores of each kind, and compare the results."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stores = {
            kind: open_store(
                stack.enter_context(location(kind, Path(folder), server)),
                max_trace_content=_NO_TRACE_IS_CUT,
            )
            for kind in KINDS
        }
        asyncio.run(_compare(stores, calls))


async def _compare(stores: dict[str, AnyStore], calls: list[Call]) -> None:
    try:
        for method, args, keywords in calls:
            results = {
                kind: await _result(store, method, args, keywords)
                for kind, store in stores.items()
            }
            for kind in ("sqlite", "postgres"):
                assert results[kind] == results["files"], (kind, method)
    finally:
        for store in stores.values():
            await close_store(store)


async def _result(
    store: AnyStore, method: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> str:
    if method == "delete_by_run":
        # A table may give the numbers of the newest events again; files do not.
        await store.put(**new_event(thread_id=args[0], run_id="kept", **_AT))
    result = await getattr(store, method)(*args, **keywords)
    # As JSON, since NaN does not equal itself.
    return json.dumps(result, default=str)
