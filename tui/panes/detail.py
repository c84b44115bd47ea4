"""The pane that shows one event in full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from textual.reactive import reactive

from ..view.tone import Line
from ..view.wrap import wrapped
from .text import TextPane

Document = Callable[[], Iterator[Line]]
"""Gives a text from its first line, as often as it is called."""

_PIECE = 500
_AHEAD = 300


class DetailPane(TextPane):
    """A long text, read as far as somebody has scrolled.

    Lines are made in a thread, a few hundred at a time, so a text of a hundred
    megabytes shows its first page as fast as any other.
    """

    BORDER_TITLE = "4 Event"

    wrapping: reactive[bool] = reactive(True)
    """Whether long lines go on below, rather than beyond the edge."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._document: Document | None = None
        self._source: Iterator[Line] = iter(())
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

    def watch_wrapping(self) -> None:
        """Lay the text out anew."""
        self._begin()

    def on_resize(self) -> None:
        """Lay the text out anew, if its lines have to be of another length."""
        if self._width != self.text_width and self.wrapping:
            self._begin()
        else:
            self._pull()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Make what is about to come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._pull()

    def action_to_end(self) -> None:
        """Make the whole text, and show its end."""
        self._pull(everything=True)

    def _begin(self) -> None:
        self._turn += 1
        self._width = self.text_width
        self._lines = []
        self._ended = self._document is None
        self._wanted = 0
        if self._document is not None:
            lines = self._document()
            self._source = wrapped(lines, self._width if self.wrapping else None)
        if self._ended:
            self._tell()
        else:
            self._pull()

    def _pull(self, *, everything: bool = False) -> None:
        """See to it that there are lines beyond those in sight."""
        need = self.scroll_offset.y + self.size.height + _AHEAD
        self._wanted = 1 << 62 if everything else max(self._wanted, need)
        if everything and self._ended:
            super().action_to_end()
        if self.is_mounted and not self._pulling and not self._ended:
            self._pulling = True
            self.run_worker(self._pull_all(), group="pull")

    async def _pull_all(self) -> None:
        try:
            while not self._ended and len(self._lines) < self._wanted:
                turn, source = self._turn, self._source
                lines = await asyncio.to_thread(_take, source)
                if turn != self._turn:
                    continue
                self._lines += lines
                self._ended = len(lines) < _PIECE
                self._tell()
            if self._wanted == 1 << 62:
                super().action_to_end()
        finally:
            self._pulling = False

    def _tell(self) -> None:
        """Tell the scrollbars, and say how much there is."""
        self.measure(wide=not self.wrapping)
        more = "" if self._ended else " so far"
        count = len(self._lines)
        self.border_subtitle = f"{count:,} lines{more}" if count else ""


def _take(source: Iterator[Line]) -> list[Line]:
    return list(islice(source, _PIECE))
