"""Continues where the user was in a tree, and notes where the user is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from whitetail.screens.lists import ListsView
from whitetail.screens.run import RunView
from whitetail.source.live import live_run
from whitetail.source.protocols import Source
from whitetail.state.database import StateDatabase
from whitetail.state.identity import row_of
from whitetail.state.keeper import StateKeeper
from whitetail.state.tree_state import TreeState
from whitetail.trace.order.outline import Folds


class Session:
    """Restores the state of a tree before its first content, and notes it later.

    It belongs to the event loop; a `StateKeeper` loads and saves in threads.
    """

    def __init__(
        self, keeper: StateKeeper, source: Source, lists: ListsView, run: RunView
    ) -> None:
        self.source = source
        self.queries: dict[str, list[str]] = {"filter": [], "search": [], "narrow": []}
        """The queries of each kind of input line, the newest last."""
        self._keeper = keeper
        self._lists = lists
        self._run = run
        self._state: TreeState | None = None
        """What was restored; None before that."""
        self._selected = self._started = False

    @property
    def database(self) -> StateDatabase:
        """The file with the bookmarks and notes."""
        return self._keeper.database

    def restore(self, state: TreeState) -> None:
        """Set what no widget needs to be shown for; before the app runs.

        A filter of the user's arguments wins, and none hides what the user has named.
        """
        self._state = state
        if self.source.selected is None:
            self._run.filter.text = self._run.filter.text or state.filter_text
        self._run.folds.update(state.folds)
        if state.list_cells:
            width = self._lists.list_width
            width.chosen, width.resized = state.list_cells, True
        for kind, queries in self.queries.items():
            queries[:] = state.queries.get(kind, ())

    def mounted(self) -> None:
        """Sort the lists as they were."""
        if self._state is not None:
            for pane, order in (
                (self._lists.threads, self._state.threads_order),
                (self._lists.runs, self._state.runs_order),
            ):
                if order != pane.order:
                    pane.sort(order)

    def select(self, go_to_pane: Callable[[str], None]) -> None:
        """Put the cursors on the run that is live, else where the user left.

        Nothing happens without a state, if the user has named a run, or if the run is
        gone: then the start is that of a tree that is opened for the first time.
        """
        state, catalog = self._state, self.source.catalog
        self._started = True
        if state is None or not state.thread or self._selected:
            return
        self._selected = True
        if self.source.selected is not None:
            return
        live = live_run(catalog)
        key = state.thread, state.run
        if live is not None:
            self._lists.select(*live)
        elif key in catalog.run_keys(state.thread):
            if state.event is not None:
                find_row = partial(row_of, identity=state.event)
                self._run.find_rows[key] = find_row
            self._lists.select(*key)
            go_to_pane(state.pane)

    def note(self, pane: str) -> None:
        """Note where the user is; `pane` has the focus. Returns at once.

        Nothing is noted before the first lists are shown, or without any run: what was
        saved earlier stays.
        """
        if not self._started or not self._lists.threads.count:
            return
        run, events, width = self._run.run, self._run.events, self._lists.list_width
        before = self._state or TreeState()
        thread, run_id = self._run.key or (self._lists.threads.key or "", "")
        state = TreeState(
            thread=thread,
            run=run_id,
            pane=pane,
            list_cells=width.chosen if width.resized else 0,
            threads_order=self._lists.threads.order,
            runs_order=self._lists.runs.order,
            filter_text=self._run.filter.text,
            folds={key: _copy(each) for key, each in self._run.folds.items() if each},
            queries={kind: tuple(queries) for kind, queries in self.queries.items()},
        )
        if run is not None and run.row_count and not events.following:
            self._keeper.note(state, run.rows, events.row)
            return
        if run is None and (before.thread, before.run) == (thread, run_id):
            # It is still being opened.
            state = replace(state, event=before.event)
        self._keeper.note(state, None, 0)

    async def save(self) -> list[str]:
        """Save what was noted last; return sentences for the user."""
        await asyncio.to_thread(self._keeper.save)
        return self.database.new_problems()


def _copy(folds: Folds) -> Folds:
    return Folds(set(folds.closed), set(folds.opened), dict(folds.subagents))
