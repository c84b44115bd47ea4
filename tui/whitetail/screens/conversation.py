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
from whitetail.view.conversation import message
from whitetail.view.styled import StyledLine, wrapped
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
        self._busy = asyncio.Lock()

    def on_mount(self) -> None:
        """Read the newest messages, and from then on what comes."""
        self._go_back()
        self.set_interval(_LOOK, self._look)

    def on_resize(self) -> None:
        """Lay the messages out anew."""
        self._laid_out.clear()
        self._lay_out(self.max_scroll_y - self.scroll_offset.y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Read older messages when the oldest comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < self.size.height and new_value < old_value:
            self._go_back()

    @work(group="back")
    async def _go_back(self) -> None:
        """Put a page of older messages above."""
        async with self._busy:
            if self._whole:
                return
            before = self._messages[0].seq if self._messages else None
            page = await self._read(before_seq=before)
            self._whole = len(page) < _PAGE
            if page:
                below = self.max_scroll_y - self.scroll_offset.y
                self._messages[:0] = page
                await self._lay_out_in_thread(below if before else 0)

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        """Put behind what has been said since."""
        async with self._busy:
            after = self._messages[-1].seq if self._messages else 0
            page = await self._read(after_seq=after)
            if page:
                below = self.max_scroll_y - self.scroll_offset.y
                before = len(self._lines)
                self._messages += page
                await self._lay_out_in_thread(0)
                if below:
                    self._keep_below(below + len(self._lines) - before)

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

    async def _lay_out_in_thread(self, below: float) -> None:
        messages, width = list(self._messages), self.text_width
        self._set(await asyncio.to_thread(self._lines_of, messages, width), below)

    def _lines_of(self, messages: list[RunEvent], width: int) -> list[StyledLine]:
        """Return messages laid out; each is, once for a width."""
        laid_out: list[StyledLine] = []
        for each in messages:
            key = each.seq, width
            lines = self._laid_out.get(key)
            if lines is None:
                lines = list(wrapped(message(each, width), width))
                self._laid_out[key] = lines
            laid_out += lines
        return laid_out

    def _lay_out(self, below: float) -> None:
        if self._messages:
            self.run_worker(self._lay_out_in_thread(below), group="lay", exclusive=True)

    def _set(self, lines: list[StyledLine], below: float) -> None:
        """Show lines, with as many of them below the view as there were."""
        self._lines = lines
        self.measure()
        start = "" if self._whole else ", more above"
        self.border_subtitle = f"{len(self._messages):,} messages{start}"
        self._keep_below(below)

    def _keep_below(self, below: float) -> None:
        top = max(0, len(self._lines) - self.size.height - below)
        self.call_after_refresh(
            self.scroll_to, y=top, animate=False, immediate=True, force=True
        )


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
