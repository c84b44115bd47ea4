"""The file of what whitetail remembers: states of trees, bookmarks and notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from whitetail.own_database import BUSY_TIMEOUT_S, OwnDatabase
from whitetail.state.identity import EventIdentity
from whitetail.state.tree_state import TreeState
from whitetail_store import RunKey

if TYPE_CHECKING:
    import sqlite3

FILE_NAME = "state.sqlite"
_STEPS = (
    """
    CREATE TABLE trees (tree TEXT PRIMARY KEY, saved_at REAL, state TEXT);
    CREATE TABLE marks (
        tree TEXT, thread TEXT, run TEXT, event_row INTEGER, digest TEXT,
        bookmarked INTEGER DEFAULT 0, note TEXT DEFAULT '',
        title TEXT DEFAULT '', label TEXT DEFAULT '', marked_at REAL,
        PRIMARY KEY (tree, thread, run, event_row, digest)
    );
    """,
)
_MAX_TREES = 200
"""How many trees are remembered, those that were opened last."""
_COLUMNS = (
    "thread, run, CAST(event_row AS INTEGER), digest, bookmarked, note, title, label, "
    "CAST(marked_at AS REAL)"
)


@dataclass(frozen=True, slots=True)
class SavedMark:
    """The bookmark and the note of an event."""

    run: RunKey
    identity: EventIdentity
    """The event when it was marked."""
    bookmarked: bool = False
    note: str = ""
    """Not sanitized."""
    title: str = ""
    """The title of the thread, for when the thread is gone. Not sanitized."""
    label: str = ""
    """The event in a few words, for when it is gone. Not sanitized."""
    marked_at: float = 0.0
    """When it was marked first, in seconds since the epoch."""


class StateDatabase:
    """Loads and saves what is remembered of one tree.

    Its methods wait for the disk: they are called in threads. They return nothing, or
    False, if the file cannot be used; `new_problems` says why.
    """

    def __init__(
        self, path: Path | None, tree: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> None:
        """Open nothing yet. `tree` names the tree; `path` is None to keep nothing.

        `busy_timeout_s` is how long a call waits for the writes of other processes.
        """
        self._tree = _storable(tree)
        contents, wait = "bookmarks, notes and positions", busy_timeout_s
        self._file = OwnDatabase(path, contents, _STEPS, busy_timeout_s=wait)

    @property
    def keeps(self) -> bool:
        """Whether anything shall be kept."""
        return self._file.path is not None

    def new_problems(self) -> list[str]:
        """Return the sentences for the user since the last call."""
        return self._file.new_problems()

    def save_problem(self) -> str:
        """Return why marks were not saved, in sentences that may be no news."""
        return " ".join(self.new_problems()) or "Bookmarks and notes cannot be saved."

    def tree_state(self) -> TreeState | None:
        """Return the state of the tree; None if none was saved."""
        return self._file.read(self._state, None)

    def save_tree_state(self, state: TreeState) -> bool:
        """Save the state of the tree; queries that others have saved stay."""

        def save(connection: sqlite3.Connection) -> None:
            merged = state
            if (before := self._state(connection)) is not None:
                merged = replace(state, queries=state.merged_queries(before))
            connection.execute(
                "INSERT OR REPLACE INTO trees VALUES (?, ?, ?)",
                (self._tree, time(), merged.to_json()),
            )
            connection.execute(
                "DELETE FROM trees WHERE tree NOT IN "
                "(SELECT tree FROM trees ORDER BY saved_at DESC LIMIT ?)",
                (_MAX_TREES,),
            )

        return self._file.write(save)

    def marks(self, run: RunKey | None = None) -> list[SavedMark]:
        """Return the marks of a run, or those of all runs, the newest first."""
        where, values = "tree = ?", [self._tree]
        if run is not None:
            where, values = f"{where} AND thread = ? AND run = ?", [self._tree, *run]
        query = f"SELECT {_COLUMNS} FROM marks WHERE {where} ORDER BY marked_at DESC"
        return self._file.read(
            lambda connection: [*map(_mark, connection.execute(query, values))], []
        )

    def set_bookmarks(self, marks: Iterable[SavedMark]) -> bool:
        """Save whether events are bookmarked, of all or none; their notes stay."""
        return self._set("bookmarked", [(mark, int(mark.bookmarked)) for mark in marks])

    def set_note(self, mark: SavedMark) -> bool:
        """Save the note of an event; an empty one removes it. Its bookmark stays."""
        return self._set("note", [(mark, _storable(mark.note))])

    def _set(self, column: str, values: Sequence[tuple[SavedMark, int | str]]) -> bool:
        """Save one column only: another whitetail may have changed the other one."""

        def save(connection: sqlite3.Connection) -> None:
            for mark, value in values:
                key = (self._tree, *mark.run, *mark.identity)
                texts = _storable(mark.title), _storable(mark.label)
                connection.execute(
                    "INSERT INTO marks (tree, thread, run, event_row, digest, title,"
                    f" label, marked_at, {column}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    f" ON CONFLICT DO UPDATE SET {column} = excluded.{column}",
                    (*key, *texts, mark.marked_at, value),
                )
                connection.execute(
                    "DELETE FROM marks WHERE tree = ? AND thread = ? AND run = ?"
                    " AND event_row = ? AND digest = ? AND NOT bookmarked"
                    " AND note = ''",
                    key,
                )

        return self._file.write(save)

    def _state(self, connection: sqlite3.Connection) -> TreeState | None:
        row = connection.execute(
            "SELECT state FROM trees WHERE tree = ?", (self._tree,)
        ).fetchone()
        return TreeState.from_json(str(row[0])) if row else None


def _mark(row: tuple[Any, ...]) -> SavedMark:
    thread, run, event_row, digest, bookmarked, note, title, label, marked_at = row
    return SavedMark(
        (str(thread), str(run)),
        EventIdentity(event_row or 0, str(digest)),
        bool(bookmarked),
        str(note or ""),
        str(title or ""),
        str(label or ""),
        marked_at or 0.0,
    )


def _storable(text: str) -> str:
    """Return a text that is valid Unicode: SQLite accepts no other."""
    return text.encode("utf-8", "backslashreplace").decode()
