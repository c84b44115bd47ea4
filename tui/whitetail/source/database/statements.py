"""The statements with which runs are listed, read and watched.

They are those that both databases understand. Each uses an index: the primary key, or
(`thread_id`, `run_id`, `seq`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from whitetail.source.database.connection import Database
from whitetail_store import RunKey, Stamp
from whitetail_store.event import epoch_seconds
from whitetail_store.sql_rows import utc_text

_OF_RUN = "FROM run_events WHERE thread_id = %s AND run_id = %s"
COLUMNS = (
    "id, thread_id, run_id, event_type, category, CAST(content AS text), "
    "CAST(event_metadata AS text), seq, CAST(created_at AS text)"
)
"""The columns of an event. Databases have several types for times and JSON."""
CHECK = f"SELECT {COLUMNS} FROM run_events LIMIT 0"
"""Fails if the table or a column is missing."""
LAST_ID = "SELECT max(id) FROM run_events"
IDS = f"SELECT id, seq {_OF_RUN} ORDER BY seq"
IDS_AFTER = f"SELECT id, seq {_OF_RUN} AND seq > %s ORDER BY seq"
ID_OF = f"SELECT id {_OF_RUN} AND seq = %s"
LAST_SEQ = f"SELECT max(seq) {_OF_RUN}"
COUNT_UP_TO = f"SELECT count(*) {_OF_RUN} AND seq <= %s"
MESSAGES = f"SELECT seq, id {_OF_RUN} AND category = 'message' ORDER BY seq"
FIRST_EVENTS = f"SELECT {COLUMNS} {_OF_RUN} ORDER BY seq LIMIT %s"
LAST_EVENTS = f"SELECT {COLUMNS} {_OF_RUN} ORDER BY seq DESC LIMIT %s"
_ARRIVED = "SELECT id, thread_id, run_id, {user_id} FROM run_events WHERE "
_LIST = """
WITH RECURSIVE firsts (id, thread_id, run_id, user_id) AS (
    SELECT id, thread_id, run_id, user_id FROM (
        SELECT id, thread_id, run_id, {user_id} AS user_id FROM run_events
        ORDER BY thread_id, run_id, seq LIMIT 1
    ) AS the_first
    UNION ALL
    SELECT found.id, found.thread_id, found.run_id, {user_id_of_found}
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
SELECT firsts.thread_id, firsts.run_id, firsts.user_id, {user_id_of_final},
    firsts.id, final.id, CAST(final.created_at AS text)
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
SELECT initial.id, final.id, CAST(final.created_at AS text)
FROM run_events AS initial JOIN run_events AS final ON final.id = (
    SELECT id {_OF_RUN} ORDER BY seq DESC LIMIT 1
)
WHERE initial.id = (SELECT id {_OF_RUN} ORDER BY seq LIMIT 1)
"""

_COUNTED_STATE = f"""
SELECT initial.id, final.id, CAST(final.created_at AS text), whole.events, whole.newest
FROM run_events AS initial JOIN run_events AS final ON final.id = (
    SELECT id {_OF_RUN} ORDER BY seq DESC LIMIT 1
) CROSS JOIN (SELECT count(*) AS events, max(id) AS newest {_OF_RUN}) AS whole
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


class CountedState(NamedTuple):
    """The state of a run with all that changes if any of its rows do."""

    state: RunState
    rows: int
    newest_id: int


class Arrived(NamedTuple):
    """A row that was not there before."""

    id: int
    key: RunKey | None
    """Its run; None if it is of another user."""


def list_runs(
    database: Database, known: Iterable[RunKey] = ()
) -> dict[RunKey, RunState]:
    """Return the state of each run.

    Of a user, those whose first or last event is the user's, and those of the `known`
    ones that have another: the index has no users.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    user = database.user_id
    statement = _LIST.format(
        user_id=_user_column(database),
        user_id_of_found=_user_column(database, "found."),
        user_id_of_final=_user_column(database, "final."),
    )
    states: dict[RunKey, RunState] = {}
    mixed = set(known) if user is not None else set()
    for thread_id, run_id, first_user, last_user, *state in database.select(
        statement, of_all_users=True
    ):
        key = str(thread_id), str(run_id)
        if first_user == last_user == user:
            states[key] = RunState(*state)
        elif user in (first_user, last_user):
            mixed.add(key)
    for key in mixed.difference(states):
        if found := state_of(database, key):
            states[key] = found
    return states


def state_of(database: Database, key: RunKey) -> RunState | None:
    """Return the state of a run; None if it is gone.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    found = database.select(STATE, (*key, *key))
    return RunState(*found[0]) if found else None


def counted_state_of(database: Database, key: RunKey) -> CountedState | None:
    """Return the state of a run and how many rows it has; None if it is gone.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    found = database.select(_COUNTED_STATE, (*key, *key, *key))
    return CountedState(RunState(*found[0][:3]), *found[0][3:]) if found else None


def count_events(database: Database, key: RunKey) -> int:
    """Return the number of events of a run.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    return int(database.select(f"SELECT count(*) {_OF_RUN}", key)[0][0])


def arrived_after(database: Database, last: int, limit: int) -> list[Arrived]:
    """Return the first rows with ids above `last`, those of other users included.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    return _arrived(database, "id > %s ORDER BY id LIMIT %s", (last, limit))


def arrived_between(
    database: Database, ranges: Sequence[tuple[int, int]]
) -> list[Arrived]:
    """Return the rows with ids in these ranges, those of other users included.

    Raises:
        DatabaseError: The database refused, or is not reachable.

    """
    condition = " OR ".join(["id BETWEEN %s AND %s"] * len(ranges))
    return _arrived(database, condition, [bound for each in ranges for bound in each])


def _arrived(
    database: Database, condition: str, values: Sequence[int]
) -> list[Arrived]:
    # The ids of other users are needed, too: those that are missing may come late.
    statement = _ARRIVED.format(user_id=_user_column(database)) + condition
    return [
        Arrived(row_id, (str(thread), str(run)) if user == database.user_id else None)
        for row_id, thread, run, user in database.select(
            statement, values, of_all_users=True
        )
    ]


def _user_column(database: Database, table: str = "") -> str:
    """Return what is compared with the user; without one, the column may be missing."""
    return "NULL" if database.user_id is None else f"{table}user_id"
