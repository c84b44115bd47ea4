"""The screen that shows a thread as a conversation."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer

from whitetail.panes.text_view import TextView
from whitetail.view.conversation import message_lines
from whitetail.view.styled import StyledLine, wrapped_lines
from whitetail.view.text import one_line
from whitetail_store import RunEvent, RunEventStore, StoreError

_PAGE_MESSAGES = 60
"""The number of messages that are read at once."""
_POLL_INTERVAL_S = 1.0
"""How often the store is asked for new messages."""


class ConversationPane(TextView):
    """The messages of a thread, the newest at the bottom.

    Scrolling up loads older messages above. New messages are added below. Messages
    are read in threads, page by page, so the length of the thread does not matter.
    """

    def __init__(self, id: str, store: RunEventStore, thread_id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._store = store
        # Textual uses the name `_thread_id` for its own thread.
        self._conversation_id = thread_id
        self._messages: list[RunEvent] = []
        self._laid_out: dict[tuple[int, int], list[StyledLine]] = {}
        """The lines of a message, by its seq and the width."""
        self._has_oldest = False
        self._last_error = ""
        self._lines_below = 0
        """The number of lines below the view. 0: the view stays at the end."""
        self._newest_seq = 0
        """The seq of the last message that is laid out."""
        self._read_lock = asyncio.Lock()
        self._layout_lock = asyncio.Lock()

    def on_mount(self) -> None:
        """Read the newest messages, and look for newer ones from then on."""
        self._read_older()
        self.set_interval(_POLL_INTERVAL_S, self._read_newer)

    def on_resize(self) -> None:
        """Lay out the messages for the new width."""
        self._laid_out.clear()
        self._start_layout()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Remember the distance to the end. Near the beginning, read older messages."""
        super().watch_scroll_y(old_value, new_value)
        if old_value > self.max_scroll_y:
            # The view became higher and was moved; the user did not scroll.
            return
        self._lines_below = self.max_scroll_y - round(new_value)
        if new_value < self.size.height and new_value < old_value:
            self._read_older()

    @work(group="older")
    async def _read_older(self) -> None:
        """Add a page of older messages above."""
        async with self._read_lock:
            if self._has_oldest:
                return
            before = self._messages[0].seq if self._messages else None
            page = await self._read(before_seq=before)
            self._has_oldest = len(page) < _PAGE_MESSAGES
            if page:
                self._messages[:0] = page
                await self._lay_out()

    @work(group="newer", exclusive=True)
    async def _read_newer(self) -> None:
        """Add a page of new messages below."""
        async with self._read_lock:
            after = self._messages[-1].seq if self._messages else 0
            page = await self._read(after_seq=after)
            if page:
                self._messages += page
                await self._lay_out()

    async def _read(
        self, *, before_seq: int | None = None, after_seq: int | None = None
    ) -> list[RunEvent]:
        """Return a page of messages. Empty, with a notification, if reading fails."""
        try:
            records = await self._store.list_messages(
                self._conversation_id,
                limit=_PAGE_MESSAGES,
                before_seq=before_seq,
                after_seq=after_seq,
            )
        except (StoreError, OSError) as error:
            text = one_line(f"The thread can't be read: {error}")
            if text != self._last_error:
                self.notify(text, severity="error", markup=False)
            self._last_error = text
            return []
        self._last_error = ""
        return [RunEvent.of(record) for record in records]

    @work(group="layout")
    async def _start_layout(self) -> None:
        await self._lay_out()

    async def _lay_out(self) -> None:
        """Lay out all messages in a thread, again if the width changes meanwhile.

        Does nothing before the pane has a size. The resize event that sets the first
        size starts a layout.
        """
        async with self._layout_lock:
            while self.size and self._messages:
                messages, width = list(self._messages), self.text_width
                old_count = sum(each.seq <= self._newest_seq for each in messages)
                old, new = messages[:old_count], messages[old_count:]
                old_lines = await asyncio.to_thread(self._lines_of, old, width)
                new_lines = await asyncio.to_thread(self._lines_of, new, width)
                if width == self.text_width:
                    self._newest_seq = messages[-1].seq
                    self._set(old_lines + new_lines, len(new_lines))
                    return

    def _lines_of(self, messages: list[RunEvent], width: int) -> list[StyledLine]:
        """Return the lines of messages. Each message is laid out once per width."""
        laid_out: list[StyledLine] = []
        for each in messages:
            key = each.seq, width
            lines = self._laid_out.get(key)
            if lines is None:
                lines = list(wrapped_lines(message_lines(each, width), width))
                self._laid_out[key] = lines
            laid_out += lines
        return laid_out

    def _set(self, lines: list[StyledLine], new_count: int) -> None:
        """Show lines, of which the last `new_count` are new at the end."""
        below = self._lines_below + new_count if self._lines_below else 0
        self._lines = lines
        self.measure()
        more = "" if self._has_oldest else ", more above"
        self.border_subtitle = f"{len(self._messages):,} messages{more}"
        self._lines_below = below
        self.scroll_to(y=self.max_scroll_y - below, animate=False, force=True)
        if not self.max_scroll_y:
            # The user can't scroll up to load older messages: there is no scrollbar.
            self._read_older()


class ConversationScreen(Screen[None]):
    """The messages of a thread, across its runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "dismiss", "Back", key_display="esc")
    ]

    def __init__(self, store: RunEventStore, thread_id: str, title: str) -> None:
        """Show a thread of the store, with `title` in the border."""
        super().__init__()
        self._pane = ConversationPane("conversation", store, thread_id)
        self._pane.border_title = Content(title)

    def compose(self) -> ComposeResult:
        """Yield the pane and the footer."""
        yield self._pane
        yield Footer(show_command_palette=False)
