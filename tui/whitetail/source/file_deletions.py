"""Deletes runs of a tree: their files are moved to its trash."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from whitetail.source.catalog import Catalog
from whitetail.source.deletion import Deletions, to_its_end
from whitetail.source.trash_limits import TrashLimits
from whitetail_store import JsonlRunEventStore, RunKey, Trash


class FileDeletions(Deletions):
    """Deletes the files of runs through the store, which counts their events."""

    def __init__(
        self, base_dir: Path, catalog: Catalog, limits: TrashLimits | None = None
    ) -> None:
        """Start without deletes; `base_dir` is the `.deer-flow` folder."""
        trash = Trash(base_dir)
        super().__init__(trash, catalog, limits)
        self._store = JsonlRunEventStore(base_dir, trash=trash)

    async def _discard(self, keys: Sequence[RunKey]) -> int:
        events = 0
        for thread_id, run_id in keys:
            events += await to_its_end(self._store.delete_by_run(thread_id, run_id))
        return events

    def _exists(self, key: RunKey) -> bool:
        return self._catalog.path(key).exists()
