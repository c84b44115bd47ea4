"""The pane that shows the messages of a thread."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from textual import work
from textual.worker import Worker

from whitetail.keys import CONVERSATION
from whitetail.panes.base import PaneMessage
from whitetail.panes.text_view import TextView
from whitetail.run.protocols import ShownMessage
from whitetail.view.brief import plural
from whitetail.view.conversation import message_lines
from whitetail.view.matches import match_begins
from whitetail.view.styled import StyledLine, wrapped_lines


class ConversationPane(TextView):
    """Messages, the newest at the foot.

    The view keeps its distance to the end, so that nothing moves when older messages
    are added above or newer ones below; at the end it stays at the end.
    """

    HELP_GROUP = CONVERSATION

    class OlderWanted(PaneMessage):
        """The user has scrolled near the oldest message."""

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self.border_subtitle = "reading…"
        self._messages: Sequence[ShownMessage] = ()
        self._complete = False
        self._laid_out: dict[tuple[object, int], list[StyledLine]] = {}
        """The lines of messages, by their keys and the width of the pane."""
        self._below = 0
        """How many lines are below the view; 0 if it stays at the end."""
        self._cursor_below = 0
        """How many lines are below the cursor, which keeps its distance to the end."""
        self._shown: Sequence[ShownMessage] = ()
        """The messages that the lines are of: those that were laid out last."""
        self._starts: list[int] = []
        """The first line of each of them."""
        self._newest: object = None
        """The key of the last message that is laid out."""
        self._laying_out = asyncio.Lock()

    def show(self, messages: Sequence[ShownMessage], *, complete: bool) -> Worker[None]:
        """Show messages; `complete` if there are no older ones.

        Return the worker that lays them out.
        """
        self._messages, self._complete = messages, complete
        if complete and not messages:
            self.border_subtitle = "no messages"
        return self._lay_out()

    def on_resize(self) -> None:
        """Lay all messages out for the new width."""
        self._laid_out.clear()
        self._lay_out()

    @property
    def cursor(self) -> int:
        """The line of the cursor, from 0."""
        return max(0, len(self._lines) - 1 - self._cursor_below)

    @property
    def message(self) -> ShownMessage | None:
        """The message under the cursor; None if there is none."""
        if not self._starts:
            return None
        return self._shown[bisect_right(self._starts, self.cursor) - 1]

    def find(self, step: int) -> bool:
        """Go to the nearest older match of `sought`; with step 1 to a newer one.

        With step 0 the line of the cursor may have it. Return whether there is one.
        """
        lines, width, query = self._lines, self.wrap_width, self.sought
        first = self.cursor + step
        order = range(first, len(lines)) if step > 0 else range(first, -1, -1)
        # Without lines the cursor is at 0, where there is none.
        for line in order if query is not None and lines else ():
            if query is not None and match_begins(lines, line, width, query):
                self.move_to(line)
                return True
        return False

    def move_to(self, line: int) -> None:
        """Put the cursor on a line, and make it visible."""
        line = max(0, min(line, len(self._lines) - 1))
        self._cursor_below = max(0, len(self._lines) - 1 - line)
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if line < top:
            self.scroll_to(y=line, animate=False, force=True)
        elif line >= top + height:
            self.scroll_to(y=line - height + 1, animate=False, force=True)
        self.refresh()

    def line_background(self, line: int) -> str:
        """Return the palette's name of a line's background. Empty for the pane's."""
        return "cursor-blurred" if line == self.cursor and self.has_focus else ""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note the distance to the end; ask for older messages near the top."""
        super().watch_scroll_y(old_value, new_value)
        if old_value > self.max_scroll_y:
            # The view was moved because there is more room, not by the user.
            return
        self._below = self.max_scroll_y - round(new_value)
        self._keep_cursor_visible()
        if new_value < self.size.height and new_value < old_value:
            self._want_older()

    def action_scroll_by(self, lines: int) -> None:
        """Move the cursor by some lines."""
        self.move_to(self.cursor + lines)

    def action_page(self, by: float) -> None:
        """Scroll by some pages. The cursor does not move on the screen."""
        step = round(by * max(1, self.scrollable_content_region.height - 1))
        cursor = self.cursor + step
        self.scroll_relative(y=step, animate=False)
        self.move_to(cursor)

    def action_top(self) -> None:
        """Move the cursor to the first line."""
        self.move_to(0)

    def action_to_end(self) -> None:
        """Move the cursor to the last line."""
        self.move_to(len(self._lines) - 1)

    def _keep_cursor_visible(self) -> None:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        line = max(top, min(self.cursor, top + max(height, 1) - 1))
        self._cursor_below = max(0, len(self._lines) - 1 - line)

    @work(group="lay out")
    async def _lay_out(self) -> None:
        """Lay all messages out in a thread, again if the width changes meanwhile.

        Before the pane has a size there is no width to lay them out for: the resize
        event that gives it one leads here again.
        """
        async with self._laying_out:
            while self.size and (self._messages or self._shown):
                messages, width = self._messages, self.text_width
                keys = [message.key for message in messages]
                known = keys.index(self._newest) + 1 if self._newest in keys else 0
                texts = await asyncio.to_thread(self._lines_of, messages, width)
                if width == self.text_width and messages is self._messages:
                    self._newest = keys[-1] if keys else None
                    self._shown = messages
                    self._set_lines(texts, sum(map(len, texts[known:])))
                    return

    def _lines_of(
        self, messages: Sequence[ShownMessage], width: int
    ) -> list[list[StyledLine]]:
        """Return the lines of each message, which are laid out once for a width."""
        texts = []
        for message in messages:
            at = message.key, width
            lines = self._laid_out.get(at)
            if lines is None:
                lines = list(wrapped_lines(message_lines(message.event, width), width))
                self._laid_out[at] = lines
            texts.append(lines)
        return texts

    def _set_lines(self, texts: list[list[StyledLine]], new_below: int) -> None:
        """Show lines, the last `new_below` of which are newer than all shown before."""
        below = self._below + new_below if self._below else 0
        if self._below or self._cursor_below:
            self._cursor_below += new_below
        self._lines = [line for lines in texts for line in lines]
        self._starts = list(accumulate(map(len, texts), initial=0))[:-1]
        self.measure()
        more = "" if self._complete else ", more above"
        if self._shown:
            self.border_subtitle = f"{plural(len(self._shown), 'message')}{more}"
        self._below = below
        self.scroll_to(y=self.max_scroll_y - below, animate=False, force=True)
        self._keep_cursor_visible()
        if not self.max_scroll_y:
            # There is nothing to scroll, so scrolling cannot ask for older ones.
            self._want_older()

    def _want_older(self) -> None:
        if not self._complete:
            self.post_message(self.OlderWanted(self))
