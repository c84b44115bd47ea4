"""Prices of models, and the cost of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whitetail.trace.stats.totals import TokenTotals


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a run, and the parts that are not included in it."""

    amount: float | None
    """In the currency of the prices; None if no model has a price, or no tokens were
    counted."""
    unpriced_models: tuple[str, ...] = ()
    """The models with counted tokens that have no price."""
    uncounted_replies: int = 0
    """Replies without token counts."""

    @property
    def complete(self) -> bool:
        """Whether the amount includes the whole run."""
        return not (self.unpriced_models or self.uncounted_replies)


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of models, per million tokens: input, output, and cached input."""

    models: Mapping[str, tuple[float, float, float]]
    currency: str = "$"
    """Shown before an amount."""

    def updated(self, other: Prices) -> Prices:
        """Return these prices with those of `other`, which win, and its currency."""
        if not other:
            return self
        return Prices({**self.models, **other.models}, other.currency)

    def __bool__(self) -> bool:
        """Whether any model has a price."""
        return bool(self.models)

    def cost(self, model: str, tokens: TokenTotals) -> float | None:
        """Return the cost of a model's counted tokens.

        None if it has no price, or no tokens were counted.
        """
        if not tokens.total:
            return None if tokens.uncounted_replies else 0.0
        if model not in self.models:
            return None
        input_price, output_price, cached_price = self.models[model]
        return (
            (tokens.input - tokens.cached) * input_price
            + tokens.output * output_price
            + tokens.cached * cached_price
        ) / 1e6


def cost_of(models: Mapping[str, TokenTotals], prices: Prices) -> Cost:
    """Return the cost of the tokens of some models, and which of them have no price."""
    uncounted = sum(tokens.uncounted_replies for tokens in models.values())
    counted = {name: tokens for name, tokens in models.items() if tokens.total}
    costs = {name: prices.cost(name, tokens) for name, tokens in counted.items()}
    known = [cost for cost in costs.values() if cost is not None]
    unpriced = tuple(name for name, cost in costs.items() if cost is None)
    nothing_left_out = not (unpriced or uncounted)
    amount = sum(known) if known or nothing_left_out else None
    return Cost(amount, unpriced, uncounted)
