"""Which result answers which tool call, and which subagent speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from whitetail.trace.hash_map import HashMap64
from whitetail.trace.message import (
    ToolCall,
    call_id_of,
    is_lead,
    task_id_of,
    tool_calls_of,
)
from whitetail_store import RunEvent

_ROW = 28
_INDEX = 8


# Not frozen, though nobody changes one: it would take thrice as long to make.
@dataclass(slots=True)
class Call:
    """A tool call that a reply made."""

    row: int
    """The reply's row."""
    index: int
    """Its place among the reply's calls."""
    id: str
    name: str
    seq: int
    time: float | None
    """When the reply was written, in seconds since the epoch."""
    caller: str
    from_lead: bool
    """Whether the lead agent made it."""
    agent: str = ""
    """Which kind of subagent it launches; nothing for other tools."""
    description: str = ""
    """What the subagent is to do, in the call's own few words."""


class JoinFault(Enum):
    """Why a row stands under no call."""

    NO_ID = "no id"
    ABSENT = "absent"
    """No call of that id was seen yet."""
    ANSWERED = "answered"
    """Another row answered the call already."""
    REPEATED = "repeated"
    """Two replies made calls of that id, and both waited."""


class ResultMatch(NamedTuple):
    """What a tool result answers: a call, or a fault and the row it has to do with."""

    call: Call | None
    fault: JoinFault | None = None
    other_row: int = -1


class Calls:
    """Joins the results and subagents of one run to its tool calls, row by row.

    A row costs the calls that it makes or answers. Calls are kept while they
    wait; of one that was answered, 24 bytes remain.
    """

    def __init__(self) -> None:
        self._open: dict[str, list[Call]] = {}
        self._early: dict[str, int] = {}
        self._repeated: dict[str, int] = {}
        self._closed = HashMap64()
        self._tasks: dict[str, Call] = {}

    def unanswered(self) -> Iterator[Call]:
        """Yield the calls that no result has answered, in the order of asking."""
        for calls in self._open.values():
            yield from calls

    def add_reply(
        self, row: int, event: RunEvent, told: list[ToolCall] | None = None
    ) -> list[Call]:
        """Note a reply's calls, and return those that rows can be joined to.

        They are read from the reply, unless they were `told`. A subagent's call
        does not displace one of the lead agent's that waits.
        """
        lead, time, made = is_lead(event), event.time, []
        called = tool_calls_of(event.content) if told is None else told
        for index, asked in enumerate(called):
            if not asked.id:
                continue
            agent, purpose = _task(asked) if asked.args else ("", "")
            call = Call(
                row,
                index,
                asked.id,
                asked.name,
                event.seq,
                time,
                event.caller,
                lead,
                agent,
                purpose,
            )
            if self._note(call):
                made.append(call)
        return made

    def match_result(self, row: int, event: RunEvent) -> ResultMatch:
        """Note a tool result, and return the call that it answers."""
        call_id = call_id_of(event)
        if not call_id:
            return ResultMatch(None, JoinFault.NO_ID)
        if waiting := self._open.get(call_id):
            call = waiting.pop(0)
            if not waiting:
                del self._open[call_id]
            self._close(call, row)
            if (other := self._repeated.pop(call_id, None)) is not None:
                return ResultMatch(call, JoinFault.REPEATED, other)
            return ResultMatch(call)
        if (closed := self._closed.get(call_id)) is not None:
            return ResultMatch(None, JoinFault.ANSWERED, closed & ((1 << _ROW) - 1))
        if call_id in self._early:
            return ResultMatch(None, JoinFault.ANSWERED, self._early[call_id])
        self._early[call_id] = row
        return ResultMatch(None, JoinFault.ABSENT)

    def find_unanswered(self, call_id: str) -> Call | None:
        """Return the call of that id that waits for its result."""
        waiting = self._open.get(call_id)
        return waiting[0] if waiting else None

    def locate(self, call_id: str) -> tuple[int, int] | None:
        """Return the row and the index of the latest call of that id."""
        if waiting := self._open.get(call_id):
            return waiting[0].row, waiting[0].index
        if (closed := self._closed.get(call_id)) is None:
            return None
        return closed >> (_ROW + _INDEX), closed >> _ROW & ((1 << _INDEX) - 1)

    def candidate_tasks(self, event: RunEvent) -> list[Call]:
        """Return the calls whose subagent may have made a reply: at best just one.

        DeerFlow's replies do not say for which task they are. It is one that is
        at work then, launched and not yet answered, by the kind that spoke: its
        journal keeps the order of replies and results.
        """
        if task_id := task_id_of(event):
            return [call for call in self._tasks.values() if call.id == task_id]
        kind = event.caller.removeprefix("subagent:")
        return [c for c in self._tasks.values() if c.agent in ("", kind)]

    def _note(self, call: Call) -> bool:
        waiting = self._open.get(call.id)
        if waiting and waiting[0].row != call.row:
            if waiting[0].from_lead and not call.from_lead:
                return False
            if waiting[0].from_lead == call.from_lead:
                self._repeated[call.id] = waiting[0].row
            else:
                self._repeated.pop(call.id, None)
            del self._open[call.id]
            waiting = None
        if waiting:
            waiting.append(call)
        elif (early := self._early.pop(call.id, None)) is not None:
            self._close(call, early)
        else:
            self._open[call.id] = [call]
            if call.name == "task" or call.agent:
                self._tasks[call.id] = call
        return True

    def _close(self, call: Call, row: int) -> None:
        index = min(call.index, (1 << _INDEX) - 1)
        self._closed.set(call.id, (call.row << _INDEX | index) << _ROW | row)
        if call.id not in self._open:
            self._tasks.pop(call.id, None)


def _task(asked: ToolCall) -> tuple[str, str]:
    if not isinstance(asked.args, dict):
        return "", ""
    agent, purpose = asked.args.get("subagent_type"), asked.args.get("description")
    if not isinstance(agent, str) or not agent:
        agent = ""
    told = asked.name == "task" or agent
    return agent, purpose if told and isinstance(purpose, str) else ""
