"""Deleting runs from the browse screen: the question, the delete, undo, leftovers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from textual.screen import Screen

from whitetail.screens.confirm import AskLeftovers, ConfirmDelete
from whitetail.source.protocols import Source
from whitetail.view.brief import plural
from whitetail.view.text import one_line
from whitetail_store import RunKey, StoreError


class DeleteFlow:
    """Asks, deletes, restores and reports; belongs to one screen.

    All files are moved by `Deletions`. `show_lists` is called when the lists of threads
    and runs have changed.
    """

    def __init__(
        self,
        screen: Screen[None],
        source: Source,
        show_lists: Callable[[], None],
        *,
        read_only: bool,
    ) -> None:
        self._screen = screen
        self._source = source
        self._deletions = source.deletions
        self._show_lists = show_lists
        self._read_only = read_only
        self._deleted: set[RunKey] = set()
        """Runs that were deleted and were not reported as written again."""

    def ask(self, keys: list[RunKey], titles: list[str]) -> None:
        """Ask whether to delete runs, and do it if the user says so."""

        def answered(yes: bool | None) -> None:
            if yes:
                self._screen.run_worker(self._delete(keys), group="delete")

        if self._read_only:
            self.warn("Nothing can be deleted: this is whitetail --read-only.")
        elif keys:
            plan = self._deletions.plan(keys, titles)
            question = ConfirmDelete(plan, self._source.count_events)
            self._screen.app.push_screen(question, answered)

    def undo(self) -> None:
        """Restore the runs of the last delete."""
        self._screen.run_worker(self._undo(), group="delete")

    def offer_leftovers(self) -> None:
        """Ask what to do with runs that an earlier session deleted, if any."""
        if not self._read_only:
            self._screen.run_worker(self._offer_leftovers(), group="leftovers")

    def runs_changed(self, keys: Collection[RunKey]) -> None:
        """Warn about deleted runs whose agent has written to them again."""
        if deleted := self._deleted.intersection(keys):
            self._screen.run_worker(self._report_recreated(deleted), group="delete")

    def warn(self, text: str) -> None:
        """Show a warning."""
        self._screen.notify(one_line(text), severity="warning", markup=False, timeout=8)

    async def _delete(self, keys: list[RunKey]) -> None:
        try:
            deleting = asyncio.ensure_future(self._deletions.delete(keys))
            # The plan hides the runs at once; the files follow.
            await asyncio.sleep(0)
            self._show_lists()
            events = await deleting
        except (OSError, StoreError) as error:
            self._show_lists()
            self.warn(f"Nothing was deleted: {error}")
            return
        self._show_lists()
        what = f"{plural(len(keys), 'run')}, {plural(events, 'event')}"
        self._screen.notify(f"Deleted {what}. u restores them.", markup=False)
        self._deleted.update(keys)
        await self._report_recreated(keys)

    async def _report_recreated(self, keys: Collection[RunKey]) -> None:
        """Warn once about deleted runs that have a file again."""
        recreated = await self._deletions.recreated(keys)
        back = [key for key in recreated if key in self._deleted]
        self._deleted.difference_update(back)
        if back:
            self.warn(
                f"{plural(len(back), 'run')} came back: the agent still writes there. "
                "The new file has only the events written since; "
                "the old one is kept until you quit."
            )

    async def _undo(self) -> None:
        restored, errors = await self._deletions.undo()
        self._source.rescan()
        for error in errors:
            self.warn(f"Not restored: {error}. It is kept until you quit.")
        if restored:
            text = f"Restored {plural(len(restored), 'run')}."
            self._screen.notify(text, markup=False)
        elif not errors:
            self._screen.notify("There is nothing to undo.", markup=False)

    async def _offer_leftovers(self) -> None:
        try:
            leftovers = await self._deletions.leftovers()
        except OSError as error:
            self.warn(f"The trash of earlier sessions cannot be read: {error}")
            return
        if leftovers:
            self._deletions.adopt(leftovers)
            question = AskLeftovers(len(leftovers))
            if not await self._screen.app.push_screen_wait(question):
                self.undo()
