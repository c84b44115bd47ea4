"""The runs of a tree for a command, or those outside of any tree."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from whitetail.source.catalog import Catalog
from whitetail.source.file_rows import FileRows
from whitetail.source.listing import Listing
from whitetail.source.locate import TreeLocation
from whitetail.source.metrics_cache import (
    FileIdentities,
    MetricsCache,
    RunIdentities,
)
from whitetail.source.prompt_and_end import read_prompt_and_end
from whitetail.source.protocols import RunRows
from whitetail.source.run_files import LooseFiles, RunFiles, TreeFiles
from whitetail.source.scan import LineFinder, ScanPiece, scan_file
from whitetail.source.scanner import Scanner
from whitetail_store import HeadAndTail, RunKey, Stamp
from whitetail_store.paths import stamp

if TYPE_CHECKING:
    from whitetail.source.file_deletions import FileDeletions
    from whitetail.source.trash_limits import TrashLimits


class FileListing(Listing):
    """The runs of a tree, or runs outside of any."""

    poll_interval_s = 0.05

    def __init__(
        self,
        location: TreeLocation,
        open_cache: Callable[[RunIdentities], MetricsCache] | None = None,
    ) -> None:
        """List nothing before `scan`. `open_cache` returns what was read before."""
        files: RunFiles = TreeFiles(location.threads)
        if location.is_loose:
            files = LooseFiles(location.base)
        super().__init__(
            Catalog(files, time.time),
            location.selected,
            None if open_cache is None else open_cache(FileIdentities(files)),
        )
        self.location = location
        self._scanner = Scanner(files)

    @property
    def problems(self) -> list[str]:
        """Why parts of the tree could not be listed, one sentence each."""
        return list(self._scanner.problems.values())

    def location_of(self, key: RunKey) -> str:
        """Return the path of a run's file."""
        return str(self.catalog.path(key))

    def stamp_of(self, key: RunKey) -> Stamp | None:
        """Return the stamp of a run's file; None if it is gone."""
        return stamp(self.catalog.path(key))

    def read_ends(self, key: RunKey) -> HeadAndTail:
        """Return the first and the last rows of a run."""
        return read_prompt_and_end(self.catalog.path(key))

    def open(self, key: RunKey) -> FileRows:
        """Return the rows of a run."""
        return FileRows(key, self.catalog.path(key))

    def count_events(self, key: RunKey) -> int:
        """Return the number of events of a run."""
        return self.open(key).count_events()

    def scan_rows(
        self, key: RunKey, may_match: LineFinder | None
    ) -> Iterator[ScanPiece]:
        """Yield the rows of a run that may match, as `Source.scan` does."""
        return scan_file(self.catalog.path(key), may_match)

    def row_at(self, rows: RunRows, size: int) -> int:
        """Return the first row that ends behind an offset of the file."""
        row, now = len(rows), rows.stamp
        end = now.size if now else 0
        while row and end > size:
            row -= 1
            end -= len(rows.raw(row))
        return row

    def deletions(self, limits: TrashLimits) -> FileDeletions | None:
        """Return what deletes its runs; None for runs outside of a tree."""
        if self.location.is_loose:
            return None
        # Imported here: most commands delete nothing.
        from whitetail.source.file_deletions import FileDeletions

        return FileDeletions(self.location.base, self.catalog, limits)

    def _changes(self, keys: Iterable[RunKey] | None) -> dict[RunKey, Stamp | None]:
        if keys is None:
            for _ in self._scanner.sweep(files=True):
                pass
        else:
            for key in keys:
                self._scanner.stat_run(key)
        return self._scanner.pop_changes()
