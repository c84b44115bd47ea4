"""Limits how often a function is called."""

from __future__ import annotations

from collections.abc import Callable
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
        self._last_call = 0.0
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
