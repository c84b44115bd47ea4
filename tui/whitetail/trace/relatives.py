"""The rows that explain one row of a run: its parent and descendants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from whitetail_store import BadLine, RunEvent


class Relatives(NamedTuple):
    """The rows that are shown with one row, in causal order.

    A hand-off card or a call with its result needs other rows than its own. With them,
    a row can be laid out without reading the run again.
    """

    cause: RunEvent | None = None
    """The row's parent in causal order, if it is an event."""
    under: Sequence[RunEvent | BadLine] = ()
    """The row's descendants at any depth; for a row without any, its parent's."""
    omitted: int = 0
    """How many rows were left out of `under` because there are too many."""
    position_note: str = ""
    """Why the row is where it is; empty if its position needs no explanation."""
    known: bool = True
    """False if the run's other rows were not read yet."""
    run_ended: bool = True
    """Whether the run has ended, so that no more rows are expected."""

    @property
    def complete(self) -> bool:
        """Whether a row that is not in `under` does not exist so far."""
        return self.known and not self.omitted

    @property
    def final(self) -> bool:
        """Whether a row that is not in `under` will never exist."""
        return self.complete and self.run_ended


UNKNOWN_RELATIVES = Relatives(known=False)
"""For a row whose run was not read."""
