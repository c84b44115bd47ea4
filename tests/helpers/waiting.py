"""Waits for a condition, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable

WAIT_TIMEOUT_S = 60.0
"""The limit of a wait for a condition; reached only if something is broken."""
_POLL_S = 0.005


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition is true; for tests without an event loop."""
    end = time.monotonic() + WAIT_TIMEOUT_S
    while not condition():
        assert time.monotonic() < end, "the condition never became true"
        time.sleep(_POLL_S)
