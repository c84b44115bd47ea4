"""What an open run publishes to its listeners."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from whitetail.run.protocols import CachedRow
from whitetail.trace.order.placement import Placement
from whitetail_store import StoreError


@dataclass(frozen=True, slots=True)
class Growth:
    """Rows that were read after those that had been published."""

    placements: Sequence[Placement]
    summaries: dict[int, CachedRow] = field(default_factory=dict)
    """The last of the rows, as lists show them."""


class RunListener:
    """What an `OpenRun` calls on the event loop. Override what a listener needs."""

    def run_opened(self) -> None:
        """React to the first read of a run, also after its file was replaced."""

    def order_changing(self, growth: Growth) -> AbstractContextManager[None]:
        """Return a context for a change of the outline: by these rows, or its order."""
        return nullcontext()

    def rows_added(self) -> None:
        """React to new rows: `row_count` has grown."""

    def run_progressed(self) -> None:
        """React to a change of `read_share`, of the faults or of `outline`."""

    def run_failed(self, error: Exception) -> None:
        """React to a failure to read the run."""

    def run_closed(self) -> None:
        """React to the end of reading; nothing is published after this."""


def explained(error: Exception) -> Exception:
    """Return an error of the run's file as it is, others with a text for a report.

    Without it, a mistake of the program would end the reading without a message.
    """
    if isinstance(error, (StoreError, OSError, IndexError)):
        return error
    mistake = RuntimeError(
        f"{type(error).__name__}: {error}, a bug in whitetail: please report it"
    )
    mistake.__cause__ = error
    return mistake
