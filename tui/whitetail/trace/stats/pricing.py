"""What models cost, and what a run did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whitetail.trace.stats.totals import TokenTotals


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run cost, as far as its models have prices."""

    amount: float | None
    """The sum of those that have; nothing if none has, or nobody counted tokens."""
    unpriced_models: tuple[str, ...] = ()
    """The models that have none, although tokens of theirs were counted."""
    uncounted_replies: int = 0
    """Replies whose tokens nobody counted."""

    @property
    def complete(self) -> bool:
        """Whether the amount is all that the run cost."""
        return not (self.unpriced_models or self.uncounted_replies)


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

    def cost(self, model: str, tokens: TokenTotals) -> float | None:
        """Return what a model's tokens cost; nothing if it has no price.

        Replies whose tokens were not counted are not in it.
        """
        if not tokens.total:
            return 0.0
        if model not in self._models:
            return None
        read, written, cached = self._models[model]
        fresh = tokens.input - tokens.cached
        return (fresh * read + tokens.output * written + tokens.cached * cached) / 1e6
