"""The event that is looked at: as it was read, its bytes, and what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from whitetail.trace.order.outline import Outline
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail_store import BadLine, LogRow, RunEvent, RunLog

_MAX_CHILDREN = 1_000


class RelativeRows(NamedTuple):
    """The numbers of the rows that `Relatives` holds once they are read."""

    cause: int | None = None
    under: Sequence[int] = ()
    more: int = 0
    place: str = ""
    over: bool = True

    @classmethod
    def of(cls, row: int, outline: Outline, *, over: bool) -> RelativeRows:
        """Return the rows around one; `over` if the run has ended."""
        cause = outline.parent(row)
        above = row if outline.descendant_count(row) or cause is None else cause
        under = outline.descendants(above, _MAX_CHILDREN)
        more = outline.descendant_count(above) - len(under)
        return cls(cause, under, more, outline.position_note(row), over)


@dataclass(frozen=True, slots=True)
class EventSnapshot:
    """A row of a run, and all that is needed to show it in any form."""

    event: LogRow
    line: bytes
    """Its bytes; of a bad line as many as were kept."""
    relatives: Relatives


def read_snapshot(
    log: RunLog, row: int, relative_rows: RelativeRows | None
) -> EventSnapshot:
    """Read a row, and those around it where they are known.

    Raises:
        StoreError, OSError, IndexError: They can't be read.

    """
    event = log[row]
    line = event.raw if isinstance(event, BadLine) else log.line(row)
    if relative_rows is None:
        return EventSnapshot(event, line, UNKNOWN_RELATIVES)
    cause = None if relative_rows.cause is None else log[relative_rows.cause]
    under = [log[each] for each in relative_rows.under]
    reply = cause if isinstance(cause, RunEvent) else None
    around = Relatives(
        reply,
        under,
        relative_rows.more,
        relative_rows.place,
        run_ended=relative_rows.over,
    )
    return EventSnapshot(event, line, around)
