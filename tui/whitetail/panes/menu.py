"""The pane of a menu: things to choose from, each with a key of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len

from whitetail.keys import DIALOGS
from whitetail.panes.line_list import Cell, LineList
from whitetail.view.text import fit, one_line

T = TypeVar("T")

_KEY_CELLS = 3
_GAP_CELLS = 2
_MAX_LABEL_CHARS = _MAX_NOTE_CHARS = 120


@dataclass(frozen=True, slots=True)
class MenuItem(Generic[T]):
    """One thing to choose. Its texts can be texts of a log."""

    key: str
    """The character that chooses it; empty for none, it is then chosen with enter."""
    label: str
    value: T
    """What the menu returns if the item is chosen."""
    enabled: bool = True
    """Whether it can be chosen now. If not, it is shown, but does nothing."""
    note: str = ""
    """More about it, at the right: its present value, or why it cannot be chosen."""


class MenuPane(LineList, Generic[T]):
    """The items of a menu, one per line."""

    HELP_GROUP = DIALOGS

    def __init__(self, id: str, items: Sequence[MenuItem[T]], start: int = 0) -> None:  # noqa: A002
        """Show items, with the cursor on the one with the number `start`."""
        super().__init__(id)
        self.items = items
        """The items, from the first line on."""
        self._labels = [_label(item.label) for item in items]
        self._notes = [one_line(item.note, _MAX_NOTE_CHARS) for item in items]
        self._label_cells = max(map(cell_len, self._labels), default=0)
        self.set_reactive(LineList.cursor, self.validate_cursor(start))

    @property
    def count(self) -> int:
        """The number of items."""
        return len(self.items)

    @property
    def wanted_cells(self) -> int:
        """The width in which nothing is cropped."""
        note_cells = max(map(cell_len, self._notes), default=0)
        gap = _GAP_CELLS if note_cells else 0
        return _KEY_CELLS + self._label_cells + gap + note_cells + 1

    @property
    def under_cursor(self) -> MenuItem[T] | None:
        """The item under the cursor; None if there are no items."""
        return self.items[self.cursor] if self.items else None

    def item_of(self, key: str | None) -> MenuItem[T] | None:
        """Return the item that a character chooses; None if there is none."""
        return next((each for each in self.items if key and each.key == key), None)

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return an item's key, its label and its note."""
        item, note = self.items[line], self._notes[line]
        room = width - _KEY_CELLS
        label_cells = room
        if note:
            # A long label leaves at least a third of the line to the note.
            shared = room - _GAP_CELLS - 1
            note_cells = max(room // 3, shared - self._label_cells)
            note_cells = min(cell_len(note), note_cells)
            label_cells = shared - note_cells
        tone = "plain" if item.enabled else "muted"
        cells = [
            (fit(f" {item.key}", _KEY_CELLS), "accent" if item.enabled else "muted"),
            (fit(self._labels[line], label_cells), tone),
        ]
        if note:
            cells += [(" " * _GAP_CELLS, tone), (fit(note, note_cells), "muted")]
        return cells


def _label(text: str) -> str:
    """Return a label as a single line. Spaces that align columns in it are kept."""
    if len(text) <= _MAX_LABEL_CHARS and text.isprintable():
        return text
    return one_line(text, _MAX_LABEL_CHARS)
