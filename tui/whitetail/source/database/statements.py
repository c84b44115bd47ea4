"""The statements with which runs are listed, read and watched.

They are those that both databases understand. Each uses an index: the primary key, or
(`thread_id`, `run_id`, `seq`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from whitetail.source.database.connection import Database
from whitetail_store import RunKey, Stamp
from whitetail_store.event import epoch_seconds
from whitetail_store.sql_rows import utc_text

_OF_RUN = "FROM run_events WHERE thread_id = %s AND run_id = %s"
_TIME = "CAST({}.created_at AS text)"
COLUMNS = (
    "id, thread_id, run_id, event_type, category, CAST(content AS text), "
    "CAST(event_metadata AS text), seq, CAST(created_at AS text)"
)
"""The columns of an event. Databases have several types for times and JSON."""
CHECK = f"SELECT {COLUMNS} FROM run_events LIMIT 0"
"""Fails if the table or a column is missing."""
LAST_ID = "SELECT max(id) FROM run_events"
IDS = f"SELECT id {_OF_RUN} ORDER BY seq"
IDS_AFTER = f"SELECT id, seq {_OF_RUN} AND seq > %s ORDER BY seq"
ID_OF = f"SELECT id {_OF_RUN} AND seq = %s"
LAST_SEQ = f"SELECT max(seq) {_OF_RUN}"
COUNT_UP_TO = f"SELECT count(*) {_OF_RUN} AND seq <= %s"
MESSAGES = f"SELECT seq, id {_OF_RUN} AND category = 'message' ORDER BY seq"
FIRST_EVENTS = f"SELECT {COLUMNS} {_OF_RUN} ORDER BY seq LIMIT %s"
LAST_EVENTS = f"SELECT {COLUMNS} {_OF_RUN} ORDER BY seq DESC LIMIT %s"
ARRIVED = (
    "SELECT id, thread_id, run_id FROM run_events WHERE id > %s ORDER BY id LIMIT %s"
)
LIST = f"""
WITH RECURSIVE firsts (id, thread_id, run_id) AS (
    SELECT id, thread_id, run_id FROM (
        SELECT id, thread_id, run_id FROM run_events
        ORDER BY thread_id, run_id, seq LIMIT 1
    ) AS the_first
    UNION ALL
    SELECT found.id, found.thread_id, found.run_id
    FROM firsts AS before JOIN run_events AS found ON found.id = coalesce((
        SELECT next.id FROM run_events AS next
        WHERE next.thread_id = before.thread_id AND next.run_id > before.run_id
        ORDER BY next.run_id, next.seq LIMIT 1
    ), (
        SELECT next.id FROM run_events AS next
        WHERE next.thread_id > before.thread_id
        ORDER BY next.thread_id, next.run_id, next.seq LIMIT 1
    ))
)
SELECT firsts.thread_id, firsts.run_id, firsts.id, final.id, {_TIME.format("final")}
FROM firsts JOIN run_events AS final ON final.id = (
    SELECT later.id FROM run_events AS later
    WHERE later.thread_id = firsts.thread_id AND later.run_id = firsts.run_id
    ORDER BY later.seq DESC LIMIT 1
)
"""
"""Skips from run to run in the index, and in each run to its last event.

Of a comparison of pairs, SQLite would use only the first column of the index.
"""
STATE = f"""
SELECT initial.id, final.id, {_TIME.format("final")}
FROM run_events AS initial JOIN run_events AS final ON final.id = (
    SELECT id {_OF_RUN} ORDER BY seq DESC LIMIT 1
)
WHERE initial.id = (SELECT id {_OF_RUN} ORDER BY seq LIMIT 1)
"""


class RunState(NamedTuple):
    """What of a run changes when it changes."""

    first_id: int
    last_id: int
    """The id of the event with the highest `seq`."""
    created_at: str | None
    """When that was written."""

    def stamp(self, database: int, revision: int) -> Stamp:
        """Return the state as the stamp of a run.

        Its `size` is no size: it is an id, and grows with the run. `revision` is how
        often other changes were seen: a delete, or an event that came late.
        """
        seconds = epoch_seconds(utc_text(self.created_at))
        mtime_ns = 0 if seconds is None else int(seconds * 1e6) * 1000
        return Stamp(database, self.first_id, self.last_id, mtime_ns, revision)


def list_runs(database: Database) -> dict[RunKey, RunState]:
    """Return the state of each run.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    return {
        (str(thread_id), str(run_id)): RunState(*state)
        for thread_id, run_id, *state in database.select(LIST)
    }


def state_of(database: Database, key: RunKey) -> RunState | None:
    """Return the state of a run; None if it is gone.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    found = database.select(STATE, (*key, *key))
    return RunState(*found[0]) if found else None


def count_events(database: Database, key: RunKey) -> int:
    """Return the number of events of a run.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    return int(database.select(f"SELECT count(*) {_OF_RUN}", key)[0][0])


def arrived_between(ranges: Sequence[tuple[int, int]]) -> tuple[str, list[Any]]:
    """Return the statement for rows with ids in these ranges, and its values."""
    condition = " OR ".join(["id BETWEEN %s AND %s"] * len(ranges))
    values = [bound for each in ranges for bound in each]
    return f"SELECT id, thread_id, run_id FROM run_events WHERE {condition}", values
