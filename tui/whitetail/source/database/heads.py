"""Reads as much of a run in a database as its line in a list needs."""

from __future__ import annotations

from collections import Counter

from whitetail.source.database.connection import Database
from whitetail.source.database.events import stored_rows
from whitetail.source.database.statements import (
    FIRST_EVENTS,
    LAST_EVENTS,
    count_events,
    state_of,
)
from whitetail.trace.run_summary import summarize_run
from whitetail_store import HeadAndTail, LogRow, RunKey

_FEW_ROWS, _MANY_ROWS, _TAIL_ROWS = 16, 128, 8
"""How many rows to read at the beginning; the second if the first hold no prompt."""


def read_head_and_tail(
    database: Database, key: RunKey, revisions: Counter[RunKey]
) -> HeadAndTail | None:
    """Return the first rows of a run, up to its prompt, and the last ones.

    None if the run is gone.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    revision = revisions[key]
    state = state_of(database, key)
    if state is None:
        return None
    count = count_events(database, key)
    head = _events(database, FIRST_EVENTS, key, _FEW_ROWS)
    if len(head) == _FEW_ROWS and not summarize_run(head).prompt:
        head = _events(database, FIRST_EVENTS, key, _MANY_ROWS)
    tail = _events(database, LAST_EVENTS, key, _TAIL_ROWS)[::-1]
    return HeadAndTail(state.stamp(database.identity, revision), head, tail, count)


def _events(
    database: Database, statement: str, key: RunKey, limit: int
) -> list[LogRow]:
    found = database.select(statement, (*key, limit))
    return [row.event for row in stored_rows(found)]
