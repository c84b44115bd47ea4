"""Sums of tokens, latencies, tools and money."""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .message import Usage


@dataclass(slots=True)
class Tally:
    """Tokens and latencies that were added up."""

    calls: int = 0
    """Replies of models."""
    missing: int = 0
    """Those whose tokens nobody counted: the sums are too small by them."""
    input: int = 0
    """All that were read, `cached` included."""
    output: int = 0
    """All that were written, `reasoning` included."""
    cached: int = 0
    reasoning: int = 0
    latencies: array[float] = field(default_factory=lambda: array("d"))
    """How long the replies took, in seconds, shortest first, where that is known."""

    @property
    def total(self) -> int:
        """All tokens, each once."""
        return self.input + self.output

    @property
    def median(self) -> float | None:
        """The latency that half of the replies had at most."""
        middle = len(self.latencies) // 2
        if not self.latencies:
            return None
        if len(self.latencies) % 2:
            return self.latencies[middle]
        return (self.latencies[middle - 1] + self.latencies[middle]) / 2

    @property
    def worst(self) -> float | None:
        """The longest latency."""
        return self.latencies[-1] if self.latencies else None

    def add(self, usage: Usage) -> None:
        """Add what one reply, or a whole subagent, used."""
        self.input += usage.input
        self.output += usage.output
        self.cached += min(usage.cached, usage.input)
        self.reasoning += min(usage.reasoning, usage.output)

    def reply(self, usage: Usage | None, latency: float | None) -> None:
        """Count one reply of a model."""
        self.calls += 1
        self.missing += usage is None
        if usage is not None:
            self.add(usage)
        if latency is not None:
            insort(self.latencies, latency)

    def copy(self) -> Tally:
        """Return the same sums, to be added to."""
        return replace(self)


@dataclass(slots=True)
class ToolTally:
    """How often a tool was called, and what came of it."""

    calls: int = 0
    results: int = 0
    """How many results it gave, whether or not their calls are known."""
    errors: int = 0
    bytes: int = 0
    """The text of its results, in UTF-8."""
    time: float = 0.0
    """Seconds between its calls and their results, where both have a time."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a run cost, as far as its models have prices."""

    amount: float | None
    """The sum of those that have; nothing if none has, or nobody counted tokens."""
    unpriced: tuple[str, ...] = ()
    """The models that have none, although tokens of theirs were counted."""
    uncounted: int = 0
    """Replies whose tokens nobody counted."""

    @property
    def whole(self) -> bool:
        """Whether the amount is all that the run cost."""
        return not (self.unpriced or self.uncounted)


class Prices:
    """What models cost: money per million tokens read, written, and read cached."""

    def __init__(
        self, models: Mapping[str, tuple[float, float, float]], currency: str = "$"
    ) -> None:
        self._models = dict(models)
        self.currency = currency
        """What stands before an amount."""

    def __bool__(self) -> bool:
        """Whether any model has a price."""
        return bool(self._models)

    def cost(self, model: str, tally: Tally) -> float | None:
        """Return what a model's tokens cost; nothing if it has no price.

        Replies whose tokens were not counted are not in it.
        """
        if not tally.total:
            return 0.0
        if model not in self._models:
            return None
        read, written, cached = self._models[model]
        fresh = tally.input - tally.cached
        return (fresh * read + tally.output * written + tally.cached * cached) / 1e6
