"""What took how long: the run, its model calls, its tools and its subagents."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from math import isnan, nan
from typing import overload

from whitetail.trace.calls import Call
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser

_NEAR = 32, 512, 8_192
_DEEP = 8


class SpanOrder:
    """Spans in the order in which they were told of, subagents' under their tasks.

    A subagent's span and those of its calls follow the span of the `task` call
    that launched it, and so do those that were told of before it. What a
    subagent does is near its task: a span costs a step, and moving what follows.
    """

    def __init__(self) -> None:
        self._order = array("I")
        self._depth = array("B")
        self._tasks: dict[str, int] = {}
        self._tails: dict[str, int] = {}
        """The last span under each task."""

    def __len__(self) -> int:
        return len(self._depth)

    def depth(self, span: int) -> int:
        """Return how far a span stands in."""
        return self._depth[span]

    def order(self) -> array[int]:
        """Return all spans as they are drawn: a copy, which stays as it is."""
        return self._order[:]

    def add(self, depth: int) -> None:
        """Put the next span at the end."""
        self._order.append(len(self._depth))
        self._depth.append(depth)

    def add_task(self, task_id: str, span: int) -> None:
        """Take note that a span is that of the call that launched a task."""
        self._tasks[task_id] = self._tails[task_id] = span

    def move_to_head(self, task_id: str, span: int) -> None:
        """Put a subagent's own span first under its task, if that is known."""
        if (task := self._tasks.get(task_id)) is not None:
            self._move(span, task, self._depth[task] + 1)
            if self._tails[task_id] == task:
                self._tails[task_id] = span

    def move_under(self, task_id: str, span: int) -> None:
        """Put a span of what a subagent did last under its task, if that is known."""
        if (task := self._tasks.get(task_id)) is not None:
            self._move(span, self._tails[task_id], self._depth[task] + 2)
            self._tails[task_id] = span

    def _move(self, span: int, after: int, depth: int) -> None:
        self._depth[span] = min(depth, _DEEP)
        self._order.pop(self._place(span))
        self._order.insert(self._place(after) + 1, span)

    def _place(self, span: int) -> int:
        if self._order[-1] == span:
            return len(self._order) - 1
        for near in _NEAR:
            with suppress(ValueError):
                return self._order.index(span, -near)
        return self._order.index(span)


class SpanKind(Enum):
    """What a span is the time of."""

    RUN = "run"
    MODEL = "model"
    TOOL = "tool"
    SUBAGENT = "subagent"


