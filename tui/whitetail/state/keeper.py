"""Loads the state of a tree beside the first scan, and saves it now and then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread

from whitetail.source.protocols import RunRows
from whitetail.state.database import StateDatabase
from whitetail.state.identity import identity_of
from whitetail.state.tree_state import TreeState
from whitetail_store import StoreError

_CLOSE_TIMEOUT_S = 3.0
"""How long the end waits for a disk: a little longer than for another process."""


class StateKeeper:
    """Knows the state of a tree when it was opened, and the one to save."""

    def __init__(self, path: Path | None, tree: str) -> None:
        """Load nothing before `start`. `path` is None if nothing shall be kept."""
        self.database = StateDatabase(path, tree)
        self._loaded = Event()
        self._state = TreeState()
        self._newest: tuple[TreeState, RunRows | None, int] | None = None
        self._saved: tuple[TreeState, RunRows | None, int] | None = None
        self._saving = Lock()

    def start(self) -> None:
        """Load the state in a thread."""
        if self.database.keeps:
            Thread(target=self._load, name="load state", daemon=True).start()
        else:
            self._loaded.set()

    def state(self, *, timeout_s: float = 0.0) -> TreeState:
        """Return the state that was loaded, and wait for it up to `timeout_s` seconds.

        What is loaded later is not used: by then the user looks at something else.
        """
        self._loaded.wait(timeout_s)
        return self._state if self._loaded.is_set() else TreeState()

    def note(self, state: TreeState, rows: RunRows | None, row: int) -> None:
        """Note the state to save next, and the row under the cursor; returns at once.

        Without rows the state has the event already.
        """
        self._newest = state, rows, row

    def save(self) -> None:
        """Save the state that was noted last, unless it is saved. Blocks."""
        with self._saving:
            newest = self._newest
            if newest is None or newest == self._saved or not self.database.keeps:
                return
            state, rows, row = newest
            if rows is not None:
                try:
                    state = replace(state, event=identity_of(rows, row))
                except (StoreError, OSError, IndexError):
                    # The run is gone; so is its event.
                    state = replace(state, event=None)
            self.database.save_tree_state(state)
            # Also if it failed: the sentence was shown, and a disk is not tried at
            # each interval for the same state.
            self._saved = newest

    def close(self) -> None:
        """Save for the last time, and wait for it a few seconds at most."""
        saver = Thread(target=self.save, name="save state", daemon=True)
        saver.start()
        saver.join(_CLOSE_TIMEOUT_S)

    def _load(self) -> None:
        state = self.database.tree_state() or TreeState()
        if state.filter_text and not _is_query(state.filter_text):
            state = replace(state, filter_text="")
        self._state = state
        self._loaded.set()


def _is_query(text: str) -> bool:
    # Imported here, in the thread: only a tree with a filter needs it at once.
    from whitetail.trace.query.errors import QueryError
    from whitetail.trace.query.parse import parse_query

    try:
        parse_query(text)
    except QueryError:
        return False
    return True
