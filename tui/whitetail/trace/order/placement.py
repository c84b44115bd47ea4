"""The parent of a row, with what the outline keeps of the row."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

from whitetail.trace.order.sort_keys import Part

BOOKKEEPING = 1
"""The number of the series of all bookkeeping."""


class SubagentPart(NamedTuple):
    """What a row contributes to the line of a subagent, into which it is folded."""

    agent: str = ""
    """The type of the subagent; empty if the row does not name it."""
    description: str = ""
    part: Part | None = None
    is_step: bool = False
    copy: bool = False
    """Whether the row is a step that was written before."""
    status: str | None = None
    """Set if the subagent has ended."""
    failed: bool = False


class Placement(NamedTuple):
    """The parent of a row, and the fields that the outline keeps.

    A row has a second placement if its parent or its step is read later than the row.
    That one has no note, no time and no duration.
    """

    row: int
    parent: int = -1
    """The row that caused it; -1 at the top level."""
    sort_key: int = 0
    """Sorts the row among those with the same parent."""
    note: str = ""
    """Why the row could not be joined to its cause; empty if it was, or has none."""
    time: float = nan
    """When the row was written, in seconds since the epoch."""
    duration: float = nan
    """How long the call that ended with this row lasted, in seconds."""
    of_tool: bool = False
    """Whether that is a call of a tool; else it is a call of a model."""
    series: int = 0
    """Rows with the same number, one after another, can be shown as one line.

    `BOOKKEEPING`, the number of a subagent's reply and its steps, or 0 for none.
    """
    subagent: SubagentPart | None = None
    """Set for the rows of a subagent, and for the result of its `task` call."""
