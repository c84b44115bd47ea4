"""The pane that shows the messages of a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import work

from whitetail.keys import CONVERSATION
from whitetail.panes.base import PaneMessage
from whitetail.panes.text_view import TextView
from whitetail.run.protocols import ShownMessage
from whitetail.view.brief import plural
from whitetail.view.conversation import message_lines
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
        self._newest: object = None
        """The key of the last message that is laid out."""
        self._laying_out = asyncio.Lock()

    def show(self, messages: Sequence[ShownMessage], *, complete: bool) -> None:
        """Show messages; `complete` if there are no older ones."""
        self._messages, self._complete = messages, complete
        if complete and not messages:
            self.border_subtitle = "no messages"
        self._lay_out()

    def on_resize(self) -> None:
        """Lay all messages out for the new width."""
        self._laid_out.clear()
        self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note the distance to the end; ask for older messages near the top."""
        super().watch_scroll_y(old_value, new_value)
        if old_value > self.max_scroll_y:
            # The view was moved because there is more room, not by the user.
            return
        self._below = self.max_scroll_y - round(new_value)
        if new_value < self.size.height and new_value < old_value:
            self._want_older()

    @work(group="lay out")
    async def _lay_out(self) -> None:
        """Lay all messages out in a thread, again if the width changes meanwhile.

        Before the pane has a size there is no width to lay them out for: the resize
        event that gives it one leads here again.
        """
        async with self._laying_out:
            while self.size and self._messages:
                messages, width = self._messages, self.text_width
                keys = [message.key for message in messages]
                known = keys.index(self._newest) + 1 if self._newest in keys else 0
                lines = await asyncio.to_thread(self._lines_of, messages[:known], width)
                newer = await asyncio.to_thread(self._lines_of, messages[known:], width)
                if width == self.text_width and messages is self._messages:
                    self._newest = keys[-1]
                    self._set_lines(lines + newer, len(newer))
                    return

    def _lines_of(
        self, messages: Sequence[ShownMessage], width: int
    ) -> list[StyledLine]:
        """Return the lines of messages; each is laid out once for a width."""
        laid_out: list[StyledLine] = []
        for message in messages:
            at = message.key, width
            lines = self._laid_out.get(at)
            if lines is None:
                lines = list(wrapped_lines(message_lines(message.event, width), width))
                self._laid_out[at] = lines
            laid_out += lines
        return laid_out

    def _set_lines(self, lines: list[StyledLine], new_below: int) -> None:
        """Show lines, the last `new_below` of which are newer than all shown before."""
        below = self._below + new_below if self._below else 0
        self._lines = lines
        self.measure()
        more = "" if self._complete else ", more above"
        self.border_subtitle = f"{plural(len(self._messages), 'message')}{more}"
        self._below = below
        self.scroll_to(y=self.max_scroll_y - below, animate=False, force=True)
        if not self.max_scroll_y:
            # There is nothing to scroll, so scrolling cannot ask for older ones.
            self._want_older()

    def _want_older(self) -> None:
        if not self._complete:
            self.post_message(self.OlderWanted(self))
