"""Finds the cause of each row from ids, so that a run can be shown in causal order.

DeerFlow's files are in the order of writing, which is not the order of events. The
rows of a subagent are written in batches of 25 or at its end, and so can precede the
call that started it. Results of calls that ran at the same time are in the order in
which they were ready. Only ids show which rows belong together: `tool_calls[].id` of a
reply, `tool_call_id` of a result, and `task_id` of a subagent's row.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import nan
from typing import NamedTuple

from whitetail.trace.calls import Call, Mismatch
from whitetail.trace.message import (
    call_id_of,
    canonical,
    is_bookkeeping,
    latency_of,
    task_id_of,
)
from whitetail.trace.message_step import is_tool_step
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail_store import BadLine, RunEvent

# The fields of a sort key in bits, from the lowest: row, part, number, stage, call.
_ROW_BITS, _PART_BITS, _NUMBER_BITS, _STAGE_BITS, _CALL_BITS = 28, 2, 22, 2, 8
_CALL_SHIFT = _ROW_BITS + _PART_BITS + _NUMBER_BITS + _STAGE_BITS
_STAGE_SHIFT = _CALL_SHIFT - _STAGE_BITS
_BEGIN, _WORK, _END, _RESULT = range(4)
_STAGES = {"subagent.start": _BEGIN, "subagent.end": _END}
_REPLY, _STEP, _TOOL = range(3)

_MAX_DEPTH = 32
"""Ids that form a chain must not make a tree whose depth slows down each step."""

_CALL_ABSENT = "its call is not in this run"
_MISMATCH_NOTES = {
    Mismatch.NO_ID: "it has no call id",
    Mismatch.ANSWERED: "it answers the same call as seq {seq}",
    Mismatch.REPEATED: "its call has the same id as a call in seq {seq}",
}


class SortKeys:
    """Makes sort keys for rows with the same parent, in 62 bits.

    Rows are sorted by the call that they belong to, then by stage: the subagent's
    start, its work, its end, and the result that the call returned.

    DeerFlow writes each reply of a subagent twice: as a reply, at once, and as a step,
    in a batch. So work is sorted by number: the first reply, the first step, the
    results of tools that follow this step, then the second reply, and so on.
    """

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        """The number of replies and the number of steps of each task so far."""

    def result_key(self, row: int) -> int:
        """Return the sort key of a tool result."""
        return _RESULT << _STAGE_SHIFT | row

    def work_key(self, row: int) -> int:
        """Return the sort key of a subagent's row whose task is ambiguous."""
        return _WORK << _STAGE_SHIFT | row

    def task_key(self, row: int, task_id: str, event: RunEvent) -> int:
        """Return the sort key of the next row of a task."""
        stage = _STAGES.get(event.event_type, _WORK)
        number = part = 0
        if stage == _WORK:
            number, part = self._number_and_part(task_id, event)
        number = min(number, (1 << _NUMBER_BITS) - 1)
        work = (stage << _NUMBER_BITS | number) << _PART_BITS | part
        return work << _ROW_BITS | row

    def _number_and_part(self, task_id: str, event: RunEvent) -> tuple[int, int]:
        counts = self._counts.setdefault(task_id, [0, 0])
        if canonical(event.event_type) == "llm.ai.response":
            part = _REPLY
        elif is_tool_step(event.content):
            return max(counts[_STEP] - 1, 0), _TOOL
        else:
            part = _STEP
        counts[part] += 1
        return counts[part] - 1, part


def key_within_call(sort_key: int, index: int) -> int:
    """Return a sort key with the index of a call; -1 sorts before all calls."""
    return min(index + 1, (1 << _CALL_BITS) - 1) << _CALL_SHIFT | sort_key


