"""How tests wait: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""How long a test waits for a condition; reached only if something is broken."""
_POLL_S = 0.005


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition is true; for tests without an event loop."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "the condition never became true"
        time.sleep(_POLL_S)
