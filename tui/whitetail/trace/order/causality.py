"""A run in the order in which things happened, told from ids."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import nan
from typing import Any, NamedTuple

from whitetail.trace.calls import Call, JoinFault
from whitetail.trace.message import (
    call_id_of,
    canonical,
    is_bookkeeping,
    latency_of,
    task_id_of,
)
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail_store import BadLine, RunEvent

_ROW, _PART, _NUMBER, _STAGE, _CALL = 28, 2, 22, 2, 8
_KIN = _ROW + _PART + _NUMBER + _STAGE
_BEGIN, _WORK, _END, _RESULT = range(4)
_STAGES = {"subagent.start": _BEGIN, "subagent.end": _END}
_REPLY, _STEP, _TOOL = range(3)


class SortKeys:
    """Ranks the rows of subagents and the results of tools, in order of the file.

    By the call of the reply that they stand under, then beginning, work, end
    and result. Of the work, the first reply stands before the first step that
    repeats it, which stands before the results that step came to.
    """

    def __init__(self) -> None:
        self._told: dict[str, list[int]] = {}
        """How many replies and how many steps a task has so far."""

    def result_key(self, row: int) -> int:
        """Return the rank of a tool's result."""
        return _RESULT << _KIN - _STAGE | row

    def work_key(self, row: int) -> int:
        """Return the rank of a subagent's row whose task is not known."""
        return _WORK << _KIN - _STAGE | row

    def task_key(self, row: int, task_id: str, event: RunEvent) -> int:
        """Return the rank of a task's next row."""
        stage = _STAGES.get(event.event_type, _WORK)
        number = part = 0
        if stage == _WORK:
            number, part = self._turn(task_id, event)
        number = min(number, (1 << _NUMBER) - 1)
        return ((stage << _NUMBER | number) << _PART | part) << _ROW | row

    def _turn(self, task_id: str, event: RunEvent) -> tuple[int, int]:
        told = self._told.setdefault(task_id, [0, 0])
        if canonical(event.event_type) == "llm.ai.response":
            part = _REPLY
        elif _is_tool(event.content):
            return max(told[_STEP] - 1, 0), _TOOL
        else:
            part = _STEP
        told[part] += 1
        return told[part] - 1, part


def key_within_call(rank: int, index: int) -> int:
    """Return a rank as it is under a call of a reply; -1 goes before all calls."""
    return min(index + 1, (1 << _CALL) - 1) << _KIN | rank


def _is_tool(content: Any) -> bool:
    return isinstance(content, dict) and content.get("kind") == "tool"


_ABSENT = "its call is not in this run"
_SAID = {
    JoinFault.NO_ID: "it names no call",
    JoinFault.ANSWERED: "answers the same call as seq {seq}",
    JoinFault.REPEATED: "its call's id is also that of one in seq {seq}",
}


_DEEPEST = 32


class Placement(NamedTuple):
    """Where a row belongs; told once more when that turns out to be elsewhere."""

    row: int
    parent: int = -1
    """The row that caused it, -1 at the top."""
    sort_key: int = 0
    """What sorts it among those of the same parent."""
    note: str = ""
    """What is to be said of its place."""
    time: float = nan
    """When it was written, in seconds since the epoch."""
    duration: float = nan
    """How long what it tells of went on until then, in seconds."""
    bookkeeping: bool = False
    """Whether it is bookkeeping, of which many are as good as one."""


