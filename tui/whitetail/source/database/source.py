"""Opens a database: lists, watches and reads its runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from whitetail.source.catalog import Catalog
from whitetail.source.database.connection import Database
from whitetail.source.database.deletions import DatabaseDeletions
from whitetail.source.database.find import tree_around
from whitetail.source.database.heads import read_head_and_tail
from whitetail.source.database.identities import DatabaseIdentities
from whitetail.source.database.rows import DatabaseRows
from whitetail.source.database.statements import CHECK, count_events
from whitetail.source.database.watcher import DatabaseWatcher
from whitetail.source.scan import LineFinder, ScanPiece
from whitetail.source.trash_limits import TrashLimits
from whitetail.source.watched_source import WatchedSource
from whitetail.view.lists.entries import TreeEntry
from whitetail.view.text import one_line
from whitetail_store import HeadAndTail, RunKey

if TYPE_CHECKING:
    from whitetail.source.metrics_cache import MetricsCache, RunIdentities
    from whitetail.source.produced import ProducedFile


class DatabaseSource(WatchedSource[DatabaseRows]):
    """The threads and runs of one database. Only `deletions` write to it."""

    def __init__(
        self,
        database: Database,
        selected: tuple[str, str | None] | None = None,
        note: str = "",
        open_cache: Callable[[RunIdentities], MetricsCache] | None = None,
        trash: Path | None = None,
        limits: TrashLimits | None = None,
    ) -> None:
        """Prepare the source; `start` begins to read.

        `selected` is shown first. `note` is shown after the status of the watch.
        `open_cache` returns the cache of the metrics of its runs. `trash` is the folder
        for deleted runs; None if none can be deleted. `limits` are those of the trash.
        """
        self.name = database.name
        self.watched = f"{database.name} (table run_events)"
        self.selected = selected
        self.open_cache = open_cache and partial(
            open_cache, DatabaseIdentities(database)
        )
        self._database = database
        watcher = DatabaseWatcher(database, note)
        self._revisions = watcher.revisions
        super().__init__(Catalog(None, time.time), watcher)
        self.deletions: DatabaseDeletions | None = None
        """Deletes its runs and restores them; None without a folder for a trash."""
        if trash is not None:
            self.deletions = DatabaseDeletions(
                database, trash, self.catalog, self._revisions, limits
            )

    def check(self) -> None:
        """Connect, and look for the table. Blocks.

        Raises:
            DatabaseError: There is none, or the database is not reachable.

        """
        self._database.select(CHECK)

    def close(self) -> None:
        """Look for no more changes, and close the connections."""
        super().close()
        self._database.close()

    async def trees(self) -> list[TreeEntry]:
        """Return the tree that the database is in, if it has run files."""
        return await self.beside()

    async def beside(self) -> list[TreeEntry]:
        """Return the tree that the database is in, if it has run files."""
        path = self._database.path
        base = path and await asyncio.to_thread(tree_around, path)
        if base is None:
            return []
        return [TreeEntry(str(base), one_line(str(base), 200), None, uncounted=True)]

    def open_apart(self, key: RunKey) -> DatabaseRows:
        """Return rows of a run that nothing else refreshes or examines."""
        return DatabaseRows(key, self._database, self._revisions)

    def scan(self, key: RunKey, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, a piece at a time. Blocks.

        Of an open run, rows have the numbers that they have there.

        Raises:
            StoreError: The run cannot be read.

        """
        rows = self._open.get(key)
        if not rows:
            rows = self.open_apart(key)
            rows.refresh()
        yield from rows.scan(may_match)

    def open_file(self, thread: str, path: str) -> ProducedFile | None:
        """Return None: the files that a run produced are not in its database."""
        return None

    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run. Blocks.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """
        return count_events(self._database, key)

    def _read_ends(self, key: RunKey) -> HeadAndTail | None:
        return read_head_and_tail(self._database, key, self._revisions)
