"""What the lists of threads and runs say, one value a line."""

from __future__ import annotations

from dataclasses import dataclass

from whitetail.trace.run_summary import RunState
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.verdict.status import RunStatus
from whitetail_store import RunKey

STATE_SIGNS = {
    RunState.RUNNING: "●",
    RunState.FINISHED: "✓",
    RunState.FAILED: "✗",
    RunState.CUT_OFF: "†",
    RunState.UNKNOWN: "·",
}
"""One cell for how a run stands."""
STATE_TONES = {
    RunState.RUNNING: "running",
    RunState.FINISHED: "finished",
    RunState.FAILED: "error",
    RunState.CUT_OFF: "warning",
    RunState.UNKNOWN: "muted",
}
"""The colour that goes with it."""
STATUS_SIGNS = {
    RunStatus.RUNNING: ("●", "running"),
    RunStatus.QUIET: ("◌", "running"),
    RunStatus.ANSWERED: ("✓", "finished"),
    RunStatus.DEGRADED: ("!", "warning"),
    RunStatus.FAILED: ("✗", "error"),
    RunStatus.CUT_OFF: ("†", "warning"),
    RunStatus.UNKNOWN: ("·", "muted"),
}
"""The same for a run that was read whole: one cell, and its colour."""


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
    live: bool
    """Whether a run of it is being written."""
    state: RunState = RunState.UNKNOWN
    """How its newest run stands."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run, as far as it is known."""

    key: RunKey
    prompt: str
    """What was asked, inert; the run's id while nothing better is known."""
    prompt_known: bool
    """Whether the prompt has been looked for."""
    state: RunState
    started: float | None
    ended: float | None
    """Seconds since the epoch, both."""
    events: int | None
    """How many rows its file has, where they were counted."""
    size: int
    """Bytes."""
    metrics: RunMetrics | None = None
    """What it used, where it was read whole."""
    status: RunStatus | None = None
    """How it stands by all of its rows, where they were read."""
