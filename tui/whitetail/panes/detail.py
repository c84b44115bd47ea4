"""The pane that shows one event in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType

from whitetail.keys import DETAIL, bindings
from whitetail.panes.base import NOTHING_FOLDED, NOTHING_TO_FOLD, PaneMessage
from whitetail.panes.folded_text import FoldedText


class DetailPane(FoldedText):
    """An event in full, with the keys that move its cursor and fold its blocks."""

    BORDER_TITLE = "4 Event"
    HELP_GROUP = DETAIL
    BINDINGS: ClassVar[list[BindingType]] = bindings("detail")

    @dataclass
    class PathOpened(PaneMessage):
        """The user opened a line whose value is a path."""

        path: str

    def line_background(self, line: int) -> str:
        """Return the palette's name of a line's background. Empty for the pane's."""
        return "cursor-blurred" if line == self.cursor and self.has_focus else ""

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked line. A heading folds or unfolds its block."""
        offset = event.get_content_offset(self)
        if offset is not None:
            line = offset.y + self.scroll_offset.y
            if line < len(self._lines):
                self.cursor = line
                self.action_toggle_fold()

    def action_move(self, by: int) -> None:
        """Move the cursor by some lines."""
        self.cursor += by

    def action_page(self, by: float) -> None:
        """Scroll by some pages. The cursor does not move on the screen."""
        step = round(by * max(1, self.scrollable_content_region.height - 1))
        cursor = self.cursor + step
        self._scroll_top(max(0, min(self.scroll_offset.y + step, self.max_scroll_y)))
        self.cursor = cursor

    def action_top(self) -> None:
        """Move the cursor to the first line."""
        self.cursor = 0

    def action_to_end(self) -> None:
        """Lay out the whole text, and move the cursor to its last line."""
        self._lay_out_more(everything=True)

    def action_toggle_fold(self) -> None:
        """Fold or unfold the block of the heading under the cursor."""
        fold = self.fold_at(self.cursor)
        if fold is not None and fold.heading_line == self.cursor:
            self.fold(fold, is_open=not fold.open)
        elif isinstance(path := self.value_under_cursor, str) and path.startswith("/"):
            self.post_message(self.PathOpened(self, path))
        else:
            self._say("Only a heading or the path of a file can be opened here.")

    def action_unfold(self) -> None:
        """Open the block under the cursor. If it is open, scroll unwrapped lines."""
        fold = self.fold_at(self.cursor)
        if fold is not None and not fold.open:
            self.fold(fold, is_open=True)
        elif not self.wrapping:
            self.scroll_right(animate=False, immediate=True)
        else:
            self._say(NOTHING_FOLDED)

    def action_fold(self) -> None:
        """Fold the block under the cursor. If it is folded, go to the outer block.

        If the pane is scrolled to the right, scroll to the left instead.
        """
        fold = self.fold_at(self.cursor)
        if self.scroll_offset.x:
            self.scroll_left(animate=False, immediate=True)
        elif fold is not None and fold.open:
            self.fold(fold, is_open=False)
        elif fold is not None and (fold.parent or fold.heading_line != self.cursor):
            self.cursor = fold.parent.heading_line if fold.parent else fold.heading_line
        elif (above := self.fold_at(self.cursor - 1)) is not None:
            # An empty line between two blocks counts as part of the first one.
            while above.parent is not None:
                above = above.parent
            self.cursor = above.heading_line
        else:
            self._say(NOTHING_TO_FOLD)

    def _say(self, text: str) -> None:
        self.notify(text, markup=False)
