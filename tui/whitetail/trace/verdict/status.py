"""The status of a run, and the rule that gives it for any time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RunStatus(StrEnum):
    """The status of a run, by all of its rows."""

    RUNNING = "running"
    QUIET = "quiet"
    """It has no end, and no new events for a while; it may still be running."""
    ANSWERED = "answered"
    DEGRADED = "degraded"
    """It ended, but something is missing that its answer does not mention."""
    FAILED = "failed"
    CUT_OFF = "cut off"
    """It has no end, and no new events for so long that none are expected."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StatusRule:
    """Gives the status of a run at any time, without its rows."""

    final_status: RunStatus | None
    """The status of a run that ended; None for others."""
    latest_time: float | None
    """The latest time of all rows, in seconds since the epoch."""
    empty: bool
    """Whether no row is an event."""
    torn: bool
    """Whether the last line is not an event. It may be an end that was half written."""

    def expects_more(self, now: float) -> bool:
        """Return whether more events are expected at `now`, in seconds."""
        over = (RunStatus.CUT_OFF, RunStatus.UNKNOWN)
        if self.final_status is not None:
            return False
        return self.status_at(now, growing=False) not in over

    def status_at(self, now: float, growing: bool, quiet_s: float = 300.0) -> RunStatus:
        """Return the status at `now`, in seconds since the epoch.

        A run without an end is running while its file grows, and quiet until
        `quiet_s` seconds after its latest event: DeerFlow writes in batches of 20
        events. Then it is cut off, or unknown if its last line or all its times
        cannot be read.
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
