"""What the lists of threads and runs say, one value a line."""

from __future__ import annotations

from dataclasses import dataclass

from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.verdict.status import RunStatus
from whitetail_store import RunKey

STATUS_SIGNS = {
    RunStatus.RUNNING: ("●", "running"),
    RunStatus.QUIET: ("◌", "running"),
    RunStatus.ANSWERED: ("✓", "finished"),
    RunStatus.DEGRADED: ("!", "warning"),
    RunStatus.FAILED: ("✗", "error"),
    RunStatus.CUT_OFF: ("†", "warning"),
    RunStatus.INHERITED: ("≡", "muted"),
    RunStatus.UNKNOWN: ("·", "muted"),
}
"""The sign of each status, one cell wide, and the tone of sign and word."""


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """A thread, as far as it is known."""

    key: str
    """The thread's id."""
    title: str
    """What it is about, inert; its id while nothing better is known."""
    title_known: bool
    """Whether the title has been looked for."""
    runs: int
    time: float | None
    """When its last event was written, seconds since the epoch."""
    status: RunStatus = RunStatus.UNKNOWN
    """The status of its newest run."""
    older_failed: bool = False
    """Whether an older run failed that the user has not opened."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run, as far as it is known."""

    key: RunKey
    prompt: str
    """What was asked, inert; the run's id while nothing better is known."""
    prompt_known: bool
    """Whether the prompt has been looked for."""
    status: RunStatus
    started: float | None
    ended: float | None
    """Seconds since the epoch, both."""
    events: int | None
    """How many rows its file has, where they were counted."""
    size: int
    """Bytes."""
    metrics: RunMetrics | None = None
    """What it used, where it was read whole."""
