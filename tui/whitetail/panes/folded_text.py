"""A pane that lays out a text with folds, as far as it is scrolled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from math import inf
from typing import Any

from textual import work
from textual.geometry import Region
from textual.reactive import reactive

from whitetail.panes.text_view import TextView
from whitetail.view.folding import Fold, FoldedLine, FoldPath, folded_lines, next_lines
from whitetail.view.matches import first_match
from whitetail.view.styled import Document

_CHUNK_LINES = 500
"""The most lines that are laid out before the pane is drawn again."""
_CHUNK_TIME_S = 0.03
"""A chunk ends after this time: the lines of huge values are slow."""
_SKIP_CHUNK_LINES = 10_000
"""The same for lines that are on the screen already: they are not drawn."""
_LOOKAHEAD_LINES = 300
"""The number of lines that are laid out below the visible ones."""
_MAX_FOLD_CHOICES = 1_000
"""The number of blocks of which the pane remembers whether they are folded."""
_ALL_LINES = 1 << 62


class FoldedText(TextView):
    """A long text with a cursor line and blocks that fold.

    Lines are laid out in a thread, in chunks, and only as far as the user has scrolled:
    a text of 100 MB shows its first page as fast as a short one. A block that the
    user folded or unfolded stays so in all later texts that have a block of that name.
    """

    wrapping: reactive[bool] = reactive(True)
    """Whether long lines are wrapped. If not, the pane scrolls horizontally."""
    cursor: reactive[int] = reactive(0, repaint=False)
    """The line of the cursor, from 0."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._document: Document | None = None
        self._folds: list[Fold | None] = []
        """The block of each line."""
        self._values: list[Any] = []
        """The value that each line shows; None if it shows none."""
        self._fold_choices: dict[FoldPath, bool] = {}
        """Whether a block is open, for those that the user opened or folded."""
        self._more_lines: Iterator[FoldedLine] = iter(())
        self._lines_to_skip = 0
        """The number of lines of the source that are on the screen already."""
        self._kept_lines: int | None = None
        """The number of lines that stay; the later ones are of the old layout."""
        self._heading_to_find: FoldPath | None = None
        """The block whose heading gets the cursor once it is laid out."""
        self._opened_for_match: dict[FoldPath, bool] = {}
        """The blocks of this text that are open because they have a match."""
        self._match_wanted = False
        """Whether the first match gets the cursor once the pane has a size."""
        self._line_to_show: int | None = None
        """The line that gets the cursor once it is laid out."""
        self._layout = 0
        """A number for each layout, so that lines of an old one are discarded."""
        self._complete = True
        self._laying_out = False
        self._wanted_lines = 0
        """The number of lines that are to be laid out."""
        self._layout_width = 0

    def show(self, document: Document | None) -> None:
        """Show a text from its beginning. None clears the pane."""
        self._document = document
        self._opened_for_match, self._line_to_show = {}, None
        self._match_wanted = False
        self._lay_out()
        self.scroll_to(0, 0, animate=False, immediate=True, force=True)
        self.cursor = 0

    @property
    def wrap_width(self) -> int | None:
        """The width to which lines are wrapped; None if they are not."""
        return self._layout_width if self.wrapping else None

    def fold(self, fold: Fold, *, is_open: bool) -> None:
        """Fold or unfold a block. Its heading does not move on the screen."""
        self._opened_for_match.pop(fold.path, None)
        self._fold_choices.pop(fold.path, None)
        self._fold_choices[fold.path] = is_open
        if len(self._fold_choices) > _MAX_FOLD_CHOICES:
            del self._fold_choices[next(iter(self._fold_choices))]
        self._heading_to_find = fold.path
        self.cursor = fold.heading_line
        self._lay_out(fold.heading_line)

    def show_match(self) -> None:
        """Go to the first match of `sought`; a block that hides it is unfolded.

        Before the pane has a size, it only remembers that.
        """
        self._match_wanted = True
        self._find_match()

    def fold_at(self, line: int) -> Fold | None:
        """Return the innermost block of a line. None if there is none."""
        return self._folds[line] if 0 <= line < len(self._folds) else None

    @property
    def value_under_cursor(self) -> Any:
        """The value of the line or the block under the cursor; None if it has none."""
        if not 0 <= self.cursor < len(self._lines):
            return None
        fold, value = self._folds[self.cursor], self._values[self.cursor]
        while value is None and fold is not None:
            value, fold = fold.value, fold.parent
        return value

    def validate_cursor(self, cursor: int) -> int:
        """Return the nearest line that exists."""
        return max(0, min(cursor, len(self._lines) - 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Make the cursor visible."""
        for line in (before, cursor):
            y = line - self.scroll_offset.y
            if 0 <= y < self.size.height:
                self.refresh(Region(0, y, self.size.width, 1))
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if cursor < top:
            self._scroll_top(cursor)
        elif height and cursor >= top + height:
            self._scroll_top(cursor - height + 1)

    def watch_wrapping(self) -> None:
        """Lay out the text again."""
        self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Lay out the lines that will be visible next, and keep the cursor visible."""
        super().watch_scroll_y(old_value, new_value)
        self._lay_out_more()
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        self.cursor = max(top, min(self.cursor, top + max(height, 1) - 1))

    def on_resize(self) -> None:
        """Lay out the text again if the width changed."""
        if self._layout_width != self.text_width:
            self._lay_out()
        else:
            self._lay_out_more()

    def _scroll_top(self, top: int) -> None:
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _lay_out(self, kept: int | None = None) -> None:
        """Start a new layout.

        `kept` is the number of lines that stay as they are. The old lines after them
        stay on the screen until the new ones can replace them. None clears the pane.
        Before the pane has a size it only clears: the resize event starts the layout.
        """
        self._layout += 1
        self._layout_width = self.text_width if self.size else 0
        if kept is None:
            self._heading_to_find = None
        elif self._kept_lines is not None:
            # The last layout has not replaced its old lines yet.
            kept = min(kept, self._kept_lines)
        self._lines_to_skip = kept or 0
        self._kept_lines = kept
        self._complete = self._document is None
        self._wanted_lines = 0
        if kept is None:
            self._lines, self._folds, self._values = [], [], []
        if self._document is not None and self._layout_width:
            document = self._document(self._layout_width)
            choices = self._open_blocks()
            self._more_lines = folded_lines(document, choices, self.wrap_width)
            if self._match_wanted:
                self._find_match()
        if self._complete:
            self._update_size()
        else:
            self._lay_out_more()

    def _lay_out_more(self, *, everything: bool = False) -> None:
        """Lay out the visible lines and some more, if they are missing."""
        top = max(self.scroll_offset.y, self._line_to_show or 0)
        needed = top + self.size.height + _LOOKAHEAD_LINES
        self._wanted_lines = (
            _ALL_LINES if everything else max(self._wanted_lines, needed)
        )
        if everything and self._complete:
            self.cursor = len(self._lines) - 1
        if self._layout_width and not self._laying_out and not self._complete:
            self._laying_out = True
            self._lay_out_chunks()

    @work(group="lay out")
    async def _lay_out_chunks(self) -> None:
        try:
            while not self._complete and (
                self._kept_lines is not None or len(self._lines) < self._wanted_lines
            ):
                layout, source = self._layout, self._more_lines
                skip = min(self._lines_to_skip, _SKIP_CHUNK_LINES)
                # The chunk that replaces visible lines must not end early: the pane
                # would be drawn with its lower part empty.
                max_s = _CHUNK_TIME_S if skip or self._kept_lines is None else inf
                max_lines = skip or _CHUNK_LINES
                chunk, ended = await asyncio.to_thread(
                    next_lines, source, max_lines, max_s
                )
                if layout != self._layout:
                    continue
                if skip and not ended:
                    self._lines_to_skip -= len(chunk)
                else:
                    self._add([] if skip else chunk, ended)
            if self._wanted_lines == _ALL_LINES:
                self.cursor = len(self._lines) - 1
        finally:
            self._laying_out = False

    def _add(self, chunk: list[FoldedLine], ended: bool) -> None:
        if self._kept_lines is not None:
            for lines in (self._lines, self._folds, self._values):
                del lines[self._kept_lines :]
            self._kept_lines = None
        self._lines += (each.line for each in chunk)
        self._folds += (each.fold for each in chunk)
        self._values += (each.value for each in chunk)
        self._complete = ended
        self._update_size()
        for fold in (each.fold for each in chunk if self._heading_to_find is not None):
            if fold is not None and fold.path == self._heading_to_find:
                self.cursor, self._heading_to_find = fold.heading_line, None
        self._show_wanted_line()

    @work(exclusive=True, group="match")
    async def _find_match(self) -> None:
        document, sought, layout = self._document, self.sought, self._layout
        if document is None or sought is None or not self._layout_width:
            return
        found = await asyncio.to_thread(
            first_match,
            document,
            self._layout_width,
            self.wrap_width,
            self._open_blocks(),
            sought,
            lambda: self._layout != layout,
        )
        if self._layout != layout:
            return
        self._match_wanted = False
        if found is not None:
            self._line_to_show, folded = found
            if folded:
                self._opened_for_match = dict.fromkeys(folded, True)
                self._lay_out()
            self._show_wanted_line()
            self._lay_out_more()

    def _show_wanted_line(self) -> None:
        """Scroll to the line that is to be shown, once it is laid out."""
        line = self._line_to_show
        if line is not None and (line < len(self._lines) or self._complete):
            self._line_to_show = None
            height = self.scrollable_content_region.height
            if line not in range(self.scroll_offset.y, self.scroll_offset.y + height):
                self._scroll_top(max(0, min(line - height // 3, self.max_scroll_y)))
            self.cursor = line

    def _open_blocks(self) -> dict[FoldPath, bool]:
        return self._fold_choices | self._opened_for_match

    def _update_size(self) -> None:
        """Adapt the scrollbars, the cursor and the number of lines in the border."""
        self.measure(wide=not self.wrapping)
        if self.scroll_offset.y > self.max_scroll_y:
            self._scroll_top(self.max_scroll_y)
        self.cursor = min(self.cursor, max(0, len(self._lines) - 1))
        more = "" if self._complete else " so far"
        count = len(self._lines)
        self.border_subtitle = f"{count:,} lines{more}" if count else ""
