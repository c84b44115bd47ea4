"""Joins tool results to tool calls, and subagents to the calls that started them."""

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

# An answered call is one number of 64 bits: row of the reply, index, row of the result.
_ROW_BITS = 28
_INDEX_BITS = 8


# Not frozen, although no field changes: a frozen one costs three times as much to make.
@dataclass(slots=True)
class Call:
    """A tool call of a reply."""

    row: int
    """The reply's row."""
    index: int
    """The position of the call among the reply's calls, from 0."""
    id: str
    name: str
    seq: int
    """The reply's `seq`."""
    time: float | None
    """When the reply was written, in seconds since the epoch."""
    caller: str
    from_lead: bool
    """Whether the lead agent made the call."""
    agent: str = ""
    """The type of the subagent that it starts; empty for other tools."""
    description: str = ""
    """The short description of the subagent's task."""


class Mismatch(Enum):
    """Why a tool result is joined to no call, or to one that is only likely."""

    NO_ID = "no id"
    ABSENT = "absent"
    """No call with this id was read so far."""
    ANSWERED = "answered"
    """Another result answered the call before."""
    REPEATED = "repeated"
    """A second reply used the id while the call of a first one was unanswered."""


class ResultMatch(NamedTuple):
    """The call that a tool result answers, or the reason why there is none.

    With `REPEATED` there are both: the later call is the likely one.
    """

    call: Call | None
    mismatch: Mismatch | None = None
    other_row: int = -1
    """The row of the other result (`ANSWERED`) or of the other call (`REPEATED`)."""


class Calls:
    """The tool calls of one run, to which results and subagents are joined by id.

    DeerFlow joins nothing itself: a result names its call in `tool_call_id`, and the
    rows of a subagent name the `task` call that started it in `task_id`. Results can
    precede their calls in the file, and ids can repeat.

    A row costs the calls that it makes or answers. Unanswered calls are kept; an
    answered one costs 24 to 48 bytes.
    """

    def __init__(self) -> None:
        self._open: dict[str, list[Call]] = {}
        """Unanswered calls by id; several only if one reply repeats an id."""
        self._early: dict[str, int] = {}
        """Rows of results whose call was not read yet, by id."""
        self._repeated: dict[str, int] = {}
        """By id: the row of an unanswered call that a later one replaced."""
        self._closed = HashMap64()
        """Answered calls by id: row, index and row of the result, packed."""
        self._tasks: dict[str, Call] = {}
        """Unanswered calls that start subagents, by id."""

    def unanswered(self) -> Iterator[Call]:
        """Yield the calls without a result, in the order of the file."""
        for calls in self._open.values():
            yield from calls

    def add_reply(
        self, row: int, event: RunEvent, tool_calls: list[ToolCall] | None = None
    ) -> list[Call]:
        """Add the calls of a reply, and return those that rows can be joined to.

        `tool_calls` are read from the event if they are not given. A call of a
        subagent does not replace an unanswered one of the lead agent with its id.
        """
        from_lead, time = is_lead(event), event.time
        calls: list[Call] = []
        if tool_calls is None:
            tool_calls = tool_calls_of(event.content)
        for index, tool_call in enumerate(tool_calls):
            if not tool_call.id:
                continue
            agent, description = _task(tool_call) if tool_call.args else ("", "")
            call = Call(
                row,
                index,
                tool_call.id,
                tool_call.name,
                event.seq,
                time,
                event.caller,
                from_lead,
                agent,
                description,
            )
            if self._add(call):
                calls.append(call)
        return calls

    def match_result(self, row: int, event: RunEvent) -> ResultMatch:
        """Add a tool result, and return the call that it answers."""
        call_id = call_id_of(event)
        if not call_id:
            return ResultMatch(None, Mismatch.NO_ID)
        if calls := self._open.get(call_id):
            call = calls.pop(0)
            if not calls:
                del self._open[call_id]
            self._close(call, row)
            if (other := self._repeated.pop(call_id, None)) is not None:
                return ResultMatch(call, Mismatch.REPEATED, other)
            return ResultMatch(call)
        if (closed := self._closed.get(call_id)) is not None:
            result_row = closed & ((1 << _ROW_BITS) - 1)
            return ResultMatch(None, Mismatch.ANSWERED, result_row)
        if call_id in self._early:
            return ResultMatch(None, Mismatch.ANSWERED, self._early[call_id])
        self._early[call_id] = row
        return ResultMatch(None, Mismatch.ABSENT)

    def find_unanswered(self, call_id: str) -> Call | None:
        """Return the unanswered call with an id; None if there is none."""
        calls = self._open.get(call_id)
        return calls[0] if calls else None

    def locate(self, call_id: str) -> tuple[int, int] | None:
        """Return the row and the index of the latest call with an id."""
        if calls := self._open.get(call_id):
            return calls[0].row, calls[0].index
        if (closed := self._closed.get(call_id)) is None:
            return None
        index = closed >> _ROW_BITS & ((1 << _INDEX_BITS) - 1)
        return closed >> (_ROW_BITS + _INDEX_BITS), index

    def candidate_tasks(self, event: RunEvent) -> list[Call]:
        """Return the `task` calls whose subagent may have written a reply.

        One call if the answer is certain, several if it is ambiguous. DeerFlow's
        replies of subagents do not name their task. But its journal keeps replies
        and results in order, so the task is one that was started and is not answered
        yet; and its subagent has the type that the reply's caller names.
        """
        if task_id := task_id_of(event):
            return [call for call in self._tasks.values() if call.id == task_id]
        agent = event.caller.removeprefix("subagent:")
        return [c for c in self._tasks.values() if c.agent in ("", agent)]

    def _add(self, call: Call) -> bool:
        """Add a call; False if an unanswered one of the lead agent has its id."""
        calls = self._open.get(call.id)
        if calls and calls[0].row != call.row:
            if calls[0].from_lead and not call.from_lead:
                return False
            if calls[0].from_lead == call.from_lead:
                self._repeated[call.id] = calls[0].row
            else:
                self._repeated.pop(call.id, None)
            del self._open[call.id]
            calls = None
        if calls:
            calls.append(call)
        elif (early := self._early.pop(call.id, None)) is not None:
            self._close(call, early)
        else:
            self._open[call.id] = [call]
            if call.name == "task" or call.agent:
                self._tasks[call.id] = call
        return True

    def _close(self, call: Call, result_row: int) -> None:
        index = min(call.index, (1 << _INDEX_BITS) - 1)
        packed = (call.row << _INDEX_BITS | index) << _ROW_BITS | result_row
        self._closed.set(call.id, packed)
        if call.id not in self._open:
            self._tasks.pop(call.id, None)


def _task(tool_call: ToolCall) -> tuple[str, str]:
    """Return type and description of the subagent that a call starts."""
    if not isinstance(tool_call.args, dict):
        return "", ""
    agent = tool_call.args.get("subagent_type")
    description = tool_call.args.get("description")
    if not isinstance(agent, str) or not agent:
        agent = ""
    starts_subagent = tool_call.name == "task" or agent
    if not starts_subagent or not isinstance(description, str):
        description = ""
    return agent, description
