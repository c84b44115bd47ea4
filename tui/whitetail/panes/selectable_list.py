"""A list of things that move, come and go: what threads and runs share."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual.binding import BindingType

from whitetail.keys import bindings
from whitetail.panes.line_list import LineList

Key = TypeVar("Key", bound=Hashable)


class SelectableList(LineList, Generic[Key]):
    """Lines that each stand for one thing, which may move, come and go.

    The cursor, the selection and the place in sight stay with the things.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("keyed")

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self.selected: set[Key] = set()
        """The keys of the things that are selected."""
        self._keys: list[Key] = []
        self._anchor: Key | None = None
        self._before: set[Key] = set()

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._keys)

    @property
    def key(self) -> Key | None:
        """What the cursor is on."""
        return self._keys[self.cursor] if self._keys else None

    @property
    def keys_in_sight(self) -> list[Key]:
        """What can be seen."""
        return [self._keys[line] for line in self.in_sight]

    @property
    def chosen_lines(self) -> list[int]:
        """The lines that are selected, else the one under the cursor, if any."""
        lines = [line for line, key in enumerate(self._keys) if key in self.selected]
        return lines or ([self.cursor] if self._keys else [])

    def is_selected(self, line: int) -> bool:
        """Return whether a line is among those selected."""
        return self._keys[line] in self.selected

    def rearrange(self, keys: Sequence[Key]) -> None:
        """Show other things, or the same in another order."""
        before, self._keys = self._keys, list(keys)
        self.selected.intersection_update(keys)
        line_of = {key: line for line, key in enumerate(keys)}
        if self._anchor not in line_of:
            self._anchor = None
        top = self.scroll_offset.y
        anchored = _nearest(before, top, line_of) if top else 0
        cursor = _nearest(before, self.cursor, line_of)
        was = before[self.cursor] if self.cursor < len(before) else None
        seen = self.cursor in self.in_sight or not before
        self.resize_to(len(keys))
        if anchored != top:
            self._scroll_top(anchored)
        # Not as when a person moves: a cursor that was out of sight stays there.
        self.set_reactive(LineList.cursor, cursor)
        if seen:
            self.show_line(cursor)
        if keys and was != self.key:
            self.post_message(self.Highlighted(self))
        self.refresh()
        self.post_message(self.VisibleRowsChanged(self))

    def clear_selection(self) -> bool:
        """Select nothing; False if nothing was selected."""
        had = bool(self.selected) or self._anchor is not None
        self.selected.clear()
        self._anchor = None
        self.refresh()
        return had

    def move_to(self, line: int) -> None:
        """Put the cursor on a line, and select up to it while a range is drawn."""
        super().move_to(line)
        if self._anchor is not None:
            first, last = sorted((self._keys.index(self._anchor), self.cursor))
            self.selected = self._before | set(self._keys[first : last + 1])
            self.refresh()

    def action_select(self) -> None:
        """Select what is under the cursor, or no longer, and go on to the next."""
        if self.key is not None:
            self._anchor = None
            self.selected ^= {self.key}
            self.refresh_line(self.cursor)
            self.action_move(1)

    def action_select_range(self) -> None:
        """Begin to select a range, or end it."""
        if self._anchor is not None:
            self._anchor = None
        elif self.count:
            self._anchor, self._before = self.key, set(self.selected)
            self.move_to(self.cursor)


def _nearest(before: Sequence[Key], line: int, line_of: dict[Key, int]) -> int:
    """Return where the thing on a line is now, or the first that is left behind it."""
    for key in before[line:]:
        if key in line_of:
            return line_of[key]
    for key in reversed(before[:line]):
        if key in line_of:
            return line_of[key]
    return 0
