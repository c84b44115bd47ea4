"""The screen that shows a thread as a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.worker import Worker, WorkerCancelled

from whitetail.keys import bindings
from whitetail.panes.conversation import ConversationPane
from whitetail.panes.key_bar import KeyBar
from whitetail.panes.throttle import Coalesced
from whitetail.run.conversation import Conversation
from whitetail.run.protocols import EventKey
from whitetail.screens.clipboard import copy
from whitetail.screens.find import FindBar
from whitetail.screens.typed_text import TypedTextGuard
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.conversation import message_text
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.matches import TextMatcher
from whitetail.view.text import one_line

_STATUS_INTERVAL_S = 1.0
"""How often the status is updated: that of a run changes with time alone."""
_PAGE_MESSAGES = 60
"""How many messages are read at once: a few screens full."""


class ConversationScreen(TypedTextGuard[EventKey | None]):
    """The messages of a thread, across its runs; older ones are read by scrolling.

    Returns the event of the message that the user opens.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("conversation-screen")

    def __init__(
        self, conversation: Conversation, title: str, status: Callable[[], RunStatus]
    ) -> None:
        """Show a conversation; `status` returns that of the thread's newest run."""
        super().__init__()
        self._conversation = conversation
        self._title = title
        self._status = status
        self._pane = ConversationPane("conversation")
        self._reading = asyncio.Lock()
        self._newer = Coalesced(self._read_newer, self._reading)
        self._bar: FindBar | None = None
        self._reported: dict[object, str] = {}

    def compose(self) -> ComposeResult:
        """Yield the pane."""
        yield self._pane
        yield KeyBar(self._applies)

    def on_mount(self) -> None:
        """Read the newest messages."""
        self._load_older()
        self._show_status()
        self.set_interval(_STATUS_INTERVAL_S, self._show_status)

    def touch(self) -> None:
        """Read what was written since: a run of the thread has changed."""
        if self.is_attached:
            self._load_newer()
            self._show_status()

    def action_open(self) -> None:
        """Go to the event of the message under the cursor."""
        if (message := self._pane.message) is not None:
            self.dismiss(message.key)

    def action_copy(self) -> None:
        """Copy the message under the cursor."""
        if (message := self._pane.message) is not None:
            copy(self.app, message_text(message.event), "the message")

    async def action_find(self) -> None:
        """Open the search line; the key has priority as that of the main screen has."""
        if isinstance(self.focused, FindBar):
            raise SkipAction
        if self._bar is None:
            self._bar = FindBar("search in this thread, then n: older match, N: newer")
            await self.mount(self._bar, before=self.query_one(KeyBar))
        self.set_focus(self._bar)

    def action_find_next(self, step: int) -> None:
        """Go to the next older match; with step 1 to the next newer one."""
        if self._pane.sought is not None:
            self._find(step)

    def on_find_bar_submitted(self, message: FindBar.Submitted) -> None:
        """Search for the text of the search line."""
        self.on_find_bar_left()
        self._text = message.value
        self._pane.sought = TextMatcher(message.value) if message.value else None
        self.action_find_next(0)

    def on_find_bar_left(self) -> None:
        """Remove the search line."""
        if self._bar is not None:
            self._bar.remove()
            self._bar = None
        self._pane.focus()

    def _applies(self, action: str) -> bool:
        """Return whether the footer names the key of an action."""
        in_bar = action in ("submit", "leave")
        return in_bar or action in ("help", "quit") or self._bar is None

    @work(exclusive=True, group="find")
    async def _find(self, step: int) -> None:
        """Go to a match; older messages are read until there is one."""
        query = self._pane.sought
        while not self._pane.find(step):
            if step > 0 or self._conversation.complete or query is None:
                which = {-1: "older ", 1: "newer "}.get(step, "")
                text = f'No {which}match for "{self._text}" in this thread'
                self.notify(one_line(text), markup=False)
                return
            await self._read_older()

    @on(ConversationPane.OlderWanted)
    def _older_wanted(self) -> None:
        self._load_older()

    @work(group="older")
    async def _load_older(self) -> None:
        await self._read_older()

    async def _read_older(self) -> None:
        """Read older messages, and return once they are laid out."""
        async with self._reading:
            conversation = self._conversation
            if not conversation.messages:
                await asyncio.to_thread(conversation.load_newer)
            await asyncio.to_thread(conversation.load_older, _PAGE_MESSAGES)
            laid_out = self._show()
        try:
            await laid_out.wait()
        except WorkerCancelled as error:
            # The screen was closed meanwhile: its workers end without an error.
            raise asyncio.CancelledError from error

    @work(group="newer")
    async def _load_newer(self) -> None:
        await self._newer.request()

    async def _read_newer(self) -> None:
        await asyncio.to_thread(self._conversation.load_newer)
        self._show()

    def _show_status(self) -> None:
        sign, _ = STATUS_SIGNS[self._status()]
        self._pane.border_title = Content(f"{sign} {self._title}")

    def _show(self) -> Worker[None]:
        conversation = self._conversation
        messages = list(conversation.messages)
        laid_out = self._pane.show(messages, complete=conversation.complete)
        for key, problem in conversation.problems.items():
            if self._reported.get(key) != problem:
                text = one_line(f"Run {key[1]} cannot be read: {problem}")
                self.notify(text, severity="error", markup=False)
        self._reported = dict(conversation.problems)
        return laid_out
