"""The few numbers by which runs are compared."""

from __future__ import annotations

from dataclasses import dataclass

from whitetail.trace.standing import Outlook


@dataclass(frozen=True, slots=True)
class Sum:
    """What was added up, and whether that is all of it."""

    amount: float
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run used and how it stands, once all of it was read."""

    rows: int
    tokens: Sum | None
    """Nothing where nobody counted them."""
    cost: Sum | None
    """Nothing where none of its models has a price, or nobody counted tokens."""
    calls: int
    """Tools that were called."""
    errors: int
    """Rows that say that something went wrong."""
    outlook: Outlook
