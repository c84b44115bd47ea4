"""The screen that shows a thread as a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from whitetail.keys import bindings
from whitetail.panes.conversation import ConversationPane
from whitetail.panes.key_bar import KeyBar
from whitetail.panes.throttle import Coalesced
from whitetail.run.conversation import Conversation
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.text import one_line

_STATUS_INTERVAL_S = 1.0
"""How often the status is updated: that of a run changes with time alone."""
_PAGE_MESSAGES = 60
"""How many messages are read at once: a few screens full."""


class ConversationScreen(Screen[None]):
    """The messages of a thread, across its runs; older ones are read by scrolling."""

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
        self._reported: dict[object, str] = {}

    def compose(self) -> ComposeResult:
        """Yield the pane."""
        yield self._pane
        yield KeyBar()

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

    @on(ConversationPane.OlderWanted)
    def _older_wanted(self) -> None:
        self._load_older()

    @work(group="older")
    async def _load_older(self) -> None:
        async with self._reading:
            conversation = self._conversation
            if not conversation.messages:
                await asyncio.to_thread(conversation.load_newer)
            await asyncio.to_thread(conversation.load_older, _PAGE_MESSAGES)
            self._show()

    @work(group="newer")
    async def _load_newer(self) -> None:
        await self._newer.request()

    async def _read_newer(self) -> None:
        await asyncio.to_thread(self._conversation.load_newer)
        self._show()

    def _show_status(self) -> None:
        sign, _ = STATUS_SIGNS[self._status()]
        self._pane.border_title = Content(f"{sign} {self._title}")

    def _show(self) -> None:
        conversation = self._conversation
        self._pane.show(list(conversation.messages), complete=conversation.complete)
        for key, problem in conversation.problems.items():
            if self._reported.get(key) != problem:
                text = one_line(f"Run {key[1]} cannot be read: {problem}")
                self.notify(text, severity="error", markup=False)
        self._reported = dict(conversation.problems)
