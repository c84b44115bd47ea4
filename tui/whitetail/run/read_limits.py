"""Limits of the reading of an open run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much of a run is read at once, and how often changes are published."""

    long_rows: int = 200_000
    """A longer run is read for its order only on request: that lasts half a minute."""
    slice_s: float = 0.25
    """How long a thread reads before the progress is published."""
    step_rows: int = 100
    """How many rows are parsed before they are aggregated. They fit a core's cache."""
    first_slice_s: float = 0.12
    """How long a run is read before it is shown, so that most appear in their order."""
    growth_rows: int = 200
    """How many new rows are published at once."""
    summarized_rows: int = 100
    """How many of these a list may show at once; they are summarized in the thread."""
    publish_interval_s: float = 0.1
    """Growth is published at once, then at most this often."""
    flood_interval_s: float = 0.33
    """The same while more rows arrive than a person can read."""
    flood_rows: int = 10
    """How many new rows between two publications make a flood."""
    tail_rows: int = 8
    """How many of the last rows are searched for the one that says how it ended."""
    first_matches_s: float = 0.1
    """The first matches are drawn before a thread that matches on slows that down."""


LIMITS = ReadLimits()
