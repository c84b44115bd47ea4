"""The spans of a run's time: the run, its model calls, tools and subagents."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import isnan, nan
from typing import overload

from whitetail.trace.calls import Call
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail.trace.stats.span_order import SpanOrder


class SpanKind(Enum):
    """The subject of a span."""

    RUN = "run"
    MODEL = "model"
    TOOL = "tool"
    SUBAGENT = "subagent"


_KINDS = tuple(SpanKind)
_KIND_INDEX = {kind: index for index, kind in enumerate(_KINDS)}
UNNAMED_TOOL = "tool"
"""The name of a call that has none."""
_EXACT, _FAILED = 1, 2
"""Flags of a span."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a run's time, in seconds since the epoch."""

    kind: SpanKind
    name: str
    """The model, the tool, or the description of the subagent's task."""
    start: float | None
    end: float | None
    """None as long as it has no end, or if its end has no time."""
    exact: bool
    """Whether both times are known.

    The rows of a subagent have the time at which they were written, up to 25 at once:
    they only give a range. A reply without latency only gives its end.
    """
    row: int
    """The first row of the span; for a tool, the reply that made the call."""
    result_row: int | None
    """The row that ended it."""
    caller: str
    failed: bool = False
    depth: int = 0
    """How many levels it is indented: a subagent 1, its calls 2."""

    @property
    def duration(self) -> float | None:
        """The duration in seconds, exact or not; None if a time is missing."""
        if self.start is None or self.end is None:
            return None
        return max(self.end - self.start, 0.0)


