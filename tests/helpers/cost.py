"""What work costs, measured so that a slow or busy machine changes nothing."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import thread_time

_SMALL, _LARGE = 2_000, 2_000_000
_RUNS = 5
_MAX_RATIO = 20
"""More than any disturbance, and far below the 1,000 of work on all of the input."""
_SCAN_CHARS = 20_000_000


def cpu_s(work: Callable[[], object]) -> float:
    """Return the seconds of CPU of the cheapest of several runs.

    CPU time leaves out what other programs use; the cheapest run is the one that
    they disturbed least.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        return min(_cpu_s_once(work) for _ in range(_RUNS))
    finally:
        if enabled:
            gc.enable()


def assert_cost_is_flat(
    prepare: Callable[[int], Callable[[], object]], *, scans: int = 0
) -> None:
    """Assert that work costs about the same if its input is 1,000 times larger.

    `prepare` makes the input for a size and returns the work on it, which is run
    several times. `scans` is how often it may also do what the interpreter does in
    one call, such as counting newlines; it uses up to 3 of them. To split all of the
    input into lines costs 20 of them, to parse it as JSON 13.
    """
    text = "x" * _SCAN_CHARS
    scan = cpu_s(lambda: text.count("\n")) if scans else 0.0
    small, large = (cpu_s(prepare(size)) for size in (_SMALL, _LARGE))
    limit = _MAX_RATIO * small + scans * scan
    assert large < limit, f"{large=:.6f} {small=:.6f} {scan=:.6f} (s of CPU)"


def _cpu_s_once(work: Callable[[], object]) -> float:
    start = thread_time()
    work()
    return thread_time() - start
