"""Totals of tokens, latencies and tools."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil

from whitetail.trace.message import Usage


@dataclass(frozen=True, slots=True)
class Total:
    """An amount, and whether all of its parts are known."""

    amount: float
    complete: bool = True
    """False if some parts were not counted, so that the amount is too small."""


@dataclass(slots=True)
class TokenTotals:
    """Tokens and latencies of some replies and subagents."""

    replies: int = 0
    """Replies of models."""
    uncounted_replies: int = 0
    """Those without token counts; the totals are too small by their tokens."""
    input: int = 0
    """Tokens of prompts, `cached` included."""
    output: int = 0
    """Tokens of replies, `reasoning` included."""
    cached: int = 0
    """Tokens of prompts that came from the provider's cache."""
    reasoning: int = 0
    latencies: dict[int, int] = field(default_factory=dict)
    """The number of replies by latency, in hundredths of a second, if known."""

    @property
    def total(self) -> int:
        """All tokens, each once."""
        return self.input + self.output

    @property
    def median_latency(self) -> float | None:
        """The median latency in seconds; None if no latency is known."""
        if not self.latencies:
            return None
        counts = sorted(self.latencies.items())
        ends = list(accumulate(count for _, count in counts))
        known = ends[-1]
        # The two middle ones, which are one and the same if the number is odd.
        middle = bisect_left(ends, (known + 1) // 2), bisect_left(ends, known // 2 + 1)
        return sum(counts[at][0] for at in middle) / 200

    def latency_at(self, share: float) -> float | None:
        """Return the latency in seconds that a share of the replies does not exceed.

        None if no latency is known.
        """
        counts = sorted(self.latencies.items())
        ends = list(accumulate(count for _, count in counts))
        if not ends:
            return None
        rank = max(1, ceil(share * ends[-1]))
        return counts[bisect_left(ends, rank)][0] / 100

    def add_latency(self, seconds: float) -> None:
        """Count a latency."""
        hundredths = round(100 * seconds)
        self.latencies[hundredths] = self.latencies.get(hundredths, 0) + 1

    @property
    def max_latency(self) -> float | None:
        """The longest latency in seconds; None if no latency is known."""
        return max(self.latencies) / 100 if self.latencies else None

    def add_usage(self, usage: Usage) -> None:
        """Add the tokens of one reply or of a whole subagent."""
        self.input += usage.input
        self.output += usage.output
        if usage.cached:
            self.cached += min(usage.cached, usage.input)
        if usage.reasoning:
            self.reasoning += min(usage.reasoning, usage.output)

    def add_reply(self, usage: Usage | None, latency: float | None) -> None:
        """Add a reply of a model. `latency` is in seconds."""
        self.replies += 1
        self.uncounted_replies += usage is None
        if usage is not None:
            self.add_usage(usage)
        if latency is not None:
            self.add_latency(latency)

    def merge(self, other: TokenTotals) -> None:
        """Add other totals to these."""
        self.replies += other.replies
        self.uncounted_replies += other.uncounted_replies
        self.input += other.input
        self.output += other.output
        self.cached += other.cached
        self.reasoning += other.reasoning
        for hundredths, count in other.latencies.items():
            self.latencies[hundredths] = self.latencies.get(hundredths, 0) + count


def sum_of(parts: Iterable[TokenTotals]) -> TokenTotals:
    """Return the sum of totals."""
    total = TokenTotals()
    for part in parts:
        total.merge(part)
    return total


@dataclass(slots=True)
class ToolTotals:
    """Calls and results of one tool."""

    calls: int = 0
    results: int = 0
    """Results of the tool, with or without a known call."""
    errors: int = 0
    """Results that report a failure."""
    bytes: int = 0
    """The size of the text of its results, in UTF-8."""
    time: float = 0.0
    """Seconds from calls to their results, if both have a time."""
