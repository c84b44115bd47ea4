"""Deletes runs; until the app ends, each delete can be undone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from whitetail.source.catalog import Catalog
from whitetail_store import Discarded, JsonlRunEventStore, RunKey, StoreError, Trash


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """The runs that a delete would remove, for the user to confirm."""

    keys: tuple[RunKey, ...]
    titles: tuple[str, ...]
    """The title of each thread or run as the lists show it, sanitized."""
    size: int
    """Size of all their files, in bytes."""
    running_count: int
    """The number of runs that may still be written."""


class Deletions:
    """Deletes runs and restores them, the last delete first.

    Deletes go through the store, which counts events. Its trash keeps the files
    until `purge`.
    """

    def __init__(self, base_dir: Path, catalog: Catalog) -> None:
        """Start without deletes; `base_dir` is the `.deer-flow` folder."""
        self._trash = Trash(base_dir)
        self._store = JsonlRunEventStore(base_dir, trash=self._trash)
        self._catalog = catalog
        self._batches: list[list[Discarded]] = []
        self._busy = asyncio.Lock()

    @property
    def can_undo(self) -> bool:
        """Whether there is a delete that can be undone."""
        return bool(self._batches)

    def plan(self, keys: Sequence[RunKey], titles: Iterable[str]) -> DeletePlan:
        """Return the plan to delete these runs; deletes nothing.

        `titles` are those of the threads or runs that the user chose.
        """
        return DeletePlan(
            tuple(keys),
            tuple(titles),
            sum(self._catalog.size(key) for key in keys),
            sum(self._catalog.status(key).may_be_written for key in keys),
        )

    async def delete(self, keys: Sequence[RunKey]) -> int:
        """Delete all of these runs or none, and return the number of their events.

        The lists leave them out at once.

        Raises:
            OSError, StoreError: A run could not be deleted. Those that had been
                deleted before it were restored; `undo` restores any that could not be.

        """
        self._catalog.hide(keys)
        try:
            async with self._busy:
                return await self._delete(keys)
        finally:
            self._catalog.unhide(keys)

    async def undo(self) -> tuple[list[RunKey], list[Exception]]:
        """Restore the last delete; return the restored runs and the errors.

        A run that cannot be restored stays in the trash, so that the next `undo`
        tries it again.
        """
        restored: list[RunKey] = []
        errors: list[Exception] = []
        async with self._busy:
            batch = self._batches[-1] if self._batches else []
            for discarded in list(batch):
                try:
                    await asyncio.to_thread(self._trash.restore, discarded)
                except (OSError, StoreError) as error:
                    errors.append(error)
                else:
                    batch.remove(discarded)
                    restored.append((discarded.thread_id, discarded.run_id))
            if self._batches and not batch:
                self._batches.pop()
        return restored, errors

    async def _restore_after_failure(self, batch: list[Discarded]) -> None:
        """Restore the runs of a delete that failed; keep for `undo` those that fail."""
        for discarded in reversed(list(batch)):
            with suppress(OSError, StoreError):
                await asyncio.to_thread(self._trash.restore, discarded)
                batch.remove(discarded)
        if batch:
            self._batches.append(batch)

    async def recreated(self, keys: Iterable[RunKey]) -> list[RunKey]:
        """Return those of the deleted runs that have a file again."""

        def existing() -> list[RunKey]:
            return [key for key in keys if self._catalog.path(key).exists()]

        async with self._busy:
            kept = {each[:2] for batch in self._batches for each in batch}
            return [key for key in await asyncio.to_thread(existing) if key in kept]

    async def leftovers(self) -> list[Discarded]:
        """Return the deleted runs that earlier sessions left in the trash.

        Raises:
            OSError: The trash may not be read.

        """
        return await asyncio.to_thread(self._trash.leftovers)

    def adopt(self, leftovers: Sequence[Discarded]) -> None:
        """Make leftovers the last delete of this session, which `undo` restores."""
        self._batches.append(list(leftovers))

    def purge(self) -> None:
        """Delete the files in the trash for good. Blocks: call it in a thread.

        Raises:
            OSError: A file may not be removed.

        """
        batches, self._batches = self._batches, []
        for batch in batches:
            for discarded in batch:
                self._trash.purge(discarded)
        self._trash.close()

    async def _delete(self, keys: Sequence[RunKey]) -> int:
        kept = len(self._trash.kept)
        events = 0
        try:
            for thread_id, run_id in keys:
                try:
                    events += await self._store.delete_by_run(thread_id, run_id)
                except PermissionError:
                    # A file that cannot be read can be moved; its events are unknown.
                    await asyncio.to_thread(self._trash.discard, thread_id, run_id)
        except (OSError, StoreError):
            await self._restore_after_failure(self._trash.kept[kept:])
            raise
        self._batches.append(self._trash.kept[kept:])
        self._catalog.apply(dict.fromkeys(keys))
        return events
