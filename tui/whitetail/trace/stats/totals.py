"""Sums of tokens, latencies and tools."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from whitetail.trace.message import Usage


@dataclass(frozen=True, slots=True)
class Total:
    """An amount, and whether all of its parts are known."""

    amount: float
    complete: bool = True
    """False if some parts were not counted, so that the amount is too small."""


@dataclass(slots=True)
class TokenTotals:
    """Tokens and latencies that were added up."""

    replies: int = 0
    """Replies of models."""
    uncounted_replies: int = 0
    """Those whose tokens nobody counted: the sums are too small by them."""
    input: int = 0
    """All that were read, `cached` included."""
    output: int = 0
    """All that were written, `reasoning` included."""
    cached: int = 0
    reasoning: int = 0
    latencies: dict[int, int] = field(default_factory=dict)
    """How many replies took how long, in hundredths of a second, where known."""

    @property
    def total(self) -> int:
        """All tokens, each once."""
        return self.input + self.output

    @property
    def median_latency(self) -> float | None:
        """The latency that half of the replies had at most."""
        if not self.latencies:
            return None
        taken = sorted(self.latencies.items())
        ends = list(accumulate(times for _, times in taken))
        known = ends[-1]
        both = (bisect_left(ends, (known + 1) // 2), bisect_left(ends, known // 2 + 1))
        return sum(taken[at][0] for at in both) / 200

    @property
    def max_latency(self) -> float | None:
        """The longest latency."""
        return max(self.latencies) / 100 if self.latencies else None

    def add_usage(self, usage: Usage) -> None:
        """Add what one reply, or a whole subagent, used."""
        self.input += usage.input
        self.output += usage.output
        if usage.cached:
            self.cached += min(usage.cached, usage.input)
        if usage.reasoning:
            self.reasoning += min(usage.reasoning, usage.output)

    def add_reply(self, usage: Usage | None, latency: float | None) -> None:
        """Count one reply of a model."""
        self.replies += 1
        self.uncounted_replies += usage is None
        if usage is not None:
            self.add_usage(usage)
        if latency is not None:
            took = round(100 * latency)
            self.latencies[took] = self.latencies.get(took, 0) + 1

    def merge(self, other: TokenTotals) -> None:
        """Add what was added up elsewhere."""
        self.replies += other.replies
        self.uncounted_replies += other.uncounted_replies
        self.input += other.input
        self.output += other.output
        self.cached += other.cached
        self.reasoning += other.reasoning
        for took, times in other.latencies.items():
            self.latencies[took] = self.latencies.get(took, 0) + times


@dataclass(slots=True)
class ToolTotals:
    """How often a tool was called, and what came of it."""

    calls: int = 0
    results: int = 0
    """How many results it gave, whether or not their calls are known."""
    errors: int = 0
    bytes: int = 0
    """The text of its results, in UTF-8."""
    time: float = 0.0
    """Seconds between its calls and their results, where both have a time."""
