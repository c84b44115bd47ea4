"""What stands around an event in its run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from whitetail_store import BadLine, RunEvent


class Relatives(NamedTuple):
    """The rows that explain one row.

    Whoever makes one follows a single rule. `cause` is the row's parent in causal
    order, where it is a reply. `under` is what stands under the row itself, and
    where nothing does, what stands under its `cause`: the row, its brothers and
    sisters. Both in causal order, at any depth; who reads them joins by ids.
    """

    cause: RunEvent | None = None
    """The reply that a tool's result, or a subagent's row, stands under."""
    under: Sequence[RunEvent | BadLine] = ()
    """The rows that stand under it, or else beside it: results, subagents' rows."""
    omitted: int = 0
    """How many of those were left out, since they are too many."""
    position_note: str = ""
    """What is to be said of the row's place in the run; mostly nothing."""
    known: bool = True
    """Whether somebody looked: then what is not here is not in the run so far."""
    run_ended: bool = True
    """Whether the run has ended, so that nothing more is to come."""

    @property
    def complete(self) -> bool:
        """Whether a row that is not under it is known to be nowhere so far."""
        return self.known and not self.omitted

    @property
    def final(self) -> bool:
        """Whether a row that is not under it is known to be nowhere, for good."""
        return self.complete and self.run_ended


UNKNOWN_RELATIVES = Relatives(known=False)
"""Nothing is known of what stands around."""
