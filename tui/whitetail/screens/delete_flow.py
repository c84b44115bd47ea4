"""Deleting runs from the browse screen: the question, the delete, undo, the trash."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.worker import Worker

from whitetail.keymap import shown_key
from whitetail.screens.work import start_work
from whitetail.source.deletion import NO_DELETIONS, DeleteResult, cleaned_sentence
from whitetail.source.protocols import Deleter, Source
from whitetail.view.advice import advice
from whitetail.view.brief import plural
from whitetail.view.text import one_line
from whitetail_store import RunKey, StoreError

if TYPE_CHECKING:
    from whitetail.screens.trash import TrashScreen


class DeleteFlow:
    """Asks, deletes, restores and reports; belongs to one screen.

    All runs are moved by `Deletions`. `show_lists` is called when the lists of threads
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
        self._trash: TrashScreen | None = None
        """The trash that was opened last."""

    @property
    def may_delete(self) -> bool:
        """Whether runs can be deleted here at all."""
        return self._deletions is not None and not self._read_only

    def ask(
        self,
        keys: list[RunKey],
        threads: Mapping[str, str],
        found: Mapping[RunKey, int] | None = None,
    ) -> None:
        """Ask whether to delete runs, and do it if the user says so.

        `threads` are the titles of the threads that were chosen, by thread id. `found`
        is how far runs had grown when a search began: if one of them has grown since,
        the question is asked again, with that.
        """
        deletions = self._deletions
        if deletions is None:
            self.warn(NO_DELETIONS)
            return
        extents = dict(found or {})

        def grown() -> dict[RunKey, int]:
            now = self.extents(keys)
            return {
                key: each for key, each in now.items() if each > extents.get(key, inf)
            }

        def answered(yes: bool | None) -> None:
            if not yes:
                return
            if more := grown():
                extents.update(more)
                ask(
                    f"{plural(len(more), 'run')} of these "
                    f"{'has' if len(more) == 1 else 'have'} grown since the search. "
                    "Delete all of them?"
                )
                return
            self._run(partial(self._delete, deletions, keys))

        def ask(warning: str = "") -> None:
            from whitetail.screens.confirm import ConfirmDelete

            plan = deletions.plan(keys, threads)
            question = ConfirmDelete(plan, self._source.count_events, warning)
            self._screen.app.push_screen(question, answered)

        if self._read_only:
            self.warn("Nothing can be deleted: whitetail was started with --read-only.")
        elif keys:
            ask()

    def ask_found(self, keys: list[RunKey], extents: Mapping[RunKey, int]) -> None:
        """Ask whether to delete runs that a search found; see `extents`."""
        self.ask(keys, {}, extents)

    def extents(self, keys: Iterable[RunKey]) -> dict[RunKey, int]:
        """Return for each run a number that rises when the run grows; 0 if it is gone.

        It is the size of its file, or the id of its last row in a table.
        """
        known = self._source.catalog.known
        return {key: run.stamp.size if (run := known(key)) else 0 for key in keys}

    @property
    def can_undo(self) -> bool:
        """Whether there is a delete of this session to undo."""
        return self._deletions is not None and self._deletions.can_undo

    def was_deleted(self, key: RunKey) -> bool:
        """Return whether the user has deleted a run in this session."""
        return key in self._deleted

    def undo(self) -> None:
        """Restore the runs of the last delete."""
        if self._deletions is None:
            self.warn(NO_DELETIONS)
        else:
            self._run(partial(self._undo, self._deletions))

    def show_trash(self) -> None:
        """Show the trash, from which runs can be restored."""
        from whitetail.screens.trash import TrashScreen

        if self._deletions is None:
            self.warn(NO_DELETIONS)
            return
        self._trash = TrashScreen(
            self._deletions, self._report_restored, read_only=self._read_only
        )
        self._screen.app.push_screen(self._trash)

    async def clean_trash(self) -> None:
        """Remove from the trash what need no longer be kept, in the background."""
        deletions = self._deletions
        if deletions is None or self._read_only:
            return
        try:
            removed = await deletions.clean(time.time())
        except OSError as error:
            self.warn(f"Old runs in the trash could not be removed: {advice(error)}")
            return
        if removed:
            text = cleaned_sentence(removed, deletions.limits)
            self._screen.notify(text, markup=False)

    def runs_changed(self, keys: Collection[RunKey]) -> None:
        """Warn about deleted runs whose agent has written to them again."""
        deleted = self._deleted.intersection(keys)
        if deleted and self._deletions is not None:
            self._run(partial(self._report_recreated, self._deletions, deleted))

    def warn(self, text: str) -> None:
        """Show a warning."""
        self._screen.notify(one_line(text), severity="warning", markup=False, timeout=8)

    def _run(self, work: Callable[[], Coroutine[None, None, None]]) -> Worker[None]:
        """Start work that lasts; none of it is begun if the screen is closed now."""
        return start_work(self._screen, work, group="delete")

    async def _delete(self, deletions: Deleter, keys: list[RunKey]) -> None:
        try:
            deleting = asyncio.ensure_future(deletions.delete(keys))
            # The plan hides the runs at once; the files follow.
            await asyncio.sleep(0)
            self._show_lists()
            result = await deleting
        except (OSError, StoreError) as error:
            self._show_lists()
            self.warn(f"Nothing was deleted: {advice(error)}")
            return
        self._show_lists()
        self._list_trash()
        self._report_deleted(result)
        self._deleted.update(result.deleted)
        await self._report_recreated(deletions, keys)

    def _report_deleted(self, result: DeleteResult) -> None:
        deleted, missing = len(result.deleted), len(result.missing)
        if deleted:
            what = f"{plural(deleted, 'run')}, {plural(result.events, 'event')}"
            it = "it" if deleted == 1 else "them"
            undo = shown_key("undo")
            self._screen.notify(f"Deleted {what}. {undo} restores {it}.", markup=False)
        if missing:
            was = "was" if missing == 1 else "were"
            self.warn(
                f"{plural(missing, 'run')} {was} gone already: another program deleted "
                f"{'it' if missing == 1 else 'them'}, so {shown_key('undo')} "
                f"cannot restore "
                f"{'it' if missing == 1 else 'them'}."
            )

    async def _report_recreated(
        self, deletions: Deleter, keys: Collection[RunKey]
    ) -> None:
        """Warn once about deleted runs that have events again."""
        recreated = await deletions.recreated(keys)
        back = [key for key in recreated if key in self._deleted]
        self._deleted.difference_update(back)
        if back:
            self.warn(
                f"Written again after the delete: {plural(len(back), 'run')}. There "
                "are only the events written since; the ones before are in the trash "
                f"({shown_key('trash')})."
            )

    async def _undo(self, deletions: Deleter) -> None:
        restored, errors = await deletions.undo()
        self._list_trash()
        if restored or errors:
            self._report_restored(restored, errors)
        else:
            key = shown_key("trash")
            self._screen.notify(
                f"There is nothing to undo. {key} lists what was deleted before.",
                markup=False,
            )

    def _list_trash(self) -> None:
        """List the trash again, if it was opened before a delete or undo had ended."""
        if self._trash is not None and self._trash.is_attached:
            self._trash.list_runs()

    def _report_restored(self, restored: list[RunKey], errors: list[Exception]) -> None:
        self._source.rescan()
        gone = [each for each in errors if isinstance(each, FileNotFoundError)]
        failed = [each for each in errors if each not in gone]
        if gone:
            self.warn(
                f"{plural(len(gone), 'run')} not restored: no longer in the trash. "
                "Another whitetail has restored or removed what is missing."
            )
        if failed:
            self.warn(
                f"{plural(len(failed), 'run')} not restored: {advice(failed[0])} "
                f"What was not restored stays in the trash ({shown_key('trash')})."
            )
        if restored:
            text = f"Restored {plural(len(restored), 'run')}."
            self._screen.notify(text, markup=False)
