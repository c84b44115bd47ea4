"""The status of a run, and the one rule that gives it for any time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

GROWING_S = 20.0
"""A run is growing until this long after its last write: DeerFlow writes in batches."""
QUIET_S = 300.0
"""A run without an end is cut off if its last event is older than this."""


class RunStatus(StrEnum):
    """The status of a run."""

    RUNNING = "running"
    QUIET = "quiet"
    """It has no end, and no new events for a while; it may still be running."""
    ANSWERED = "answered"
    DEGRADED = "degraded"
    """It ended, but something is missing that its answer does not mention."""
    FAILED = "failed"
    CUT_OFF = "cut off"
    """It has no end, and no new events for 5 minutes: no more are expected."""
    INHERITED = "inherited"
    """Its events are copies of another thread's: history, not a run of this one."""
    UNKNOWN = "unknown"
    """Not enough of it was read, or its file does not say."""

    @property
    def may_be_written(self) -> bool:
        """Whether more events may come."""
        return self in (RunStatus.RUNNING, RunStatus.QUIET)


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What the rows of a run, or its first and last ones, say of its status."""

    final: RunStatus | None = None
    """The status of a run that ended, once that is known; None for others."""
    ended: bool = False
    """Whether an end was read. Without `final`, all rows are needed to judge it."""
    latest_time: float | None = None
    """The latest time of the rows, in seconds since the epoch."""
    empty: bool = False
    """Whether no row is an event."""
    torn: bool = False
    """Whether the last line is not an event. It may be an end that was half written."""
    inherited: bool = False
    """Whether all events are copies of another thread's."""


def status_at(facts: StatusFacts, now: float, growing: bool) -> RunStatus:
    """Return the status of a run at `now`, in seconds since the epoch.

    An end decides. A run without one is running while it grows, and quiet until
    `QUIET_S` after its latest event: DeerFlow writes in batches of 20 events. Then it
    is cut off, or unknown if its last line or its times say nothing: a time in the
    future comes from a wrong clock.
    """
    if facts.final is not None:
        return facts.final
    if facts.ended:
        return RunStatus.UNKNOWN
    if facts.inherited:
        return RunStatus.INHERITED
    if growing:
        return RunStatus.RUNNING
    if facts.empty or facts.latest_time is None:
        return RunStatus.UNKNOWN
    age = now - facts.latest_time
    if age < -QUIET_S:
        return RunStatus.UNKNOWN
    if age < QUIET_S:
        return RunStatus.QUIET
    return RunStatus.UNKNOWN if facts.torn else RunStatus.CUT_OFF


def is_growing(written_at: float | None, now: float) -> bool:
    """Return whether a run that was last written at a time is growing at `now`.

    Both are in seconds since the epoch. A time in the future is no sign of growth.
    """
    return written_at is not None and abs(now - written_at) < GROWING_S
