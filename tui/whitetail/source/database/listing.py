"""The runs of a database for a command."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from whitetail.source.catalog import Catalog
from whitetail.source.database.connection import Database
from whitetail.source.database.heads import read_head_and_tail
from whitetail.source.database.identities import DatabaseIdentities
from whitetail.source.database.rows import DatabaseRows
from whitetail.source.database.statements import (
    CHECK,
    count_events,
    list_runs,
    state_of,
)
from whitetail.source.listing import Listing
from whitetail.source.metrics_cache import MetricsCache, RunIdentities
from whitetail.source.protocols import RunRows
from whitetail.source.scan import LineFinder, ScanPiece
from whitetail_store import HeadAndTail, RunKey, Stamp

if TYPE_CHECKING:
    from whitetail.source.database.deletions import DatabaseDeletions
    from whitetail.source.trash_limits import TrashLimits


class DatabaseListing(Listing):
    """The runs of a database. Its methods raise `DatabaseError` if it goes away."""

    poll_interval_s = 0.25

    def __init__(
        self,
        database: Database,
        selected: tuple[str, str | None] | None = None,
        open_cache: Callable[[RunIdentities], MetricsCache] | None = None,
        trash: Path | None = None,
    ) -> None:
        """List nothing before `scan`. `open_cache` returns what was read before.

        `trash` is the folder for deleted runs; None if none can be deleted.
        """
        super().__init__(
            Catalog(None, time.time),
            selected,
            open_cache and open_cache(DatabaseIdentities(database)),
        )
        self._database, self._trash = database, trash
        self._seen: dict[RunKey, Stamp] = {}
        self._revisions: Counter[RunKey] = Counter()
        """The number of rows of each run that is followed.

        With an event that came late, the last one of the run stays the same.
        """

    @property
    def problems(self) -> list[str]:
        """Return nothing: the runs of a database are listed all, or an error raised."""
        return []

    def close(self) -> list[str]:
        """Close the connections; return sentences for the user."""
        self._database.close()
        return super().close()

    def location_of(self, key: RunKey) -> str:
        """Return the database and the run."""
        return f"{self._database.name} {'/'.join(key)}"

    def stamp_of(self, key: RunKey) -> Stamp | None:
        """Return the present stamp of a run; None if it is gone."""
        state = state_of(self._database, key)
        if state is None:
            return None
        return state.stamp(self._database.identity, self._revisions[key])

    def read_ends(self, key: RunKey) -> HeadAndTail:
        """Return the first and the last rows of a run."""
        found = read_head_and_tail(self._database, key, self._revisions)
        if found is None:
            raise FileNotFoundError(f"{'/'.join(key)} was deleted")
        return found

    def open(self, key: RunKey) -> DatabaseRows:
        """Return the rows of a run."""
        return DatabaseRows(key, self._database, self._revisions)

    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run."""
        return count_events(self._database, key)

    def scan_rows(
        self, key: RunKey, may_match: LineFinder | None
    ) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, as `Source.scan` does."""
        rows = self.open(key)
        rows.refresh()
        return rows.scan(may_match)

    def row_at(self, rows: RunRows, size: int) -> int:
        """Return how many rows have ids up to `size`."""
        assert isinstance(rows, DatabaseRows)
        return rows.count_up_to(size)

    def deletions(self, limits: TrashLimits) -> DatabaseDeletions | None:
        """Return what deletes its runs; None without a folder for a trash."""
        if self._trash is None:
            return None
        # Imported here: most commands delete nothing.
        from whitetail.source.database.deletions import DatabaseDeletions

        return DatabaseDeletions(
            *(self._database, self._trash, self.catalog, self._revisions), limits
        )

    def _changes(self, keys: Iterable[RunKey] | None) -> dict[RunKey, Stamp | None]:
        if keys is None:
            self._database.select(CHECK)
            identity = self._database.identity
            states = list_runs(self._database, self._seen)
            now: dict[RunKey, Stamp | None] = dict.fromkeys(self._seen)
            now |= {
                key: each.stamp(identity, self._revisions[key])
                for key, each in states.items()
            }
        else:
            now = {key: self._counted_stamp(key) for key in keys}
        changes = {key: at for key, at in now.items() if at != self._seen.get(key)}
        for key, at in changes.items():
            if at is None:
                del self._seen[key]
            else:
                self._seen[key] = at
        return changes

    def _counted_stamp(self, key: RunKey) -> Stamp | None:
        self._revisions[key] = count_events(self._database, key)
        return self.stamp_of(key)
