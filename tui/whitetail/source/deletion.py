"""Deletes runs. Until its end the app can undo that; the trash keeps them for days."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from whitetail.keymap import shown_key
from whitetail.source.catalog import Catalog
from whitetail.source.prompt_and_end import read_prompt_and_end
from whitetail.source.trash_limits import TrashLimits
from whitetail.trace.run_summary import summarize_run
from whitetail.view.brief import plural
from whitetail.view.lists.entries import PlanLine, TrashEntry
from whitetail.view.text import one_line
from whitetail.view.units import size
from whitetail_store import Discarded, RunKey, StoreError
from whitetail_store.trash_folders import TrashFolders

DAY_S = 86_400
NO_DELETIONS = "Nothing can be deleted here: there is no folder for a trash."
"""Why there are no `Deletions`, such as for runs outside of a tree."""

FOR_GOOD = "Nothing can restore them afterwards."
"""The warning before runs are removed from the trash."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """The runs that a delete would remove, for the user to confirm."""

    keys: tuple[RunKey, ...]
    lines: tuple[PlanLine, ...]
    """The runs; before those of each thread that was chosen, the thread."""
    thread_count: int
    """The number of threads that were chosen. 0 if runs were."""
    size: int | None
    """Size of all their files, in bytes; None if they are in a database."""
    running_count: int
    """The number of runs that may still be written."""

    def summary(self, events: str) -> str:
        """Return how much would be deleted, in one line; `events` says how many."""
        threads = [plural(self.thread_count, "thread")] if self.thread_count else []
        runs = plural(len(self.keys), "run")
        sizes = [] if self.size is None else [size(self.size)]
        return ", ".join([*threads, runs, events, *sizes])

    @property
    def warning(self) -> str:
        """A warning about runs that are still being written; empty without any."""
        running, runs = self.running_count, len(self.keys)
        if not running:
            return ""
        if runs == 1:
            text = "The run is"
        else:
            text = f"{running} of {runs} runs {'is' if running == 1 else 'are'}"
        return (
            f"{text} still being written. If the agent goes on, the run is there "
            "again, with the new events only."
        )


@dataclass(frozen=True, slots=True)
class DeleteResult:
    """What a delete has done."""

    deleted: tuple[RunKey, ...]
    missing: tuple[RunKey, ...]
    """Runs that were gone: another program had deleted them before."""
    events: int
    """The number of events of the deleted runs."""
    kept: tuple[str, ...] = ()
    """The keys of the deleted runs in the trash."""


class Deletions(ABC):
    """Deletes runs and restores them, the last delete first.

    The trash keeps the runs, also after the end of the app, until `clean` or `remove`
    removes them.
    """

    def __init__(
        self, trash: TrashFolders, catalog: Catalog, limits: TrashLimits | None
    ) -> None:
        """Start without deletes."""
        self.limits = limits or TrashLimits()
        """How long and how much the trash keeps."""
        self._trash = trash
        self._catalog = catalog
        self._batches: list[list[Discarded]] = []
        self._listed: dict[str, Discarded] = {}
        self._busy = asyncio.Lock()

    @abstractmethod
    async def _discard(self, keys: Sequence[RunKey]) -> int:
        """Move runs to the trash; return the number of their events.

        Those of `keys` that are gone are left out. If it fails, the trash may have some
        of the runs: the caller restores them.

        Raises:
            OSError, StoreError, CancelledError: A run could not be moved.

        """

    @abstractmethod
    def _exists(self, key: RunKey) -> bool:
        """Return whether a run has events. Blocks."""

    @property
    def can_undo(self) -> bool:
        """Whether there is a delete that can be undone."""
        return bool(self._batches)

    def plan(self, keys: Sequence[RunKey], threads: Mapping[str, str]) -> DeletePlan:
        """Return the plan to delete these runs; deletes nothing.

        `threads` are the titles of the threads that the user chose, by thread id.
        Empty if runs were chosen.
        """
        wanted, known = set(keys), map(self._catalog.known, keys)
        sizes = [run.size for run in known if run is not None]
        lines: list[PlanLine] = []
        for thread_id in dict.fromkeys(thread_id for thread_id, _ in keys):
            if thread_id in threads:
                lines.append(PlanLine(threads[thread_id]))
            lines += [
                PlanLine(entry.prompt, entry.status, entry.started)
                for entry in self._catalog.run_entries(thread_id)
                if entry.key in wanted
            ]
        return DeletePlan(
            tuple(keys),
            tuple(lines),
            len(threads),
            None if None in sizes else sum(filter(None, sizes)),
            sum(self._catalog.status(key).may_be_written for key in keys),
        )

    async def delete(self, keys: Sequence[RunKey]) -> DeleteResult:
        """Delete all of these runs or none. The lists leave them out at once.

        A run that is gone is no failure: another program has deleted it before.

        Raises:
            OSError, StoreError, CancelledError: A run could not be deleted, or the
                caller wants no more of it. Those that had been deleted before were
                restored; `undo` restores any that could not be, which a note of the
                error says.

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
        tries it again. A run that is no longer there is a `FileNotFoundError`.
        """
        async with self._busy:
            return await self._restore(self._batches[-1] if self._batches else ())

    async def trash(self) -> list[TrashEntry]:
        """Return the runs in the trash, the last deleted first.

        Raises:
            OSError: The trash cannot be read.

        """
        listed = await asyncio.to_thread(self._trash.entries)
        self._listed = {str(each.kept): each for each in listed}
        return [
            TrashEntry(
                key,
                (each.thread_id, each.run_id),
                one_line(each.run_id),
                False,
                each.deleted_at,
                each.size,
            )
            for key, each in self._listed.items()
        ]

    async def with_titles(self, entries: Sequence[TrashEntry]) -> list[TrashEntry]:
        """Return entries of the trash with their titles, which are read."""
        kept = [self._listed[entry.key].kept for entry in entries]
        titles = await asyncio.to_thread(lambda: [_title(path) for path in kept])
        return [
            replace(entry, title=title or entry.title, title_known=True)
            for entry, title in zip(entries, titles, strict=True)
        ]

    async def restore(
        self, entries: Iterable[TrashEntry]
    ) -> tuple[list[RunKey], list[Exception]]:
        """Restore runs of the trash; return the restored runs and the errors."""
        async with self._busy:
            return await self._restore([self._listed[each.key] for each in entries])

    async def remove(self, entries: Iterable[TrashEntry]) -> None:
        """Remove runs from the trash for good.

        Raises:
            OSError: A file cannot be removed.

        """
        async with self._busy:
            for entry in entries:
                discarded = self._listed[entry.key]
                await asyncio.to_thread(self._trash.purge, discarded)
                self._forget(discarded)

    async def clean(self, now: float) -> int:
        """Remove for good what the trash need no longer keep; return how many runs.

        Runs of sessions that have not ended are kept. Does nothing while another
        whitetail does it.

        Raises:
            OSError: The trash cannot be read, or a file cannot be removed.

        """
        keep_s, limit = self.limits.days * DAY_S, self.limits.size
        return len(await asyncio.to_thread(self._trash.clean, keep_s, limit, now))

    @property
    def kept(self) -> tuple[int, int]:
        """How many runs of this session are in the trash, and their bytes."""
        return len(self._trash.kept), sum(each.size for each in self._trash.kept)

    async def recreated(self, keys: Iterable[RunKey]) -> list[RunKey]:
        """Return those of the deleted runs that have events again."""

        def existing() -> list[RunKey]:
            return [key for key in keys if self._exists(key)]

        async with self._busy:
            kept = {each[:2] for batch in self._batches for each in batch}
            return [key for key in await asyncio.to_thread(existing) if key in kept]

    def close(self) -> None:
        """End the session. What is in the trash stays there."""
        self._trash.close()

    async def _restore(
        self, batch: Iterable[Discarded]
    ) -> tuple[list[RunKey], list[Exception]]:
        restored: list[RunKey] = []
        errors: list[Exception] = []
        for discarded in list(batch):
            try:
                await asyncio.to_thread(self._trash.restore, discarded)
            except FileNotFoundError as error:
                errors.append(error)
                self._forget(discarded)
            except (OSError, StoreError) as error:
                errors.append(error)
            else:
                self._forget(discarded)
                restored.append((discarded.thread_id, discarded.run_id))
        return restored, errors

    def _forget(self, discarded: Discarded) -> None:
        """Leave a run that is no longer in the trash out of the next undo."""
        for batch in self._batches:
            if discarded in batch:
                batch.remove(discarded)
        self._batches = list(filter(None, self._batches))

    async def _delete(self, keys: Sequence[RunKey]) -> DeleteResult:
        before = len(self._trash.kept)
        try:
            events = await self._discard(keys)
        except (OSError, StoreError, asyncio.CancelledError) as error:
            await self._restore_after_failure(self._trash.kept[before:], error)
            raise
        batch = self._trash.kept[before:]
        if batch:
            self._batches.append(batch)
        self._catalog.apply(dict.fromkeys(keys))
        deleted = tuple((each.thread_id, each.run_id) for each in batch)
        found = set(deleted)
        missing = tuple(key for key in keys if key not in found)
        kept = tuple(str(each.kept) for each in batch)
        return DeleteResult(deleted, missing, events, kept)

    async def _restore_after_failure(
        self, batch: list[Discarded], failure: BaseException
    ) -> None:
        """Restore the runs of a delete that failed; keep for `undo` those that fail."""
        for discarded in reversed(list(batch)):
            with suppress(OSError, StoreError):
                await asyncio.to_thread(self._trash.restore, discarded)
                batch.remove(discarded)
        if batch:
            self._batches.append(batch)
            failure.add_note(
                f"Some runs are in the trash now: {shown_key('undo')} restores them."
            )


async def to_its_end(work: Awaitable[T]) -> T:
    """Return the result of work that goes on until it is done, also if cancelled.

    Only then is it known what the work has changed.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def cleaned_sentence(removed: int, limits: TrashLimits) -> str:
    """Return the sentence about runs that `clean` has removed."""
    return (
        f"Removed {plural(removed, 'run')} from the trash for good: deleted more than "
        f"{limits.days:g} days ago, or beyond its limit of {size(int(limits.size))}."
    )


def _title(path: Path) -> str:
    """Return the sanitized prompt or title of a run; empty if there is none."""
    try:
        found = read_prompt_and_end(path)
    except OSError:
        # It was restored or removed meanwhile, or its id has to do.
        return ""
    summary = summarize_run(found.head, found.tail)
    return one_line(summary.prompt or summary.title or "")
