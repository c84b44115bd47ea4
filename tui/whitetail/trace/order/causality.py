"""Finds the cause of each row from ids, so that a run can be shown in causal order.

DeerFlow's files are in the order of writing, which is not the order of events. The
rows of a subagent are written in batches of 25 or at its end, and so can precede the
call that started it. Results of calls that ran at the same time are in the order in
which they were ready. Only ids show which rows belong together: `tool_calls[].id` of a
reply, `tool_call_id` of a result, and `task_id` of a subagent's row.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from math import nan
from typing import NamedTuple

from whitetail.trace.calls import Call, Mismatch
from whitetail.trace.handoff.steps import StepMatch, StepMatcher, message_hash
from whitetail.trace.json_object import text_field
from whitetail.trace.message import (
    call_id_of,
    is_bookkeeping,
    latency_of,
    status_of,
    task_id_of,
)
from whitetail.trace.order.placement import BOOKKEEPING, Placement, SubagentPart
from whitetail.trace.order.sort_keys import Part, SortKeys, TaskKey, key_within_call
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail_store import BadLine, RunEvent

_MAX_DEPTH = 32
"""Ids that form a chain must not make a tree whose depth slows down each step."""

_RENUMBERED = SubagentPart()
"""A reply that was counted before its step was found."""
_CALL_ABSENT = "its call is not in this run"
_MISMATCH_NOTES = {
    Mismatch.NO_ID: "it has no call id",
    Mismatch.ANSWERED: "it answers the same call as seq {seq}",
    Mismatch.REPEATED: "its call has the same id as a call in seq {seq}",
}


class _Unmatched(NamedTuple):
    """A reply of a subagent whose step was not read yet."""

    tasks: Sequence[str]
    """Those that may have written it."""
    calls: Sequence[tuple[int, int] | None]
    """Row and index of the call of each task, if it was read before the reply."""
    hashed: int
    number: int | None
    """The number that it has among the replies of its only task; else None."""
    part: SubagentPart
    """What it adds to the subagent if its step is found."""


class ParentResolver(Aggregator):
    """Finds the parent of each row of one run.

    The parent of a tool result is the reply that made the call. The same reply is the
    parent of the rows of the subagent that it started: those with the id of the task,
    and the replies of callers `subagent:<type>`, which name no task. Such a reply is of
    the subagent whose step repeats it, or of the only one that was running. Rows that
    join nothing, or more than one thing, are in file order, with a note that says why.

    Nine bytes are kept per row, 24 to 48 per answered call, some hundred per step and
    reply of a subagent that has not ended, and no event.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self._calls = self._parser.calls
        self._sort_keys = SortKeys()
        self._seq = array("q")
        self._depth = array("B")
        self._placements: list[Placement] = []
        self._steps = StepMatcher()
        self._unmatched: dict[int, _Unmatched] = {}
        """Replies of subagents whose step was not read yet, by row."""
        self._pending: dict[str, list[Placement]] = {}
        """Rows whose call was not read yet, by call id."""

    def resolve(self, rows: Iterable[RunEvent | BadLine] = ()) -> list[Placement]:
        """Feed the run's next rows; return all placements since the last call.

        There is one for each new row, in file order, and one for each earlier row
        whose parent or step was found. A row moves at most once: from the top level to
        under a later reply, or to the step that repeats it.
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
        if parsed.task_id or parsed.caller.startswith("subagent:"):
            self._add_subagent_reply(parsed, reply)
        else:
            self._position(parsed)
        for call_made in reply.calls:
            self._adopt_pending(call_made)

    def _add_subagent_reply(self, parsed: ParsedRow, reply: Reply) -> None:
        """Add a reply, beside the step that repeats it if that is known.

        It is never pending: rows are put under a reply, and it must not move with them.
        """
        tasks, row = reply.candidate_tasks, parsed.row
        if not tasks:
            self._position(parsed, note="no subagent was running")
            return
        calls = [self._locate(parsed, task_id) for task_id in tasks]
        hashed = message_hash(parsed.event, reply.tool_calls)
        match = self._steps.add_reply(row, tasks, hashed)
        if match or len(tasks) == 1:
            task_id, number = (match.task_id, match.step) if match else (tasks[0], None)
            call = calls[tasks.index(task_id)]
            key = self._sort_keys.reply_key(row, task_id, number)
            note = "" if call else _CALL_ABSENT
            self._position_work(parsed, call, task_id, key, hashed, note)
            number = key.number
            part = _RENUMBERED
        else:
            self._position_among(parsed, calls)
            number, part = None, _subagent_part(parsed, Part.REPLY) or _RENUMBERED
        if not match:
            self._unmatched[row] = _Unmatched(tasks, calls, hashed, number, part)

    def _position_among(
        self, parsed: ParsedRow, calls: Sequence[tuple[int, int] | None]
    ) -> None:
        """Put the next row, which one of several subagents wrote, under their reply."""
        note = f"which of {len(calls)} subagents wrote it is not known"
        first = calls[0]
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
                for row in self._steps.forget(call.id):
                    self._unmatched.pop(row, None)
            self._position(parsed, (call.row, call.index), sort_key, subagent=subagent)

    def _add_other(self, parsed: ParsedRow) -> None:
        event = parsed.event
        call_id = parsed.task_id or task_id_of(event) or call_id_of(event)
        if not call_id:
            of_subagent = parsed.kind.startswith("subagent.")
            self._position(parsed, note="it has no task id" if of_subagent else "")
            return
        key = self._sort_keys.task_key(parsed.row, call_id, event)
        hashed = message_hash(event) if key.part is Part.STEP else 0
        if call := self._calls.locate(call_id):
            self._position_work(parsed, call, call_id, key, hashed)
        else:
            subagent = _subagent_part(parsed, key.part, copy=key.copy)
            series = _series(call_id, key, hashed) if subagent else 0
            self._add_pending(parsed, call_id, key.sort_key, subagent, series)
        if key.part is Part.STEP and not key.copy:
            match = self._steps.add_step(key.number, call_id, hashed)
            if match and (unmatched := self._unmatched.pop(match.reply, None)):
                self._move_to_step(match, unmatched)

    def _move_to_step(self, match: StepMatch, reply: _Unmatched) -> None:
        """Put an earlier reply beside its step, unless it is there or has rows."""
        row, task_id, number = match.reply, match.task_id, match.step
        call = reply.calls[reply.tasks.index(task_id)]
        if number == reply.number or not call or self._depth[call[0]] >= _MAX_DEPTH:
            return
        key = self._sort_keys.reply_key(row, task_id, number)
        self._depth[row] = self._depth[call[0]] + 1
        sort_key = key_within_call(key.sort_key, call[1])
        series = _series(task_id, key, reply.hashed)
        self._placements.append(
            Placement(row, call[0], sort_key, series=series, subagent=reply.part)
        )

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
        pending = Placement(
            parsed.row, sort_key=sort_key, series=series, subagent=subagent
        )
        self._pending.setdefault(call_id, []).append(pending)
        self._position(parsed, None, sort_key, _CALL_ABSENT, series=series)

    def _position_work(
        self,
        parsed: ParsedRow,
        call: tuple[int, int] | None,
        task_id: str,
        key: TaskKey,
        hashed: int,
        note: str = "",
    ) -> None:
        """Put the next row, which is that of a task, under the reply of its call."""
        subagent = _subagent_part(parsed, key.part, copy=key.copy)
        series = _series(task_id, key, hashed) if subagent else 0
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
            self._unmatched.pop(parent, None)
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
            self._unmatched.pop(call.row, None)
            for pending in self._pending.pop(call.id):
                self._depth[pending.row] = self._depth[call.row] + 1
                sort_key = key_within_call(pending.sort_key, call.index)
                self._placements.append(
                    pending._replace(parent=call.row, sort_key=sort_key)
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
    parsed: ParsedRow, part: Part | None, *, copy: bool = False
) -> SubagentPart | None:
    """Return the part of a row in its subagent; None if it is of none."""
    event, kind, launch = parsed.event, parsed.kind, parsed.launch
    caller, _, agent = parsed.caller.partition(":")
    if not kind.startswith("subagent.") and caller != "subagent":
        return None
    return SubagentPart(
        launch.agent if launch else agent if caller == "subagent" else "",
        (launch and launch.description) or text_field(event.content, "description"),
        part,
        kind == "subagent.step",
        copy,
        status_of(event.content) or "ended" if kind == "subagent.end" else None,
        parsed.failed,
    )


def _series(task_id: str, key: TaskKey, hashed: int) -> int:
    """Return the number of the series of a reply and its steps; 0 for other rows."""
    if key.part is None or key.part is Part.OTHER:
        return 0
    return hash((task_id, key.number, hashed)) & 0xFFFF_FFFF | 1 << 31
