"""A short note for each row of a run; most rows have the same or none."""

from __future__ import annotations

from array import array


class NoteList:
    """A note for each row, in four bytes per row."""

    def __init__(self) -> None:
        self._index = array("I")
        """The index of each row's note in `_notes`."""
        self._notes = [""]
        self._index_of = {"": 0}

    def __getitem__(self, row: int) -> str:
        return self._notes[self._index[row]]

    def append(self, note: str) -> None:
        """Add the note of the next row."""
        index = self._index_of.setdefault(note, len(self._notes))
        if index == len(self._notes):
            self._notes.append(note)
        self._index.append(index)

    def clear(self, row: int) -> None:
        """Set the note of a row to an empty one."""
        self._index[row] = 0