class Spans(Aggregator, Sequence[Span]):
    """The spans of one run, in the order of their first rows; the run's own is first.

    Times are those of rows: a tool runs from the reply with its call to its result,
    a model from `latency_ms` before its reply. Spans are kept in columns of 40 bytes
    per span, and a `Span` is made on access. A row costs the calls that it makes.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self._kind = array("B")
        self._name = array("I")
        self._caller = array("I")
        self._start = array("d")
        self._end = array("d")
        self._row = array("I")
        self._result_row = array("i")
        self._flags = array("B")
        self._order = SpanOrder()
        self._latest = nan
        """The latest time of all rows."""
        self._strings: list[str] = []
        """Names and callers, each once; columns hold their index."""
        self._string_index: dict[str, int] = {}
        self._tools: dict[tuple[int, int], int] = {}
        """The spans of unanswered calls, by row and index of the call."""
        self._subagents: dict[str, int] = {}
        """The spans of subagents by task id."""
        self._has_run_start = False

    def __len__(self) -> int:
        return len(self._kind)

    @overload
    def __getitem__(self, index: int) -> Span: ...
    @overload
    def __getitem__(self, index: slice) -> list[Span]: ...
    def __getitem__(self, index: int | slice) -> Span | list[Span]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        start, end = self._start[index], self._end[index]
        result_row, flags = self._result_row[index], self._flags[index]
        return Span(
            _KINDS[self._kind[index]],
            self._strings[self._name[index]],
            None if isnan(start) else start,
            None if isnan(end) else end,
            bool(flags & _EXACT) and start <= end,
            self._row[index],
            None if result_row < 0 else result_row,
            self._strings[self._caller[index]],
            bool(flags & _FAILED),
            self._order.depth(index),
        )

    @property
    def time_range(self) -> tuple[float, float]:
        """Start of the run and the latest time, in seconds since the epoch."""
        start = self._start[0] if self._kind else nan
        start = 0.0 if isnan(start) else start
        return start, start if isnan(self._latest) else max(start, self._latest)

    def display_order(self) -> array[int]:
        """Return the indices of all spans in the order in which they are drawn."""
        return self._order.order()

    def tool_results(self) -> dict[int, tuple[str, float]]:
        """Return the tool and the exact duration in seconds, or NaN, by result row."""
        tool = _KIND_INDEX[SpanKind.TOOL]
        results: dict[int, tuple[str, float]] = {}
        for index, (kind, row) in enumerate(
            zip(self._kind, self._result_row, strict=True)
        ):
            if kind == tool and row >= 0:
                seconds = self._end[index] - self._start[index]
                exact = self._flags[index] & _EXACT and seconds >= 0
                name = self._strings[self._name[index]]
                results[row] = name, seconds if exact else nan
        return results

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row."""
        time = nan if parsed.time is None else parsed.time
        # Comparisons with NaN are false: also true if there is no latest time yet.
        if not self._latest >= time and not isnan(time):
            self._latest = time
        if not self._kind:
            self._add_span(SpanKind.RUN, "run", nan, parsed.row, "", 0)
        self._update_run(parsed, time)
        if parsed.reply is not None:
            self._add_reply(parsed, parsed.reply, time)
        elif parsed.result is not None:
            self._add_result(parsed, parsed.result, time)
        elif parsed.task_id:
            self._add_subagent_row(parsed, time)

    def _update_run(self, parsed: ParsedRow, time: float) -> None:
        """Set the times of the run: `run.start` and its end overrule other rows."""
        if parsed.kind == "run.start" and not self._has_run_start:
            self._start[0], self._row[0], self._has_run_start = time, parsed.row, True
        elif not self._has_run_start and not self._start[0] <= time and not isnan(time):
            self._start[0] = time
        if parsed.kind in ("run.end", "run.error"):
            failed = parsed.failed or bool(self._flags[0] & _FAILED)
            self._end_span(0, parsed.row, time, failed, exact=self._has_run_start)

    def _add_reply(self, parsed: ParsedRow, reply: Reply, end: float) -> None:
        row, caller, latency = parsed.row, parsed.caller, reply.latency
        start = end if latency is None else end - latency
        depth = int(caller.startswith("subagent:"))
        tasks = reply.candidate_tasks
        task_id = tasks[0] if depth and len(tasks) == 1 else ""
        span = self._add_span(
            SpanKind.MODEL, reply.model or "model", start, row, caller, depth, task_id
        )
        self._end_span(span, row, end, parsed.failed, exact=latency is not None)
        for call in reply.calls:
            name = call.name or UNNAMED_TOOL
            tool = self._add_span(SpanKind.TOOL, name, end, row, caller, depth, task_id)
            self._tools[call.row, call.index] = tool
            if call.name == "task" or call.agent:
                self._order.add_task(call.id, tool)
            if (subagent := self._subagents.get(call.id)) is not None:
                self._join_subagent(subagent, call)

    def _add_result(self, parsed: ParsedRow, result: Result, time: float) -> None:
        call, mismatch, _ = result.match
        if call is not None:
            tool = self._tools.pop((call.row, call.index))
            self._end_span(
                tool, parsed.row, time, parsed.failed, exact=mismatch is None
            )

    def _add_subagent_row(self, parsed: ParsedRow, time: float) -> None:
        """Widen the span of a subagent to the time of one of its rows."""
        task_id, content = parsed.task_id, parsed.event.content
        span = self._subagents.get(task_id)
        if span is None:
            row = parsed.row
            span = self._add_span(
                SpanKind.SUBAGENT, "subagent", time, row, "subagent", 1
            )
            self._subagents[task_id] = span
            if parsed.launch is not None:
                self._join_subagent(span, parsed.launch)
        if not self._start[span] <= time and not isnan(time):
            self._start[span] = time
        if not self._end[span] >= time and not isnan(time):
            self._end[span] = time
        if isinstance(content, dict):
            description = content.get("description")
            if isinstance(description, str) and description:
                self._name[span] = self._index_of(description)
        if parsed.kind == "subagent.end":
            end = self._end[span]
            self._end_span(span, parsed.row, end, parsed.failed, exact=False)

    def _join_subagent(self, span: int, call: Call) -> None:
        """Name a subagent's span after its call, and move it under the call."""
        if call.description:
            self._name[span] = self._index_of(call.description)
        self._caller[span] = self._index_of(f"subagent:{call.agent}".rstrip(":"))
        self._order.move_to_head(call.id, span)
        # Its rows were written later than it began, which was right after its call.
        if call.time is not None and not self._start[span] <= call.time:
            self._start[span] = call.time

    def _add_span(
        self,
        kind: SpanKind,
        name: str,
        start: float,
        row: int,
        caller: str,
        depth: int,
        task_id: str = "",
    ) -> int:
        """Add a span, under its task if that is known, and return its index."""
        self._kind.append(_KIND_INDEX[kind])
        self._name.append(self._index_of(name))
        self._caller.append(self._index_of(caller))
        self._start.append(start)
        self._end.append(nan)
        self._row.append(row)
        self._result_row.append(-1)
        self._flags.append(0)
        self._order.add(depth)
        span = len(self._kind) - 1
        if task_id:
            self._order.move_under(task_id, span)
        return span

    def _end_span(
        self, span: int, row: int, end: float, failed: bool, *, exact: bool
    ) -> None:
        self._end[span], self._result_row[span] = end, row
        self._flags[span] = exact * _EXACT | failed * _FAILED

    def _index_of(self, text: str) -> int:
        if (index := self._string_index.get(text)) is None:
            index = self._string_index[text] = len(self._strings)
            self._strings.append(text)
        return index
