"""How long the steps of a demo run last."""

from __future__ import annotations

from collections.abc import Callable

Speed = Callable[[float, float], float]
"""Returns a step's seconds, given its typical seconds and a random number below 1."""


def realistic(seconds: float, chance: float) -> float:
    """Return 75 to 125 % of the typical seconds."""
    return seconds * (0.75 + chance / 2)


def watchable(seconds: float, chance: float) -> float:
    """Return 0.4 to 1.2 s, whatever is typical, so that a live run never stalls."""
    return 0.4 + 0.8 * chance
