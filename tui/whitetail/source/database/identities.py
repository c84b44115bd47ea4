"""Recognizes the runs of a database from one whitetail to the next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from whitetail.source.database.connection import Database
from whitetail.source.database.statements import counted_state_of
from whitetail_store import DatabaseError, RunKey, Stamp

if TYPE_CHECKING:
    from whitetail.source.metrics_cache import RunIdentity


class DatabaseIdentities:
    """Recognizes runs by their first and last event, their number and the newest id.

    No program changes an event that it has written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def root(self) -> bytes:
        """The real path of the file, or the URL without its password; and the user."""
        path, user = self._database.path, self._database.user_id
        name = os.path.realpath(path) if path else self._database.name
        return os.fsencode(name if user is None else f"{name}?user={quote(user)}")

    def of(self, key: RunKey, stamp: Stamp, rows: int | None) -> RunIdentity | None:
        """Return the identity of a run; None if it no longer has this stamp."""
        # Imported here, because the first screen does not need it.
        from whitetail.source.metrics_cache import RunIdentity

        try:
            found = counted_state_of(self._database, key)
        except DatabaseError:
            # Reading the run shows the reason.
            return None
        if found is None or rows not in (None, found.rows):
            return None
        now = found.state.stamp(stamp.dev, stamp.ctime_ns)
        if now != stamp:
            return None
        thread, run = (quote(each, safe="") for each in key)
        return RunIdentity(
            os.sep.encode().join((self.root, thread.encode(), run.encode())),
            f"{now.ino} {now.size} {now.mtime_ns} {found.rows} {found.newest_id}",
        )
