"""Limits how often, and how often at the same time, a function is called."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from time import monotonic

from textual.dom import DOMNode
from textual.timer import Timer


class Throttle:
    """Calls a function on request, with a minimum interval between calls.

    The first request calls it at once. All requests during the interval after a call
    are answered by one call at the end of the interval.
    """

    def __init__(self, node: DOMNode, every: float, call: Callable[[], object]) -> None:
        """Call `call`. Delayed calls run in the message loop of `node`."""
        self._node = node
        self.every = every
        """Minimum interval between calls, in seconds."""
        self._call = call
        self._last_call = -inf
        self._timer: Timer | None = None

    def request(self) -> None:
        """Call the function now or at the end of the interval."""
        if self._timer is None:
            delay = self._last_call + self.every - monotonic()
            if delay <= 0:
                self._call_now()
            else:
                self._timer = self._node.set_timer(delay, self._call_now)

    def _call_now(self) -> None:
        self._timer = None
        self._last_call = monotonic()
        self._call()


class Coalesced:
    """Calls an asynchronous function on request, never twice at the same time.

    All requests that wait for a call that is under way are answered by one more call.
    No call is cancelled for a newer one: a thread that it has started would go on, and
    a call that is slower than the requests come would never end.
    """

    def __init__(
        self, call: Callable[[], Awaitable[object]], turn: asyncio.Lock | None = None
    ) -> None:
        """Call `call` with `turn` held, which other functions may use as well."""
        self._call = call
        self._turn = asyncio.Lock() if turn is None else turn
        self._waiting = False

    async def request(self) -> None:
        """Return after a call that began after this request, or while one waits."""
        if self._waiting:
            return
        self._waiting = True
        try:
            await self._turn.acquire()
        finally:
            self._waiting = False
        try:
            await self._call()
        finally:
            self._turn.release()
