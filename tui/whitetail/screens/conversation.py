"""A thread as a conversation, read back as far as one scrolls."""

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

_PAGE = 60
_LOOK = 1.0


class ConversationPane(TextView):
    """Messages, newest below; older ones come in above, newer ones behind.

    It reads in threads, by the numbers of the messages, so that a thread of any
    length costs what was scrolled through.
    """

    def __init__(self, id: str, store: RunEventStore, thread_id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._store = store
        self._of_thread = thread_id
        self._messages: list[RunEvent] = []
        self._laid_out: dict[tuple[int, int], list[StyledLine]] = {}
        """Messages as lines, by their numbers and the width of the pane."""
        self._whole = False
        self._complaint = ""
        self._below = 0
        """How many lines are below the view; with none it stays at the end."""
        self._newest = 0
        """The number of the last message that is laid out."""
        self._reading = asyncio.Lock()
        self._laying_out = asyncio.Lock()

    def on_mount(self) -> None:
        """Read the newest messages, and from then on what comes."""
        self._go_back()
        self.set_interval(_LOOK, self._look)

    def on_resize(self) -> None:
        """Lay the messages out anew."""
        self._laid_out.clear()
        self._lay_out_anew()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note how far the end is; read older messages when the oldest are near."""
        super().watch_scroll_y(old_value, new_value)
        if old_value > self.max_scroll_y:
            # The view was moved because there is more room, not by the reader.
            return
        self._below = self.max_scroll_y - round(new_value)
        if new_value < self.size.height and new_value < old_value:
            self._go_back()

    @work(group="back")
    async def _go_back(self) -> None:
        """Put a page of older messages above."""
        async with self._reading:
            if self._whole:
                return
            before = self._messages[0].seq if self._messages else None
            page = await self._read(before_seq=before)
            self._whole = len(page) < _PAGE
            if page:
                self._messages[:0] = page
                await self._lay_out()

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        """Put behind what has been said since."""
        async with self._reading:
            after = self._messages[-1].seq if self._messages else 0
            page = await self._read(after_seq=after)
            if page:
                self._messages += page
                await self._lay_out()

    async def _read(
        self, *, before_seq: int | None = None, after_seq: int | None = None
    ) -> list[RunEvent]:
        try:
            records = await self._store.list_messages(
                self._of_thread, limit=_PAGE, before_seq=before_seq, after_seq=after_seq
            )
        except (StoreError, OSError) as error:
            said = one_line(f"The thread can't be read: {error}")
            if said != self._complaint:
                self.notify(said, severity="error", markup=False)
            self._complaint = said
            return []
        self._complaint = ""
        return [RunEvent.of(record) for record in records]

    @work(group="lay")
    async def _lay_out_anew(self) -> None:
        await self._lay_out()

    async def _lay_out(self) -> None:
        """Lay all messages out in a thread, again if the width changes meanwhile.

        Before the pane has a size there is nothing to lay them out for: the resize
        event that gives it one comes here again.
        """
        async with self._laying_out:
            while self.size and self._messages:
                messages, width = list(self._messages), self.text_width
                known = sum(each.seq <= self._newest for each in messages)
                lines = await asyncio.to_thread(self._lines_of, messages[:known], width)
                newer = await asyncio.to_thread(self._lines_of, messages[known:], width)
                if width == self.text_width:
                    self._newest = messages[-1].seq
                    self._set(lines + newer, len(newer))
                    return

    def _lines_of(self, messages: list[RunEvent], width: int) -> list[StyledLine]:
        """Return messages laid out; each is, once for a width."""
        laid_out: list[StyledLine] = []
        for each in messages:
            key = each.seq, width
            lines = self._laid_out.get(key)
            if lines is None:
                lines = list(wrapped_lines(message_lines(each, width), width))
                self._laid_out[key] = lines
            laid_out += lines
        return laid_out

    def _set(self, lines: list[StyledLine], behind: int) -> None:
        """Show lines, of which some are behind those that were last until now."""
        below = self._below + behind if self._below else 0
        self._lines = lines
        self.measure()
        start = "" if self._whole else ", more above"
        self.border_subtitle = f"{len(self._messages):,} messages{start}"
        self._below = below
        self.scroll_to(y=self.max_scroll_y - below, animate=False, force=True)
        if not self.max_scroll_y:
            # Nothing to scroll, so that scrolling cannot ask for older ones.
            self._go_back()


class ConversationScreen(Screen[None]):
    """What was said in a thread, across its runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "dismiss", "Back", key_display="esc")
    ]

    def __init__(self, store: RunEventStore, thread_id: str, title: str) -> None:
        super().__init__()
        self._pane = ConversationPane("conversation", store, thread_id)
        self._pane.border_title = Content(title)

    def compose(self) -> ComposeResult:
        """Lay out the pane."""
        yield self._pane
        yield Footer(show_command_palette=False)
