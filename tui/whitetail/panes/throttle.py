"""Doing something soon, but not too often."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual.dom import DOMNode
from textual.timer import Timer


class Throttle:
    """Calls something when asked to: at once, then at most every so often.

    However many times it is asked in between, one call follows.
    """

    def __init__(self, node: DOMNode, every: float, call: Callable[[], object]) -> None:
        """Call from the message loop of `node`, with `every` seconds between calls."""
        self._node = node
        self.every = every
        """Seconds between calls."""
        self._call = call
        self._last = 0.0
        self._timer: Timer | None = None

    def request(self) -> None:
        """Ask for a call."""
        if self._timer is None:
            wait = self._last + self.every - monotonic()
            if wait <= 0:
                self._now()
            else:
                self._timer = self._node.set_timer(wait, self._now)

    def _now(self) -> None:
        self._timer = None
        self._last = monotonic()
        self._call()
