"""The screen that lists deleted runs, to restore them or to remove them for good."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from whitetail.keymap import named_keys
from whitetail.keys import bindings
from whitetail.panes.line_list import LineList
from whitetail.panes.trash import TrashPane
from whitetail.screens.confirm import ConfirmRemove
from whitetail.screens.list_dialog import ListDialog
from whitetail.source.protocols import Deleter
from whitetail.view.advice import advice
from whitetail.view.brief import plural
from whitetail.view.lists.entries import TrashEntry
from whitetail.view.text import one_line
from whitetail.view.units import size
from whitetail_store import RunKey

_KEYS = (
    "{open} restores    {lists.select} selects    {trash.remove} removes for good    "
    "{trash.empty} empties the trash    {trash.close} closes"
)
_KEYS_READ_ONLY = "{trash.close} closes    whitetail was started with --read-only"
_BATCH_RUNS = 8
"""The number of titles that are read before the list is drawn again."""

Restored = Callable[[list[RunKey], list[Exception]], None]


class TrashScreen(ListDialog[None]):
    """Lists the runs in the trash."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("trash"),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def __init__(
        self, deletions: Deleter, restored: Restored, *, read_only: bool
    ) -> None:
        """List the trash of `deletions`.

        `restored` is called with the runs that were restored and the errors.
        """
        self._pane = TrashPane("trash", time.time)
        super().__init__(
            self._pane, named_keys(_KEYS_READ_ONLY if read_only else _KEYS)
        )
        self._deletions = deletions
        self._restored = restored
        self._read_only = read_only

    def on_mount(self) -> None:
        """Read what is in the trash."""
        self.list_runs()

    @work(exclusive=True, group="list")
    async def list_runs(self) -> None:
        """List what is in the trash now."""
        try:
            entries = await self._deletions.trash()
        except OSError as error:
            self._pane.contents = one_line(f"cannot be read: {advice(error)}")
            self._pane.label_count()
            return
        self._show(entries)
        for start in range(0, len(entries), _BATCH_RUNS):
            part = slice(start, start + _BATCH_RUNS)
            entries[part] = await self._deletions.with_titles(entries[part])
            self._show(entries)

    def _show(self, entries: list[TrashEntry]) -> None:
        limits = self._deletions.limits
        total = sum(entry.size for entry in entries)
        self._pane.contents = (
            f"{plural(len(entries), 'run')}, {size(total)}, "
            f"kept for {limits.days:g} days, up to {size(int(limits.size))}"
            if entries
            else "empty"
        )
        self._pane.show(list(entries))

    @on(LineList.Opened)
    @work(group="change")
    async def _restore(self, message: LineList.Opened) -> None:
        """Restore the chosen runs."""
        if not self._read_only:
            chosen = self._pane.chosen
            self._pane.clear_selection()
            self._restored(*await self._deletions.restore(chosen))
            self.list_runs()

    @work(group="change")
    async def action_remove(self, everything: bool) -> None:
        """Remove the chosen runs or all of them for good, if the user confirms it."""
        entries = list(self._pane.entries) if everything else self._pane.chosen
        if self._read_only or not entries:
            return
        if not await self.app.push_screen_wait(ConfirmRemove(entries)):
            return
        try:
            await self._deletions.remove(entries)
        except OSError as error:
            text = one_line(f"Not removed: {advice(error)}")
            self.notify(text, severity="warning", markup=False, timeout=8)
        else:
            text = f"Removed {plural(len(entries), 'run')} for good."
            self.notify(text, markup=False)
        self.list_runs()
