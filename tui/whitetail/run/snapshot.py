"""Reads one event with its bytes and its relatives, for the detail pane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from whitetail.run.protocols import RunRows
from whitetail.trace.order.outline import Outline
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail_store import BadLine, LogRow, RunEvent

_MAX_CHILDREN = 1_000
"""Descendants of a row that are read with it; the rest are counted."""


class RelativeRows(NamedTuple):
    """The rows to read for a `Relatives`, whose fields have the same names."""

    cause: int | None = None
    """The parent of the row."""
    under: Sequence[int] = ()
    """Its descendants; for a row without any, those of its parent."""
    omitted: int = 0
    """The number of descendants that are not in `under`, because there are many."""
    position_note: str = ""
    run_ended: bool = True

    @classmethod
    def of(cls, row: int, outline: Outline, *, run_ended: bool) -> RelativeRows:
        """Return the relatives of a row."""
        cause = outline.parent(row)
        above = row if outline.descendant_count(row) or cause is None else cause
        under = outline.descendants(above, _MAX_CHILDREN)
        omitted = outline.descendant_count(above) - len(under)
        return cls(cause, under, omitted, outline.position_note(row), run_ended)


@dataclass(frozen=True, slots=True)
class EventSnapshot:
    """One row of a run, with everything that the detail pane shows of it."""

    event: LogRow
    line: bytes
    """The row as its source keeps it; of a bad line, the bytes that were kept."""
    relatives: Relatives


def read_snapshot(
    rows: RunRows, row: int, relative_rows: RelativeRows | None
) -> EventSnapshot:
    """Read a row and its relatives. None for relatives that are not known yet.

    Raises:
        StoreError, OSError, IndexError: A row cannot be read.

    """
    event = rows[row]
    line = event.raw if isinstance(event, BadLine) else rows.raw(row)
    if relative_rows is None:
        return EventSnapshot(event, line, UNKNOWN_RELATIVES)
    parent = None if relative_rows.cause is None else rows[relative_rows.cause]
    relatives = Relatives(
        parent if isinstance(parent, RunEvent) else None,
        [rows[each] for each in relative_rows.under],
        relative_rows.omitted,
        relative_rows.position_note,
        run_ended=relative_rows.run_ended,
    )
    return EventSnapshot(event, line, relatives)
