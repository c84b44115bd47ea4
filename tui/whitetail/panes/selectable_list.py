"""The base class of lists whose lines have keys: the panes of threads and runs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual.binding import BindingType

from whitetail.keys import LISTS, bindings
from whitetail.panes.base import title_with_columns
from whitetail.panes.line_list import LineList

Key = TypeVar("Key", bound=Hashable)


class SelectableList(LineList, Generic[Key]):
    """Lines that each have a key, and can be selected.

    Lines can move, appear and disappear. The cursor, the selection and the scroll
    position follow the keys. A line that disappears is no longer selected, so that no
    key acts on a line that the user does not see.
    """

    HELP_GROUP = LISTS
    BINDINGS: ClassVar[list[BindingType]] = bindings("selectable")

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self.selected: set[Key] = set()
        """The keys of the selected lines."""
        self._keys: list[Key] = []
        self._range_start: Key | None = None
        self._selected_before_range: set[Key] = set()

    @property
    def count(self) -> int:
        """The number of lines."""
        return len(self._keys)

    @property
    def key(self) -> Key | None:
        """The key under the cursor. None if the list is empty."""
        return self._keys[self.cursor] if self._keys else None

    @property
    def visible_keys(self) -> list[Key]:
        """The keys of the visible lines."""
        return [self._keys[line] for line in self.visible_lines]

    @property
    def chosen_lines(self) -> list[int]:
        """The selected lines. Without a selection, the line of the cursor, if any."""
        lines = [line for line, key in enumerate(self._keys) if key in self.selected]
        return lines or ([self.cursor] if self._keys else [])

    def is_selected(self, line: int) -> bool:
        """Return whether a line is selected."""
        return self._keys[line] in self.selected

    def go_to(self, key: Key) -> None:
        """Move the cursor to the line of a key, if there is one."""
        if key in self._keys:
            self.move_to(self._keys.index(key))

    def rearrange(self, keys: Sequence[Key]) -> None:
        """Replace the keys of all lines, from the first line on."""
        before, self._keys = self._keys, list(keys)
        self.selected.intersection_update(keys)
        self.label_count()
        line_of = {key: line for line, key in enumerate(keys)}
        if self._range_start not in line_of:
            self._range_start = None
        top = self.scroll_offset.y
        new_top = _new_line(before, top, line_of) if top else 0
        cursor = _new_line(before, self.cursor, line_of)
        old_key = before[self.cursor] if self.cursor < len(before) else None
        cursor_visible = self.cursor in self.visible_lines or not before
        if top and cursor_visible and old_key in line_of:
            # The line under the cursor moves least if it stays where it is.
            new_top = max(0, cursor - (self.cursor - top))
        self.resize_to(len(keys))
        if new_top != top:
            self._scroll_top(new_top)
        # An assignment would scroll to the cursor, even if it was out of sight.
        self.set_reactive(LineList.cursor, cursor)
        if cursor_visible:
            self.show_line(cursor)
        if keys and old_key != self.key:
            self.post_message(self.Highlighted(self))
        self.refresh()
        self.post_message(self.VisibleLinesChanged(self))

    def header(self, width: int) -> str:
        """Return the names of the columns that end a line of this width."""
        return ""

    @property
    def wanted_cells(self) -> int:
        """The width of the longest line if nothing of it is cut."""
        return 0

    @property
    def line_cells(self) -> int:
        """The width of a line, the same with and without a scrollbar."""
        return max(0, self.size.width - 2)

    @property
    def title_text(self) -> str:
        """The name of the pane, for the border."""
        return str(self.BORDER_TITLE or "")

    def label_columns(self) -> None:
        """Name the columns in the border, in which a line leads to the names."""
        title = self.title_text
        room = self.line_cells - 2 - cell_len(title)
        names = self.header(self.line_cells).lstrip()
        while names and cell_len(names) + 2 >= room:
            # The names at the end stay above their columns.
            names = names.partition(" ")[2].lstrip()
        self.border_title = title_with_columns(
            title, names, room - cell_len(names), focused=self.has_focus
        )

    def on_resize(self) -> None:
        """Keep the cursor visible, and name the columns that fit now."""
        super().on_resize()
        self.label_columns()

    def label_count(self) -> None:
        """Show in the border how many lines there are, and how many are selected."""
        selected = f"{len(self.selected):,} selected of " if self.selected else ""
        self.border_subtitle = f"{selected}{self.count:,}"

    def clear_selection(self) -> bool:
        """Deselect everything. Return whether there was a selection."""
        had_selection = bool(self.selected) or self._range_start is not None
        self.selected.clear()
        self._range_start = None
        self.label_count()
        self.refresh()
        return had_selection

    def move_to(self, line: int) -> None:
        """Move the cursor to a line. Within a range, select all lines up to it."""
        super().move_to(line)
        if self._range_start is not None:
            start = self._keys.index(self._range_start)
            first, last = sorted((start, self.cursor))
            in_range = set(self._keys[first : last + 1])
            self.selected = self._selected_before_range | in_range
            self.label_count()
            self.refresh()

    def action_select(self) -> None:
        """Select or deselect the line of the cursor, and move to the next line."""
        if self.key is not None:
            self._range_start = None
            self.selected ^= {self.key}
            self.label_count()
            self.refresh_line(self.cursor)
            self.action_move(1)

    def action_select_all(self) -> None:
        """Select all lines."""
        self._select(set(self._keys))

    def action_invert(self) -> None:
        """Select the lines that are not selected, and no others."""
        self._select(set(self._keys) - self.selected)

    def action_leave(self) -> None:
        """Go back to the pane before."""
        self.post_message(self.Left(self))

    def action_select_range(self) -> None:
        """Start to select a range at the cursor, or end the range."""
        if self._range_start is not None:
            self._range_start = None
        elif self.count:
            self._range_start = self.key
            self._selected_before_range = set(self.selected)
            self.move_to(self.cursor)

    def _select(self, keys: set[Key]) -> None:
        self._range_start = None
        self.selected = keys
        self.label_count()
        self.refresh()


def _new_line(before: Sequence[Key], line: int, line_of: dict[Key, int]) -> int:
    """Return the new line of the key that was on a line of the old list.

    If that key is gone: the line of the next key that is left, else of the previous
    one, else 0.
    """
    for key in before[line:]:
        if key in line_of:
            return line_of[key]
    for key in reversed(before[:line]):
        if key in line_of:
            return line_of[key]
    return 0
