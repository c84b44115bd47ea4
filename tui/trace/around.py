"""What stands around an event in its run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from whitetail.store import BadLine, RunEvent


class Around(NamedTuple):
    """The rows that explain one row."""

    cause: RunEvent | None = None
    """The reply that a tool's result, or a subagent's row, stands under."""
    under: Sequence[RunEvent | BadLine] = ()
    """The rows that stand under it, in causal order: results, rows of subagents."""
    more: int = 0
    """How many rows under it were left out, since they are too many."""
    place: str = ""
    """What is to be said of the row's place in the run; mostly nothing."""


ALONE = Around()
"""Nothing around."""
