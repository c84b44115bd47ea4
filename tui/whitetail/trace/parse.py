"""What a row says, read once for all who add up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from whitetail.trace.calls import Call, Calls, ResultMatch
from whitetail.trace.message import (
    ToolCall,
    Usage,
    cached_tokens_of,
    canonical,
    failed,
    is_lead_caller,
    latency_of,
    model_of,
    task_id_of,
    texts_of,
    tool_calls_of,
    usage_of,
)
from whitetail_store import BadLine, RunEvent


class Reply(NamedTuple):
    """A model's reply, beside its text."""

    model: str
    usage: Usage | None
    cached: int | None
    """Tokens from the provider's cache; nothing if that was not said."""
    latency: float | None
    """In seconds."""
    tool_calls: list[ToolCall]
    """The tools that it calls, invalid calls included."""
    calls: list[Call]
    """Those of them that rows can be joined to."""
    candidate_tasks: list[str]
    """The tasks whose subagent may have spoken, if one did: at best just one."""


class Result(NamedTuple):
    """What a tool gave back, and to which call."""

    match: ResultMatch
    texts: list[str]


class ParsedRow(NamedTuple):
    """A row's meaning."""

    row: int
    event: RunEvent
    kind: str
    """Its type's present name."""
    time: float | None
    """In seconds since the epoch."""
    caller: str
    from_lead: bool
    """Whether it is of the lead agent."""
    failed: bool
    """Whether it says that something went wrong."""
    task_id: str
    """Which subagent's it is, where that is said."""
    reply: Reply | None
    result: Result | None
    launch: Call | None
    """For a subagent's row: the call that launched it, if that waits."""


class RowParser:
    """Reads the rows of one run in turn, and joins them to its calls."""

    def __init__(self) -> None:
        self.row_count = 0
        """How many rows were read."""
        self.calls = Calls()

    def count_bad_line(self) -> int:
        """Pass over a line that is no event, and return its row."""
        self.row_count += 1
        return self.row_count - 1

    def parse(self, event: RunEvent) -> ParsedRow:
        """Return what the next row means."""
        row, kind, caller = (
            self.count_bad_line(),
            canonical(event.event_type),
            event.caller,
        )
        task_id, reply, result, launch = "", None, None, None
        if kind == "llm.ai.response":
            task_id = task_id_of(event)
            reply = self._reply(row, event, caller, task_id)
        elif kind == "llm.tool.result":
            answer = self.calls.match_result(row, event)
            result = Result(answer, list(texts_of(event.content)))
        elif kind.startswith("subagent.") and (task_id := task_id_of(event)):
            launch = self.calls.find_unanswered(task_id)
        return ParsedRow(
            row,
            event,
            kind,
            event.time,
            caller,
            is_lead_caller(caller),
            failed(kind, event),
            task_id,
            reply,
            result,
            launch,
        )

    def _reply(self, row: int, event: RunEvent, caller: str, task_id: str) -> Reply:
        speakers = [task_id] if task_id else []
        if not task_id and caller.startswith("subagent:"):
            # Before its own calls: a subagent launches none that could have spoken.
            speakers = [call.id for call in self.calls.candidate_tasks(event)]
        asked, usage = tool_calls_of(event.content), usage_of(event)
        return Reply(
            model_of(event),
            usage,
            usage.cached if usage and usage.cached else cached_tokens_of(event),
            latency_of(event),
            asked,
            self.calls.add_reply(row, event, asked) if asked else [],
            speakers,
        )


class Aggregator:
    """Takes a run's rows, alone or beside others that share one reading of them."""

    def __init__(self, parser: RowParser | None = None) -> None:
        self._parser = parser or RowParser()

    def feed(self, rows: Iterable[RunEvent | BadLine]) -> None:
        """Take the run's next rows."""
        for event in rows:
            if isinstance(event, BadLine):
                self.add_bad_line(self._parser.count_bad_line(), event)
            else:
                self.add(self._parser.parse(event))

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row, if it is an event."""
        raise NotImplementedError

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, if it is none."""
