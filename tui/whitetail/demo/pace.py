"""How long things take in a demo."""

from collections.abc import Callable

Pace = Callable[[float, float], float]
"""How many seconds something takes, from its usual seconds and chance, 0 to 1."""


def usual(seconds: float, chance: float) -> float:
    """Return about as many seconds as such things take."""
    return seconds * (0.75 + chance / 2)


def hurried(seconds: float, chance: float) -> float:
    """Return 0.4 to 1.2 seconds, so that somebody likes to watch."""
    return 0.4 + 0.8 * chance
