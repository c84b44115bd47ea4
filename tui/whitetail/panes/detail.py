"""The pane that shows one event in full."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import monotonic
from typing import ClassVar

from textual import events, work
from textual.binding import BindingType
from textual.geometry import Region
from textual.reactive import reactive

from whitetail.keys import bindings
from whitetail.panes.text_view import TextView
from whitetail.view.folding import Fold, FoldedLine, FoldPath, folded_lines
from whitetail.view.styled import Document

_PIECE = 500
_AHEAD = 300
_SKIPPED = 10_000
_CHOICES = 1_000
_EVERYTHING = 1 << 62
_PATIENCE, _NO_END = 0.03, float("inf")


class DetailPane(TextView):
    """A long text under a cursor, read as far as somebody has scrolled.

    Its blocks fold. Lines are made in a thread, a few hundred at a time, so a text
    of a hundred megabytes shows its first page as fast as any other. What somebody
    has opened or folded stays so in the next text that has a block of that name.
    """

    BORDER_TITLE = "4 Event"
    BINDINGS: ClassVar[list[BindingType]] = bindings("detail")

    wrapping: reactive[bool] = reactive(True)
    """Whether long lines go on below, rather than beyond the edge."""
    cursor: reactive[int] = reactive(0, repaint=False)
    """The line under the cursor."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._document: Document | None = None
        self._folds: list[Fold | None] = []
        self._choices: dict[FoldPath, bool] = {}
        self._source: Iterator[FoldedLine] = iter(())
        self._skip = 0
        self._kept: int | None = None
        self._sought: FoldPath | None = None
        self._turn = 0
        self._ended = True
        self._pulling = False
        self._wanted = 0
        self._width = 0

    def show(self, document: Document | None) -> None:
        """Show another text, from its beginning; None shows nothing."""
        self._document = document
        self._begin()
        self.scroll_to(0, 0, animate=False, immediate=True, force=True)
        self.cursor = 0

    def fold(self, fold: Fold, *, is_open: bool) -> None:
        """Open a block or fold it away, its heading staying where it is."""
        self._choices.pop(fold.path, None)
        self._choices[fold.path] = is_open
        if len(self._choices) > _CHOICES:
            del self._choices[next(iter(self._choices))]
        self._sought = fold.path
        self.cursor = fold.heading_line
        self._begin(fold.heading_line)

    def fold_at(self, line: int) -> Fold | None:
        """Return the block that a line belongs to."""
        return self._folds[line] if 0 <= line < len(self._folds) else None

    def paper(self, line: int) -> str:
        """Return what a line lies on."""
        return "cursor-blurred" if line == self.cursor and self.has_focus else ""

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a line."""
        return max(0, min(cursor, len(self._lines) - 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Bring the cursor into sight."""
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
        """Lay the text out anew."""
        self._begin()

    def on_resize(self) -> None:
        """Lay the text out anew, if its lines have to be of another length."""
        if self._width != self.text_width:
            self._begin()
        else:
            self._pull()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a heading opens or folds."""
        offset = event.get_content_offset(self)
        if offset is not None:
            line = offset.y + self.scroll_offset.y
            if line < len(self._lines):
                self.cursor = line
                self.action_toggle_fold()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Make what is about to come into sight, and keep the cursor in sight."""
        super().watch_scroll_y(old_value, new_value)
        self._pull()
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        self.cursor = max(top, min(self.cursor, top + max(height, 1) - 1))

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self.cursor += by

    def action_page(self, by: float) -> None:
        """Scroll by pages, the cursor staying where it is on the screen."""
        step = round(by * max(1, self.scrollable_content_region.height - 1))
        cursor = self.cursor + step
        self._scroll_top(max(0, min(self.scroll_offset.y + step, self.max_scroll_y)))
        self.cursor = cursor

    def action_top(self) -> None:
        """Move the cursor to the first line."""
        self.cursor = 0

    def action_to_end(self) -> None:
        """Make the whole text, and move the cursor to its end."""
        self._pull(everything=True)

    def action_toggle_fold(self) -> None:
        """Fold the block of the heading under the cursor, or open it."""
        fold = self.fold_at(self.cursor)
        if fold is not None and fold.heading_line == self.cursor:
            self.fold(fold, is_open=not fold.open)

    def action_unfold(self) -> None:
        """Open the block under the cursor; to the right, where not wrapped."""
        fold = self.fold_at(self.cursor)
        if fold is not None and not fold.open:
            self.fold(fold, is_open=True)
        elif not self.wrapping:
            self.scroll_right(animate=False)

    def action_fold(self) -> None:
        """Fold the block under the cursor, or go to the one around it.

        Where lines go beyond the edge, the way back to their beginning comes first.
        """
        fold = self.fold_at(self.cursor)
        if self.scroll_offset.x:
            self.scroll_left(animate=False)
        elif fold is not None and fold.open:
            self.fold(fold, is_open=False)
        elif fold is not None:
            self.cursor = fold.parent.heading_line if fold.parent else fold.heading_line
        elif (above := self.fold_at(self.cursor - 1)) is not None:
            # Between two blocks: the first of them is meant.
            while above.parent is not None:
                above = above.parent
            self.cursor = above.heading_line

    def _scroll_top(self, top: int) -> None:
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _begin(self, kept: int | None = None) -> None:
        """Lay the text out anew; of the lines there are, keep some while it is made."""
        self._turn += 1
        self._width = self.text_width
        if kept is None:
            self._sought = None
        elif self._kept is not None:
            # Another block was folded just now: what is below it is old.
            kept = min(kept, self._kept)
        self._skip = kept or 0
        self._kept = kept
        self._ended = self._document is None
        self._wanted = 0
        if kept is None:
            self._lines, self._folds = [], []
        if self._document is not None:
            width = self._width if self.wrapping else None
            self._source = folded_lines(
                self._document(self._width), dict(self._choices), width
            )
        if self._ended:
            self._tell()
        else:
            self._pull()

    def _pull(self, *, everything: bool = False) -> None:
        """See to it that there are lines beyond those in sight."""
        need = self.scroll_offset.y + self.size.height + _AHEAD
        self._wanted = _EVERYTHING if everything else max(self._wanted, need)
        if everything and self._ended:
            self.cursor = len(self._lines) - 1
        if self.is_mounted and not self._pulling and not self._ended:
            self._pulling = True
            self._pull_all()

    @work(group="pull")
    async def _pull_all(self) -> None:
        try:
            while not self._ended and (
                self._kept is not None or len(self._lines) < self._wanted
            ):
                turn, source = self._turn, self._source
                skip = min(self._skip, _SKIPPED)
                # What replaces lines in sight has to come in one piece.
                patience = _PATIENCE if skip or self._kept is None else _NO_END
                most = skip or _PIECE
                made, ended = await asyncio.to_thread(_take, source, most, patience)
                if turn != self._turn:
                    continue
                if skip and not ended:
                    self._skip -= len(made)
                else:
                    self._take_in([] if skip else made, ended)
            if self._wanted == _EVERYTHING:
                self.cursor = len(self._lines) - 1
        finally:
            self._pulling = False

    def _take_in(self, made: list[FoldedLine], ended: bool) -> None:
        if self._kept is not None:
            del self._lines[self._kept :], self._folds[self._kept :]
            self._kept = None
        self._lines += (line for line, _ in made)
        self._folds += (fold for _, fold in made)
        self._ended = ended
        self._tell()
        for fold in (fold for _, fold in made if self._sought is not None):
            if fold is not None and fold.path == self._sought:
                self.cursor, self._sought = fold.heading_line, None

    def _tell(self) -> None:
        """Tell the scrollbars, and say how much there is."""
        self.measure(wide=not self.wrapping)
        if self.scroll_offset.y > self.max_scroll_y:
            self._scroll_top(self.max_scroll_y)
        self.cursor = min(self.cursor, max(0, len(self._lines) - 1))
        more = "" if self._ended else " so far"
        count = len(self._lines)
        self.border_subtitle = f"{count:,} lines{more}" if count else ""


def _take(
    source: Iterator[FoldedLine], most: int, patience: float
) -> tuple[list[FoldedLine], bool]:
    """Return some rows, fewer if they take long; and whether they were the last."""
    made: list[FoldedLine] = []
    until = monotonic() + patience
    for row in source:
        made.append(row)
        if len(made) >= most or monotonic() > until:
            return made, False
    return made, True
