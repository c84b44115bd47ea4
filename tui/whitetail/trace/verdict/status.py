"""How a run stands, in a word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RunStatus(StrEnum):
    """How a run stands, as far as its rows say."""

    RUNNING = "running"
    QUIET = "quiet"
    """It has no last row, and nothing came for a while: too soon to tell."""
    ANSWERED = "answered"
    DEGRADED = "degraded"
    """It came to its end, but something is missing that it does not speak of."""
    FAILED = "failed"
    CUT_OFF = "cut off"
    """It has no last row, and nothing came for so long that none is expected."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StatusRule:
    """How a run stands at any moment, unless it grows: what is left of its rows."""

    final_status: RunStatus | None
    """How it stands for good."""
    latest_time: float | None
    """The latest time of all rows, in seconds since the epoch."""
    empty: bool
    """Whether no row is an event."""
    torn: bool
    """Whether the last line is no event."""

    def expects_more(self, now: float) -> bool:
        """Return whether more may come, in seconds since the epoch."""
        over = (RunStatus.CUT_OFF, RunStatus.UNKNOWN)
        return (
            self.final_status is None and self.status_at(now, growing=False) not in over
        )

    def status_at(self, now: float, growing: bool, quiet_s: float = 300.0) -> RunStatus:
        """Return how the run stands at a moment, in seconds since the epoch.

        A run without a last row is running while its file grows, quiet until
        `quiet` seconds after its latest row, and cut off from then on, unless
        its last line, or every time, is unreadable.
        """
        if self.final_status is not None:
            return self.final_status
        if growing:
            return RunStatus.RUNNING
        if self.empty or self.latest_time is None:
            return RunStatus.UNKNOWN
        if now - self.latest_time < quiet_s:
            return RunStatus.QUIET
        return RunStatus.UNKNOWN if self.torn else RunStatus.CUT_OFF
