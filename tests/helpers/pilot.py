"""Helpers for tests that drive the app or one widget of it."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from textual.app import App, ComposeResult
from textual.events import Key
from textual.keys import KEY_NAME_REPLACEMENTS, REPLACED_KEYS, key_to_character
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from tests.helpers.waiting import WAIT_TIMEOUT_S

P = ParamSpec("P")
T = TypeVar("T")

_QUEUES = 4
"""Through how many queues goes what a key begins: app, widget, its pane, screen."""
_POLL_S = 0.01


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Return once a condition is true and the app has handled all messages."""
    end = time.monotonic() + WAIT_TIMEOUT_S
    while not condition():
        assert time.monotonic() < end, "the condition never became true"
        if pilot.app.is_running:
            await asyncio.sleep(_POLL_S)
        else:
            # Raises the error that has ended the app, if one has.
            await pilot.pause(_POLL_S)
    await handled(pilot)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys, each once the one before was handled.

    The method of Textual waits until the process is idle, after each key for a tenth
    of a second, and longer the more there is to do for it.
    """
    for key in keys:
        pilot.app.post_message(key_event(key))
        await handled(pilot)


def key_event(key: str) -> Key:
    """Return the event of a key, given by its name or its character."""
    if len(key) == 1 and not key.isalnum():
        name = unicodedata.name(key).lower().replace("-", "_").replace(" ", "_")
        return Key(KEY_NAME_REPLACEMENTS.get(name, name), key)
    return Key(key, key_to_character(REPLACED_KEYS.get(key, key)))


async def handled(pilot: Pilot[Any]) -> None:
    """Wait until a key and the messages that follow it were handled.

    They go from queue to queue, from the app to a widget and up to its screen. Textual
    waits until the process is idle, which it also seems to be while it gets no time of
    a busy machine. So this waits until all queues were emptied, as often as a message
    is passed on.
    """
    for _ in range(_QUEUES):
        # The key may have ended the app.
        if pilot.app.is_running and pilot.app.screen_stack:
            await pilot.pause(0)


class InlineExecutor(ThreadPoolExecutor):
    """An executor that runs work in the thread that submits it.

    As the default executor of a loop it makes `asyncio.to_thread` end after a fixed
    number of loop turns, however busy the machine is.
    """

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class HeldExecutor(InlineExecutor):
    """An `InlineExecutor` that begins none but the first pieces of work."""

    def __init__(self, free: int) -> None:
        """Do `free` pieces of work, and none after them."""
        super().__init__()
        self._free = free
        self.held: list[Future[Any]] = []
        """The futures of the work that was not begun."""

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        self._free -= 1
        if self._free >= 0:
            return super().submit(fn, *args, **kwargs)
        future: Future[T] = Future()
        self.held.append(future)
        return future


class Stage(App[None]):
    """An app that shows one widget and records the messages that it posts."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.messages: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_line_list_highlighted(self, message: Message) -> None:
        self.messages.append(message)

    def on_line_list_opened(self, message: Message) -> None:
        self.messages.append(message)

    def on_line_list_visible_lines_changed(self, message: Message) -> None:
        self.messages.append(message)

    def on_events_pane_failed(self, message: Message) -> None:
        self.messages.append(message)

    def count(self, kind: type[Message]) -> int:
        """Return the number of recorded messages of a type."""
        return sum(isinstance(message, kind) for message in self.messages)


def drawn(widget: Widget) -> list[str]:
    """Return the text of each line of a widget, without trailing spaces."""
    region = widget.scrollable_content_region
    return [widget.render_line(y).text.rstrip() for y in range(region.height)]
