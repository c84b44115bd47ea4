"""What took how long: the run, its model calls, its tools and its subagents."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import isnan, nan
from typing import overload

from whitetail.store import BadLine, RunEvent

from .calls import Call, Calls
from .message import (
    canonical,
    is_failure,
    latency_of,
    model_of,
    task_id_of,
)


class Kind(Enum):
    """What a span is the time of."""

    RUN = "run"
    MODEL = "model"
    TOOL = "tool"
    SUBAGENT = "subagent"


_KINDS = tuple(Kind)
_SURE, _FAILED = 1, 2


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a run's time, in seconds since the epoch."""

    kind: Kind
    name: str
    """The model, the tool, or what the subagent was to do."""
    start: float | None
    end: float | None
    """Nothing while it has no end, or if that has no time."""
    sure: bool
    """Whether both ends are known: a subagent's rows are stamped when they are
    written, up to 25 at once, so that they tell a range; a reply without latency
    tells only its end."""
    row: int
    """Where it began to be told: the reply that asked, for a tool."""
    result_row: int | None
    """The row that ended it."""
    caller: str
    failed: bool = False

    @property
    def duration(self) -> float | None:
        """How long it took, in seconds, where both ends are known or guessed."""
        if self.start is None or self.end is None:
            return None
        return max(self.end - self.start, 0.0)


class Spans(Sequence[Span]):
    """The spans of one run, in the order in which they began to be told.

    The first is the run's own. A row costs the calls that it makes, and a span
    takes 35 bytes, so that a million are no matter; each is made when asked for.
    """

    def __init__(self) -> None:
        self._calls = Calls()
        self._kind = array("B")
        self._name = array("I")
        self._caller = array("I")
        self._start = array("d")
        self._end = array("d")
        self._row = array("I")
        self._result = array("i")
        self._flags = array("B")
        self._words: list[str] = []
        self._known: dict[str, int] = {}
        self._waiting: dict[tuple[int, int], int] = {}
        self._agents: dict[str, int] = {}
        self._rows = 0
        self._dated = False

    def __len__(self) -> int:
        return len(self._kind)

    @overload
    def __getitem__(self, index: int) -> Span: ...
    @overload
    def __getitem__(self, index: slice) -> list[Span]: ...
    def __getitem__(self, index: int | slice) -> Span | list[Span]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        start, end, result = self._start[index], self._end[index], self._result[index]
        flags = self._flags[index]
        return Span(
            _KINDS[self._kind[index]],
            self._words[self._name[index]],
            None if isnan(start) else start,
            None if isnan(end) else end,
            bool(flags & _SURE) and start <= end,
            self._row[index],
            None if result < 0 else result,
            self._words[self._caller[index]],
            bool(flags & _FAILED),
        )

    def feed(self, rows: Iterable[RunEvent | BadLine]) -> None:
        """Take the run's next rows."""
        for event in rows:
            row = self._rows
            self._rows += 1
            if isinstance(event, RunEvent):
                self._read(row, event)

    def _read(self, row: int, event: RunEvent) -> None:
        kind, time = canonical(event.event_type), event.time
        if not self._kind:
            self._add(Kind.RUN, "run", nan, row, "")
        self._date(row, kind, nan if time is None else time, event)
        if kind == "llm.ai.response":
            self._read_reply(row, event)
        elif kind == "llm.tool.result":
            self._read_result(row, event)
        elif kind.startswith("subagent.") and (task_id := task_id_of(event)):
            self._read_subagent(row, task_id, event)

    def _date(self, row: int, kind: str, time: float, event: RunEvent) -> None:
        """Widen the run's own span; its first and last rows know best."""
        if kind == "run.start" and not self._dated:
            self._start[0], self._row[0], self._dated = time, row, True
        elif not self._dated and not self._start[0] <= time and not isnan(time):
            self._start[0] = time
        if kind in ("run.end", "run.error"):
            failed = is_failure(event) or bool(self._flags[0] & _FAILED)
            self._stop(0, row, time, failed, sure=self._dated)

    def _read_reply(self, row: int, event: RunEvent) -> None:
        time, latency = event.time, latency_of(event)
        end = nan if time is None else time
        start = end if latency is None else end - latency
        name = model_of(event) or "model"
        span = self._add(Kind.MODEL, name, start, row, event.caller)
        self._stop(span, row, end, is_failure(event), sure=latency is not None)
        for call in self._calls.ask(row, event):
            tool = self._add(Kind.TOOL, call.name or "tool", end, row, event.caller)
            self._waiting[call.row, call.index] = tool
            if (agent := self._agents.get(call.id)) is not None:
                self._name_agent(agent, call)

    def _read_result(self, row: int, event: RunEvent) -> None:
        call, fault, _ = self._calls.answer(row, event)
        time = nan if event.time is None else event.time
        if call is not None:
            tool = self._waiting.pop((call.row, call.index))
            self._stop(tool, row, time, is_failure(event), sure=fault is None)

    def _read_subagent(self, row: int, task_id: str, event: RunEvent) -> None:
        time = nan if event.time is None else event.time
        agent = self._agents.get(task_id)
        if agent is None:
            agent = self._add(Kind.SUBAGENT, "subagent", time, row, "subagent")
            self._agents[task_id] = agent
            if (call := self._calls.find(task_id)) is not None:
                self._name_agent(agent, call)
        if not self._start[agent] <= time and not isnan(time):
            self._start[agent] = time
        if not self._end[agent] >= time and not isnan(time):
            self._end[agent] = time
        if isinstance(event.content, dict):
            asked = event.content.get("description")
            if isinstance(asked, str) and asked:
                self._name[agent] = self._word(asked)
        if event.event_type == "subagent.end":
            failed = is_failure(event)
            self._stop(agent, row, self._end[agent], failed, sure=False)

    def _name_agent(self, agent: int, call: Call) -> None:
        if call.purpose:
            self._name[agent] = self._word(call.purpose)
        self._caller[agent] = self._word(f"subagent:{call.agent}".rstrip(":"))

    def _add(self, kind: Kind, name: str, start: float, row: int, caller: str) -> int:
        self._kind.append(_KINDS.index(kind))
        self._name.append(self._word(name))
        self._caller.append(self._word(caller))
        self._start.append(start)
        self._end.append(nan)
        self._row.append(row)
        self._result.append(-1)
        self._flags.append(0)
        return len(self._kind) - 1

    def _stop(
        self, span: int, row: int, end: float, failed: bool, *, sure: bool
    ) -> None:
        self._end[span], self._result[span] = end, row
        self._flags[span] = sure * _SURE | failed * _FAILED

    def _word(self, text: str) -> int:
        if text not in self._known:
            self._known[text] = len(self._words)
            self._words.append(text)
        return self._known[text]