class Placement(NamedTuple):
    """The parent of a row, and the fields that the outline keeps.

    A row has a second placement if its parent is read later than the row. That one
    has only the row, the parent and the sort key.
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
    bookkeeping: bool = False
    """Whether a series of such rows can be shown as one line."""


class ParentResolver(Aggregator):
    """Finds the parent of each row of one run.

    The parent of a tool result is the reply that made the call. The same reply is the
    parent of the rows of the subagent that it started: those with the id of the task,
    and the replies of callers `subagent:<type>`, which name no task, if only one
    running subagent can have written them. Rows that join nothing, or more than one
    thing, stay at the top level in file order, with a note that says why.

    Nine bytes are kept per row, 24 to 48 per answered call, and no event.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self._calls = self._parser.calls
        self._sort_keys = SortKeys()
        self._seq = array("q")
        self._depth = array("B")
        self._placements: list[Placement] = []
        self._pending: dict[str, list[tuple[int, int]]] = {}
        """Rows whose call was not read yet with their sort keys, by call id."""

    def resolve(self, rows: Iterable[RunEvent | BadLine] = ()) -> list[Placement]:
        """Feed the run's next rows; return all placements since the last call.

        There is one for each new row, in file order, and one for each earlier row
        whose parent was found. A row moves at most once: from the top level to under
        a later reply.
        """
        self.feed(rows)
        placements, self._placements = self._placements, []
        return placements

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row."""
        self._seq.append(parsed.event.seq)
        self._depth.append(0)
        if parsed.reply is not None:
            self._add_reply(parsed, parsed.reply)
        elif parsed.result is not None:
            self._add_result(parsed, parsed.result)
        else:
            self._add_other(parsed)

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Add the run's next row, which is not an event; it is at the top level."""
        self._seq.append(-1)
        self._depth.append(0)
        self._placements.append(Placement(row))

    def _add_reply(self, parsed: ParsedRow, reply: Reply) -> None:
        if task_id := parsed.task_id:
            # Never pending: rows are put under a reply, and it must not move with them.
            sort_key = self._sort_keys.task_key(parsed.row, task_id, parsed.event)
            call = self._locate(parsed, task_id)
            self._position(parsed, call, sort_key, "" if call else _CALL_ABSENT)
        elif parsed.caller.startswith("subagent:"):
            self._add_unnamed_reply(parsed, reply)
        else:
            self._position(parsed)
        for call_made in reply.calls:
            self._adopt_pending(call_made)

    def _add_unnamed_reply(self, parsed: ParsedRow, reply: Reply) -> None:
        """Add the reply of a subagent that does not name its task."""
        calls = [self._locate(parsed, task_id) for task_id in reply.candidate_tasks]
        if not calls:
            self._position(parsed, note="no subagent was running")
            return
        first = calls[0]
        if len(calls) == 1:
            task_id = reply.candidate_tasks[0]
            sort_key = self._sort_keys.task_key(parsed.row, task_id, parsed.event)
            self._position(parsed, first, sort_key)
            return
        note = f"which of {len(calls)} subagents wrote it is not known"
        same_reply = first is not None and all(
            each and each[0] == first[0] for each in calls
        )
        call = (first[0], -1) if first and same_reply else None
        self._position(parsed, call, self._sort_keys.work_key(parsed.row), note)

    def _add_result(self, parsed: ParsedRow, result: Result) -> None:
        sort_key = self._sort_keys.result_key(parsed.row)
        call, mismatch, other_row = result.match
        if mismatch is Mismatch.ABSENT:
            self._add_pending(parsed, call_id_of(parsed.event), sort_key)
        elif mismatch is not None:
            seq = self._seq[other_row] if other_row >= 0 else "?"
            note = _MISMATCH_NOTES[mismatch].format(seq=seq)
            self._position(parsed, None, sort_key, note)
        elif call is not None:
            duration = _duration(call, parsed.time)
            self._position(parsed, (call.row, call.index), sort_key, duration=duration)

    def _add_other(self, parsed: ParsedRow) -> None:
        event = parsed.event
        call_id = parsed.task_id or task_id_of(event) or call_id_of(event)
        if not call_id:
            of_subagent = parsed.kind.startswith("subagent.")
            self._position(parsed, note="it has no task id" if of_subagent else "")
            return
        sort_key = self._sort_keys.task_key(parsed.row, call_id, event)
        if call := self._calls.locate(call_id):
            self._position(parsed, call, sort_key)
        else:
            self._add_pending(parsed, call_id, sort_key)

    def _locate(self, parsed: ParsedRow, call_id: str) -> tuple[int, int] | None:
        """Return the row and index of a call, unless the row itself made it."""
        call = self._calls.locate(call_id)
        return None if call is None or call[0] == parsed.row else call

    def _add_pending(self, parsed: ParsedRow, call_id: str, sort_key: int) -> None:
        self._pending.setdefault(call_id, []).append((parsed.row, sort_key))
        self._position(parsed, None, sort_key, _CALL_ABSENT)

    def _position(
        self,
        parsed: ParsedRow,
        call: tuple[int, int] | None = None,
        sort_key: int = 0,
        note: str = "",
        duration: float = nan,
    ) -> None:
        """Put the next row under the reply of a call, or at the top level."""
        row, event, parent = parsed.row, parsed.event, -1
        if call is not None and self._depth[call[0]] < _MAX_DEPTH:
            parent, sort_key = call[0], key_within_call(sort_key, call[1])
            self._depth[row] = self._depth[parent] + 1
        time = nan if parsed.time is None else parsed.time
        of_tool = parsed.result is not None
        if (latency := latency_of(event)) is not None:
            duration = latency
        bookkeeping = is_bookkeeping(event)
        self._placements.append(
            Placement(row, parent, sort_key, note, time, duration, of_tool, bookkeeping)
        )

    def _adopt_pending(self, call: Call) -> None:
        """Put the rows that wait for a call under the reply that made it."""
        if call.id in self._pending and self._depth[call.row] < _MAX_DEPTH:
            for row, sort_key in self._pending.pop(call.id):
                self._depth[row] = self._depth[call.row] + 1
                sort_key = key_within_call(sort_key, call.index)
                self._placements.append(Placement(row, call.row, sort_key))


def _duration(call: Call, end: float | None) -> float:
    """Return how long a call lasted, in seconds; NaN if unknown."""
    if call.time is None or end is None or end < call.time:
        return nan
    return end - call.time
