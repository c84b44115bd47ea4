"""Parses each row once into a `ParsedRow` that all aggregators share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, overload

from whitetail.trace.calls import Call, Calls, ResultMatch
from whitetail.trace.message import (
    ToolCall,
    Usage,
    cached_tokens_of,
    canonical,
    is_failure,
    is_lead_caller,
    latency_of,
    model_of,
    task_id_of,
    texts_of,
    tool_calls_of,
    usage_of,
)
from whitetail_store import BadLine, RunEvent


class RowSequence(Protocol):
    """The rows of a run, as a file or another source has them."""

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, at: int) -> RunEvent | BadLine: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[RunEvent | BadLine]: ...
    def __getitem__(
        self, at: int | slice
    ) -> RunEvent | BadLine | Sequence[RunEvent | BadLine]:
        """Return rows; may wait for the disk and raise `StoreError` or `OSError`."""
        ...


class Reply(NamedTuple):
    """The fields of a model's reply, without its text."""

    model: str
    usage: Usage | None
    cached: int | None
    """Prompt tokens from the provider's cache; None if unknown."""
    latency: float | None
    """In seconds; None if unknown."""
    tool_calls: list[ToolCall]
    """All calls of the reply, invalid ones included."""
    calls: list[Call]
    """Those of them that rows can be joined to."""
    candidate_tasks: list[str]
    """Ids of the tasks whose subagent may have written the reply.

    Empty for the lead agent, one if the task is certain, several if it is ambiguous.
    """


class Result(NamedTuple):
    """A tool result and the call that it answers."""

    match: ResultMatch
    texts: list[str]
    """The result's text, block by block."""


class ParsedRow(NamedTuple):
    """An event with the fields that several aggregators need."""

    row: int
    event: RunEvent
    kind: str
    """The event type by its present name."""
    time: float | None
    """When the event was written, in seconds since the epoch."""
    caller: str
    from_lead: bool
    """Whether the event is of the lead agent."""
    failed: bool
    """Whether the event reports a failure."""
    task_id: str
    """The id of the `task` call of the event's subagent; empty if not named."""
    reply: Reply | None
    """Set for replies of models."""
    result: Result | None
    """Set for tool results."""
    launch: Call | None
    """For an event of a subagent: its `task` call, while that is unanswered."""


class RowParser:
    """Parses the rows of one run in file order, and joins them to its calls."""

    def __init__(self) -> None:
        self.row_count = 0
        """How many rows were parsed or skipped."""
        self.calls = Calls()

    def count_bad_line(self) -> int:
        """Count a row that is not an event, and return it."""
        self.row_count += 1
        return self.row_count - 1

    def parse(self, event: RunEvent) -> ParsedRow:
        """Return the next row, parsed and joined to the calls before it."""
        row, kind = self.row_count, canonical(event.event_type)
        caller = event.caller
        self.row_count += 1
        task_id, reply, result, launch = "", None, None, None
        if kind == "llm.ai.response":
            task_id = task_id_of(event)
            reply = self._parse_reply(row, event, caller, task_id)
        elif kind == "llm.tool.result":
            match = self.calls.match_result(row, event)
            result = Result(match, list(texts_of(event.content)))
        elif kind.startswith("subagent.") and (task_id := task_id_of(event)):
            launch = self.calls.find_unanswered(task_id)
        return ParsedRow(
            row,
            event,
            kind,
            event.time,
            caller,
            is_lead_caller(caller),
            is_failure(event),
            task_id,
            reply,
            result,
            launch,
        )

    def _parse_reply(
        self, row: int, event: RunEvent, caller: str, task_id: str
    ) -> Reply:
        candidate_tasks = [task_id] if task_id else []
        if not task_id and caller.startswith("subagent:"):
            # Before the reply's own calls are added: it cannot be of a task it starts.
            candidate_tasks = [call.id for call in self.calls.candidate_tasks(event)]
        tool_calls, usage = tool_calls_of(event.content), usage_of(event)
        return Reply(
            model_of(event),
            usage,
            usage.cached if usage and usage.cached else cached_tokens_of(event),
            latency_of(event),
            tool_calls,
            self.calls.add_reply(row, event, tool_calls) if tool_calls else [],
            candidate_tasks,
        )


class Aggregator:
    """Adds up the rows of one run, alone or with others that share a parser.

    Alone, an aggregator is fed rows. Aggregators that share a parser are not fed:
    their owner parses each row once, and adds it to each of them.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        self._parser = parser or RowParser()

    def feed(self, rows: Iterable[RunEvent | BadLine]) -> None:
        """Parse and add the run's next rows."""
        for event in rows:
            if isinstance(event, BadLine):
                self.add_bad_line(self._parser.count_bad_line(), event)
            else:
                self.add(self._parser.parse(event))

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row, which is an event."""
        raise NotImplementedError

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Add the run's next row, which is not an event. Ignored by default."""