class ParentResolver(Aggregator):
    """Reads a run's rows, and tells of each under which it belongs.

    A tool's result stands under the reply that asked for it, and so do the rows
    of the subagent that the reply launched: those that carry its task's id, and
    the replies of callers `subagent:…` while it alone can have made them. What
    joins to nothing, or to more than one thing, stays at the top level, where
    rows are in file order; its note says why.

    Of a subagent, its replies stand beside the steps that repeat them: the
    first with the first, the second with the second.

    Nine bytes are kept of a row, 24 more of a call that was answered, and no event.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self._calls = self._parser.calls
        self._ranks = SortKeys()
        self._seq = array("q")
        self._depth = array("B")
        self._told: list[Placement] = []
        self._pending: dict[str, list[tuple[int, int]]] = {}
        """Rows that wait for the call of an id, with their ranks."""

    def resolve(self, rows: Iterable[RunEvent | BadLine] = ()) -> list[Placement]:
        """Take the run's next rows; return where they belong, and who moves.

        That goes for all rows since the last time. One that was placed before is
        moved at most once, from the top to under a reply that came later.
        """
        self.feed(rows)
        told, self._told = self._told, []
        return told

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row."""
        self._seq.append(parsed.event.seq)
        self._depth.append(0)
        if parsed.reply is not None:
            self._read_reply(parsed, parsed.reply)
        elif parsed.result is not None:
            self._read_result(parsed, parsed.result)
        else:
            self._read_other(parsed)

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self._seq.append(-1)
        self._depth.append(0)
        self._told.append(Placement(row))

    def _read_reply(self, reading: ParsedRow, reply: Reply) -> None:
        if task_id := reading.task_id:
            # Rows may come to stand under it: it never moves once it stands.
            rank = self._ranks.task_key(reading.row, task_id, reading.event)
            call = self._place(reading, task_id)
            self._stand(reading, call, rank, "" if call else _ABSENT)
        elif reading.caller.startswith("subagent:"):
            self._read_voice(reading, reply)
        else:
            self._stand(reading)
        for asked in reply.calls:
            self._adopt(asked.id, asked.row, asked.index)

    def _read_voice(self, reading: ParsedRow, reply: Reply) -> None:
        """Read the reply of a subagent that does not say for which task it is."""
        places = [self._place(reading, task_id) for task_id in reply.candidate_tasks]
        if not places:
            self._stand(reading, note="no subagent was at work")
            return
        first = places[0]
        if len(places) == 1:
            rank = self._ranks.task_key(
                reading.row, reply.candidate_tasks[0], reading.event
            )
            self._stand(reading, first, rank)
            return
        said = f"which of {len(places)} subagents spoke is not known"
        same = first is not None and all(
            each and each[0] == first[0] for each in places
        )
        call = (first[0], -1) if first and same else None
        self._stand(reading, call, self._ranks.work_key(reading.row), said)

    def _read_result(self, reading: ParsedRow, result: Result) -> None:
        rank = self._ranks.result_key(reading.row)
        call, fault, other = result.match
        if fault is JoinFault.ABSENT:
            self._wait(reading, call_id_of(reading.event), rank)
        elif fault is not None:
            note = _SAID[fault].format(seq=self._seq[other] if other >= 0 else "?")
            self._stand(reading, None, rank, note)
        elif call is not None:
            took = _between(call, reading.time)
            self._stand(reading, (call.row, call.index), rank, took=took)

    def _read_other(self, reading: ParsedRow) -> None:
        event = reading.event
        call_id = reading.task_id or task_id_of(event) or call_id_of(event)
        if not call_id:
            lost = reading.kind.startswith("subagent.")
            self._stand(reading, note="it names no task" if lost else "")
            return
        rank = self._ranks.task_key(reading.row, call_id, event)
        if call := self._calls.locate(call_id):
            self._stand(reading, call, rank)
        else:
            self._wait(reading, call_id, rank)

    def _place(self, reading: ParsedRow, call_id: str) -> tuple[int, int] | None:
        """Return where a call was made, unless that was by the row itself."""
        place = self._calls.locate(call_id)
        return None if place is None or place[0] == reading.row else place

    def _wait(self, reading: ParsedRow, call_id: str, rank: int) -> None:
        self._pending.setdefault(call_id, []).append((reading.row, rank))
        self._stand(reading, None, rank, _ABSENT)

    def _stand(
        self,
        reading: ParsedRow,
        call: tuple[int, int] | None = None,
        rank: int = 0,
        note: str = "",
        took: float = nan,
    ) -> None:
        """Tell the next row's place: under its call's reply, or at the top."""
        row, event, parent = reading.row, reading.event, -1
        if call is not None and self._depth[call[0]] < _DEEPEST:
            parent, rank = call[0], key_within_call(rank, call[1])
            self._depth[row] = self._depth[parent] + 1
        when = nan if reading.time is None else reading.time
        if (latency := latency_of(event)) is not None:
            took = latency
        self._told.append(
            Placement(row, parent, rank, note, when, took, is_bookkeeping(event))
        )

    def _adopt(self, call_id: str, reply: int, index: int) -> None:
        """Put the rows that waited for a call under the reply that made it."""
        if call_id in self._pending and self._depth[reply] < _DEEPEST:
            for row, rank in self._pending.pop(call_id):
                self._depth[row] = self._depth[reply] + 1
                self._told.append(Placement(row, reply, key_within_call(rank, index)))


def _between(call: Call, time: float | None) -> float:
    """Return how long a call went on; not a number where that is not known."""
    if call.time is None or time is None or time < call.time:
        return nan
    return time - call.time
