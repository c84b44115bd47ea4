"""Deleting runs so that it can be undone, until the app ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from whitetail.source.catalog import Catalog
from whitetail.trace.run_summary import State
from whitetail_store import Discarded, JsonlRunEventStore, RunKey, StoreError, Trash


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """What a delete would take, for a person to confirm."""

    keys: tuple[RunKey, ...]
    titles: tuple[str, ...]
    """A line for each thread or run, as the lists call it; inert."""
    size: int
    """Bytes of all files."""
    running_count: int
    """How many of the runs are still being written."""


class Deletions:
    """What has been deleted in this session, the last of it first to come back.

    Deletes go through the store, which counts events; its trash keeps the files
    until `purge`.
    """

    def __init__(self, base_dir: Path, catalog: Catalog) -> None:
        """Delete nothing yet."""
        self._trash = Trash(base_dir)
        self._store = JsonlRunEventStore(base_dir, trash=self._trash)
        self._catalog = catalog
        self._batches: list[list[Discarded]] = []
        self._busy = asyncio.Lock()

    def plan(self, keys: Sequence[RunKey], titles: Iterable[str]) -> DeletePlan:
        """Return what deleting these runs would take."""
        states = [self._catalog.state(key) for key in keys]
        return DeletePlan(
            tuple(keys),
            tuple(titles),
            sum(self._catalog.size(key) for key in keys),
            states.count(State.RUNNING),
        )

    async def delete(self, keys: Sequence[RunKey]) -> int:
        """Delete runs, all or none, and return how many events went.

        They leave the lists at once.

        Raises:
            OSError, StoreError: One could not be deleted; all are where they were.

        """
        self._catalog.hide(keys)
        try:
            async with self._busy:
                return await self._delete(keys)
        finally:
            self._catalog.unhide(keys)

    async def undo(self) -> tuple[list[RunKey], list[Exception]]:
        """Bring back what was deleted last; return those runs, and what went wrong.

        What can't come back stays in the trash, where another `undo` finds it.
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
        """Restore what was deleted before one failed; `undo` has what can't be now."""
        for discarded in reversed(list(batch)):
            with suppress(OSError, StoreError):
                await asyncio.to_thread(self._trash.restore, discarded)
                batch.remove(discarded)
        if batch:
            self._batches.append(batch)

    async def recreated(self, keys: Sequence[RunKey]) -> list[RunKey]:
        """Return which of some runs that were deleted have a file again."""

        def there() -> list[RunKey]:
            return [key for key in keys if self._catalog.path(key).exists()]

        kept = {each[:2] for batch in self._batches for each in batch}
        return [key for key in await asyncio.to_thread(there) if key in kept]

    async def leftovers(self) -> list[Discarded]:
        """Return what earlier sessions deleted but neither purged nor gave back.

        Raises:
            OSError: The trash may not be read.

        """
        return await asyncio.to_thread(self._trash.leftovers)

    def adopt(self, leftovers: Sequence[Discarded]) -> None:
        """Take leftovers for deleted in this session, so that `undo` restores them."""
        self._batches.append(list(leftovers))

    def purge(self) -> None:
        """Remove for good what was deleted. Not for the event loop's thread.

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
                events += await self._store.delete_by_run(thread_id, run_id)
        except (OSError, StoreError):
            await self._restore_after_failure(self._trash.kept[kept:])
            raise
        self._batches.append(self._trash.kept[kept:])
        self._catalog.apply(dict.fromkeys(keys))
        return events