_KINDS = tuple(SpanKind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_SURE, _FAILED = 1, 2


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a run's time, in seconds since the epoch."""

    kind: SpanKind
    name: str
    """The model, the tool, or what the subagent was to do."""
    start: float | None
    end: float | None
    """Nothing while it has no end, or if that has no time."""
    exact: bool
    """Whether both ends are known: a subagent's rows are stamped when they are
    written, up to 25 at once, so that they tell a range; a reply without latency
    tells only its end."""
    row: int
    """Where it began to be told: the reply that asked, for a tool."""
    result_row: int | None
    """The row that ended it."""
    caller: str
    failed: bool = False
    depth: int = 0
    """How far it stands in: under a task 1, under the task's subagent 2."""

    @property
    def duration(self) -> float | None:
        """How long it took, in seconds, where both ends are known or guessed."""
        if self.start is None or self.end is None:
            return None
        return max(self.end - self.start, 0.0)


class Spans(Aggregator, Sequence[Span]):
    """The spans of one run, in the order in which they began to be told.

    The first is the run's own. A row costs the calls that it makes, and a span
    takes 40 bytes, so that a million are no matter; each is made when asked for.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self._kind = array("B")
        self._name = array("I")
        self._caller = array("I")
        self._start = array("d")
        self._end = array("d")
        self._row = array("I")
        self._result = array("i")
        self._flags = array("B")
        self._stack = SpanOrder()
        self._latest = nan
        self._words: list[str] = []
        self._known: dict[str, int] = {}
        self._waiting: dict[tuple[int, int], int] = {}
        self._agents: dict[str, int] = {}
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
            self._stack.depth(index),
        )

    @property
    def time_range(self) -> tuple[float, float]:
        """From when to when anything is known, in seconds since the epoch."""
        start = self._start[0] if self._kind else nan
        start = 0.0 if isnan(start) else start
        return start, start if isnan(self._latest) else max(start, self._latest)

    def display_order(self) -> array[int]:
        """Return which span is drawn where: a subagent's under their task."""
        return self._stack.order()

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row."""
        time = nan if parsed.time is None else parsed.time
        if not self._latest >= time and not isnan(time):
            self._latest = time
        if not self._kind:
            self._add(SpanKind.RUN, "run", nan, parsed.row, "", 0)
        self._date(parsed, time)
        if parsed.reply is not None:
            self._read_reply(parsed, parsed.reply, time)
        elif parsed.result is not None:
            self._read_result(parsed, parsed.result, time)
        elif parsed.task_id:
            self._read_subagent(parsed, time)

    def _date(self, reading: ParsedRow, time: float) -> None:
        """Widen the run's own span; its first and last rows know best."""
        if reading.kind == "run.start" and not self._dated:
            self._start[0], self._row[0], self._dated = time, reading.row, True
        elif not self._dated and not self._start[0] <= time and not isnan(time):
            self._start[0] = time
        if reading.kind in ("run.end", "run.error"):
            failed = reading.failed or bool(self._flags[0] & _FAILED)
            self._stop(0, reading.row, time, failed, sure=self._dated)

    def _read_reply(self, reading: ParsedRow, reply: Reply, end: float) -> None:
        row, caller, latency = reading.row, reading.caller, reply.latency
        start = end if latency is None else end - latency
        depth = int(caller.startswith("subagent:"))
        task_id = (
            reply.candidate_tasks[0]
            if depth and len(reply.candidate_tasks) == 1
            else ""
        )
        span = self._add(
            SpanKind.MODEL, reply.model or "model", start, row, caller, depth, task_id
        )
        self._stop(span, row, end, reading.failed, sure=latency is not None)
        for call in reply.calls:
            name = call.name or "tool"
            tool = self._add(SpanKind.TOOL, name, end, row, caller, depth, task_id)
            self._waiting[call.row, call.index] = tool
            if call.name == "task" or call.agent:
                self._stack.add_task(call.id, tool)
            if (agent := self._agents.get(call.id)) is not None:
                self._name_agent(agent, call)

    def _read_result(self, reading: ParsedRow, result: Result, time: float) -> None:
        call, fault, _ = result.match
        if call is not None:
            tool = self._waiting.pop((call.row, call.index))
            self._stop(tool, reading.row, time, reading.failed, sure=fault is None)

    def _read_subagent(self, reading: ParsedRow, time: float) -> None:
        task_id, content = reading.task_id, reading.event.content
        agent = self._agents.get(task_id)
        if agent is None:
            row = reading.row
            agent = self._add(SpanKind.SUBAGENT, "subagent", time, row, "subagent", 1)
            self._agents[task_id] = agent
            if reading.launch is not None:
                self._name_agent(agent, reading.launch)
        if not self._start[agent] <= time and not isnan(time):
            self._start[agent] = time
        if not self._end[agent] >= time and not isnan(time):
            self._end[agent] = time
        if isinstance(content, dict):
            asked = content.get("description")
            if isinstance(asked, str) and asked:
                self._name[agent] = self._word(asked)
        if reading.kind == "subagent.end":
            self._stop(agent, reading.row, self._end[agent], reading.failed, sure=False)

    def _name_agent(self, agent: int, call: Call) -> None:
        if call.description:
            self._name[agent] = self._word(call.description)
        self._caller[agent] = self._word(f"subagent:{call.agent}".rstrip(":"))
        self._stack.move_to_head(call.id, agent)
        # Its rows' times are those of writing: it began no sooner than its call.
        if call.time is not None and not self._start[agent] <= call.time:
            self._start[agent] = call.time

    def _add(
        self,
        kind: SpanKind,
        name: str,
        start: float,
        row: int,
        caller: str,
        depth: int,
        task_id: str = "",
    ) -> int:
        self._kind.append(_NUMBERS[kind])
        self._name.append(self._word(name))
        self._caller.append(self._word(caller))
        self._start.append(start)
        self._end.append(nan)
        self._row.append(row)
        self._result.append(-1)
        self._flags.append(0)
        self._stack.add(depth)
        span = len(self._kind) - 1
        if task_id:
            self._stack.move_under(task_id, span)
        return span

    def _stop(
        self, span: int, row: int, end: float, failed: bool, *, sure: bool
    ) -> None:
        self._end[span], self._result[span] = end, row
        self._flags[span] = sure * _SURE | failed * _FAILED

    def _word(self, text: str) -> int:
        if (known := self._known.get(text)) is None:
            known = self._known[text] = len(self._words)
            self._words.append(text)
        return known
