"""Deletes runs of a database: their rows are moved to its trash."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from whitetail.source.catalog import Catalog
from whitetail.source.database.connection import Database
from whitetail.source.database.statements import state_of
from whitetail.source.database.trash import DatabaseTrash
from whitetail.source.deletion import Deletions, to_its_end
from whitetail.source.trash_limits import TrashLimits
from whitetail_store import DatabaseError, Discarded, RunKey


class DatabaseDeletions(Deletions):
    """Deletes the rows of runs, those of one delete in one transaction."""

    def __init__(
        self,
        database: Database,
        trash: Path,
        catalog: Catalog,
        revisions: Counter[RunKey],
        limits: TrashLimits | None = None,
    ) -> None:
        """Start without deletes; `trash` is the folder of the trash.

        `revisions` are raised for runs that were deleted or restored: the same rows may
        be there again before the watcher has seen that they were gone.
        """
        rows = DatabaseTrash(trash, database)
        super().__init__(rows, catalog, limits)
        self._rows, self._database, self._revisions = rows, database, revisions

    async def _discard(self, keys: Sequence[RunKey]) -> int:
        events = await to_its_end(asyncio.to_thread(self._rows.discard, keys))
        self._revisions.update(keys)
        return events

    async def _restore(
        self, batch: Iterable[Discarded]
    ) -> tuple[list[RunKey], list[Exception]]:
        restored, errors = await super()._restore(batch)
        self._revisions.update(restored)
        return restored, errors

    def _exists(self, key: RunKey) -> bool:
        try:
            return state_of(self._database, key) is not None
        except DatabaseError:
            # The delete is done. The status line shows why the database is gone.
            return False
