"""Opens one `.deer-flow` folder: lists, watches, reads and deletes its runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from whitetail.source.catalog import Catalog
from whitetail.source.deletion import Deletions
from whitetail.source.file_deletions import FileDeletions
from whitetail.source.file_rows import FileRows
from whitetail.source.locate import TreeLocation, count_runs
from whitetail.source.produced import ProducedFile, open_produced
from whitetail.source.prompt_and_end import read_prompt_and_end
from whitetail.source.run_files import LooseFiles, RunFiles, TreeFiles
from whitetail.source.scan import LineFinder, ScanPiece, scan_file
from whitetail.source.trash_limits import TrashLimits
from whitetail.source.watched_source import WatchedSource
from whitetail.source.watcher import Watcher
from whitetail.view.brief import reason
from whitetail.view.lists.entries import TreeEntry
from whitetail.view.text import one_line
from whitetail_store import HeadAndTail, RunKey

if TYPE_CHECKING:
    from whitetail.source.metrics_cache import MetricsCache, RunIdentities

_NOTIFY_AFTER_S = 0.8
"""File events start once the first screen is drawn."""


class FileSource(WatchedSource[FileRows]):
    """The threads and runs of one `.deer-flow` folder, or runs outside of any."""

    def __init__(
        self,
        location: TreeLocation,
        limits: TrashLimits | None = None,
        open_cache: Callable[[RunIdentities], MetricsCache] | None = None,
    ) -> None:
        """Prepare the source; `start` begins to read. `limits` are of its trash.

        `open_cache` returns the cache of the metrics of its runs.
        """
        files: RunFiles = TreeFiles(location.threads)
        if location.is_loose:
            files = LooseFiles(location.base)
        self.open_cache: Callable[[], MetricsCache] | None = None
        """Opens the cache of the metrics of its runs; None if there is none."""
        if open_cache is not None:
            self.open_cache = partial(_file_cache, open_cache, files)
        self.name = str(location.base)
        """The folder or the file, for the status line."""
        self.watched = str(files.root)
        """The folder in which new runs are looked for, or the file."""
        self.selected = location.selected
        """The thread, and perhaps the run, that the user named."""
        self._candidates, self._unused = location.candidates, location.unused
        self._bases = (
            () if location.is_loose else location.candidates or (location.base,)
        )
        """The folders that may have a database."""
        watcher = Watcher(
            files,
            notifications=not location.is_loose,
            notify_after_s=_NOTIFY_AFTER_S,
        )
        super().__init__(Catalog(files, time.time), watcher)
        self.deletions: Deletions | None = None
        """Deletes its runs and restores them; None for runs outside of a tree.

        These have no folder in which nothing but a trash of ours can be.
        """
        if not location.is_loose:
            self.deletions = FileDeletions(location.base, self.catalog, limits)

    async def trees(self) -> list[TreeEntry]:
        """Return what could have been opened, with the runs of trees counted."""
        trees = await asyncio.to_thread(lambda: [*map(_tree_entry, self._candidates)])
        if self._unused:
            variable = "$DATABASE_URL"
            problem = one_line(self._unused, 300)
            trees.append(TreeEntry(variable, variable, None, problem))
        return trees + await self.beside()

    async def beside(self) -> list[TreeEntry]:
        """Return the databases with runs in the trees that could have been opened."""
        return await asyncio.to_thread(self._databases)

    def open_apart(self, key: RunKey) -> FileRows:
        """Return rows of a run that nothing else refreshes or examines."""
        return FileRows(key, self.catalog.path(key))

    def scan(self, key: RunKey, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, a piece at a time. Waits for disks.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        return scan_file(self.catalog.path(key), may_match)

    def open_file(self, thread: str, path: str) -> ProducedFile | None:
        """Open a file that a run of a thread produced; None if it is not here. Blocks.

        Raises:
            OSError: The file cannot be read.

        """
        return open_produced(Path(self.watched), thread, path)

    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run. Waits for the disk.

        Raises:
            StoreError, OSError: The run cannot be read.

        """
        return self.open(key).count_events()

    def _databases(self) -> list[TreeEntry]:
        # Imported here, because the first screen does not need it.
        from whitetail.source.database.find import databases_in

        found = databases_in(self._bases)
        return [
            TreeEntry(each.name, one_line(each.name, 200), None, uncounted=True)
            for each in found
        ]

    def _read_ends(self, key: RunKey) -> HeadAndTail:
        return read_prompt_and_end(self.catalog.path(key))


def _file_cache(
    open_cache: Callable[[RunIdentities], MetricsCache], files: RunFiles
) -> MetricsCache:
    # Imported here, because the first screen does not need it.
    from whitetail.source.metrics_cache import FileIdentities

    return open_cache(FileIdentities(files))


def _tree_entry(base: Path) -> TreeEntry:
    path, runs, problem = one_line(str(base), 200), None, ""
    try:
        runs = count_runs(base)
    except OSError as error:
        problem = reason(error)
    return TreeEntry(str(base), path, runs, problem)
