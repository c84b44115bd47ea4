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
from whitetail.trace.json_object import text_field
from whitetail.trace.message import (
    call_id_of,
    is_bookkeeping,
    latency_of,
    status_of,
    task_id_of,
    text_of,
    tool_calls_of,
)
from whitetail.trace.message_step import parse_step
from whitetail.trace.order.sort_keys import Part, SortKeys, TaskKey, key_within_call
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail_store import BadLine, RunEvent

_SIGNATURE_CHARS = 100
_MAX_DEPTH = 32
"""Ids that form a chain must not make a tree whose depth slows down each step."""

BOOKKEEPING = 1
"""The number of the series of all bookkeeping."""
_CALL_ABSENT = "its call is not in this run"
_MISMATCH_NOTES = {
    Mismatch.NO_ID: "it has no call id",
    Mismatch.ANSWERED: "it answers the same call as seq {seq}",
    Mismatch.REPEATED: "its call has the same id as a call in seq {seq}",
}


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

    A row has a second placement if its parent is read later than the row. That one
    has only the row, the parent, the sort key and the part of the subagent.
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
        self._pending: dict[str, list[tuple[int, int, SubagentPart | None]]] = {}
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
            key = self._sort_keys.task_key(parsed.row, task_id, parsed.event)
            call = self._locate(parsed, task_id)
            note = "" if call else _CALL_ABSENT
            self._position_work(parsed, call, task_id, key, note)
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
            key = self._sort_keys.task_key(parsed.row, task_id, parsed.event)
            self._position_work(parsed, first, task_id, key)
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
            subagent = None
            if call.name == "task" or call.agent:
                status = "failed" if parsed.failed else "completed"
                subagent = SubagentPart(
                    call.agent, call.description, status=status, failed=parsed.failed
                )
            self._position(parsed, (call.row, call.index), sort_key, subagent=subagent)

    def _add_other(self, parsed: ParsedRow) -> None:
        event = parsed.event
        call_id = parsed.task_id or task_id_of(event) or call_id_of(event)
        if not call_id:
            of_subagent = parsed.kind.startswith("subagent.")
            self._position(parsed, note="it has no task id" if of_subagent else "")
            return
        key = self._sort_keys.task_key(parsed.row, call_id, event)
        if call := self._calls.locate(call_id):
            self._position_work(parsed, call, call_id, key)
        else:
            subagent, series = _subagent_part(parsed, call_id, key)
            self._add_pending(parsed, call_id, key.sort_key, subagent, series)

    def _locate(self, parsed: ParsedRow, call_id: str) -> tuple[int, int] | None:
        """Return the row and index of a call, unless the row itself made it."""
        call = self._calls.locate(call_id)
        return None if call is None or call[0] == parsed.row else call

    def _add_pending(
        self,
        parsed: ParsedRow,
        call_id: str,
        sort_key: int,
        subagent: SubagentPart | None = None,
        series: int = 0,
    ) -> None:
        pending = parsed.row, sort_key, subagent
        self._pending.setdefault(call_id, []).append(pending)
        self._position(parsed, None, sort_key, _CALL_ABSENT, series=series)

    def _position_work(
        self,
        parsed: ParsedRow,
        call: tuple[int, int] | None,
        task_id: str,
        key: TaskKey,
        note: str = "",
    ) -> None:
        """Put the next row, which is that of a task, under the reply of its call."""
        subagent, series = _subagent_part(parsed, task_id, key)
        self._position(
            parsed, call, key.sort_key, note, subagent=subagent, series=series
        )

    def _position(
        self,
        parsed: ParsedRow,
        call: tuple[int, int] | None = None,
        sort_key: int = 0,
        note: str = "",
        subagent: SubagentPart | None = None,
        series: int = 0,
    ) -> None:
        """Put the next row under the reply of a call, or at the top level."""
        row, event, parent = parsed.row, parsed.event, -1
        if call is not None and self._depth[call[0]] < _MAX_DEPTH:
            parent, sort_key = call[0], key_within_call(sort_key, call[1])
            self._depth[row] = self._depth[parent] + 1
        time = nan if parsed.time is None else parsed.time
        of_tool = parsed.result is not None
        if is_bookkeeping(event):
            series = BOOKKEEPING
        timed = note, time, duration_of(parsed), of_tool
        self._placements.append(
            Placement(row, parent, sort_key, *timed, series, subagent)
        )

    def _adopt_pending(self, call: Call) -> None:
        """Put the rows that wait for a call under the reply that made it."""
        if call.id in self._pending and self._depth[call.row] < _MAX_DEPTH:
            for row, sort_key, subagent in self._pending.pop(call.id):
                self._depth[row] = self._depth[call.row] + 1
                sort_key = key_within_call(sort_key, call.index)
                self._placements.append(
                    Placement(row, call.row, sort_key, subagent=subagent)
                )


def duration_of(parsed: ParsedRow) -> float:
    """Return how long the call that ended with a row lasted, in seconds, or NaN."""
    if (latency := latency_of(parsed.event)) is not None:
        return latency
    if parsed.result is None or parsed.result.match.mismatch is not None:
        return nan
    call, end = parsed.result.match.call, parsed.time
    if call is None or call.time is None or end is None or end < call.time:
        return nan
    return end - call.time


def _subagent_part(
    parsed: ParsedRow, task_id: str, key: TaskKey
) -> tuple[SubagentPart | None, int]:
    """Return the part of a row in its subagent, and the number of its series."""
    event, kind, launch = parsed.event, parsed.kind, parsed.launch
    caller, _, agent = parsed.caller.partition(":")
    if not kind.startswith("subagent.") and caller != "subagent":
        return None, 0
    series = 0
    if key.part is Part.REPLY or key.part is Part.STEP:
        number_and_texts = task_id, key.number, *_signature(event)
        series = hash(number_and_texts) & 0xFFFF_FFFF | 1 << 31
    return SubagentPart(
        launch.agent if launch else agent if caller == "subagent" else "",
        (launch and launch.description) or text_field(event.content, "description"),
        key.part,
        kind == "subagent.step",
        key.copy,
        status_of(event.content) or "ended" if kind == "subagent.end" else None,
        parsed.failed,
    ), series


def _signature(event: RunEvent) -> tuple[str, ...]:
    """Return what a reply and the step that repeats it have in common.

    That is the beginning of the text, as a step can be truncated, and the tools.
    """
    content = event.content
    is_step = event.event_type == "subagent.step"
    text = parse_step(content).text if is_step else text_of(content)
    calls = (call.name for call in tool_calls_of(content) if not call.error)
    return text[:_SIGNATURE_CHARS], *calls
