"""The hand-off of a task to a subagent: prompt, steps, end, and returned result.

The lead agent starts a subagent with a `task` call. The subagent's last row,
`subagent.end`, has its result, often truncated. The lead agent only sees the result of
the call. A hand-off compares the two, so that lost or changed text is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import inf

from whitetail.trace.handoff.steps import match_replies_to_steps, repeated_steps
from whitetail.trace.message import (
    ToolCall,
    Usage,
    call_id_of,
    canonical,
    is_failure,
    status_of,
    task_id_of,
    text_of,
    tool_calls_of,
    usage_of,
)
from whitetail.trace.message_step import parse_step
from whitetail.trace.relatives import Relatives
from whitetail_store import BadLine, RunEvent

# DeerFlow puts one of these before the text that it returns to the lead agent.
_RESULT_PREFIX = re.compile(
    r"Task (?:(?:Succeeded|failed)(?: \(capped: [^)\n]{0,80}\))?|timed out"
    r"|cancelled by user)\. (?:Result|Error): ?"
)


class Match(Enum):
    """How the returned result compares with the text of the subagent's end."""

    UNKNOWN = "unknown"
    """One of them was not read, or not written yet."""
    NO_RESULT = "no result"
    """There is no result."""
    NO_END = "no end"
    """There is a result, and no end of the subagent."""
    SAME = "same"
    TRUNCATED = "truncated"
    """The result is only the beginning of the end's text."""
    LONGER = "longer"
    """The result continues the end's text, which is truncated."""
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a subagent: a reply, or the result of one of its tools."""

    event: RunEvent
    """The row of the step; the reply itself if it has no step."""
    time: float | None
    """In seconds since the epoch; if not `exact`, it happened then or earlier."""
    exact: bool
    """Whether the time is that of the reply, and not that of a batch of steps."""
    usage: Usage | None = None
    """The tokens of the reply, if they are known."""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class SubagentEnd:
    """The end of a subagent, as `subagent.end` reports it."""

    event: RunEvent
    status: str
    """As DeerFlow writes it, such as `completed` or `timed_out`."""
    text: str
    """The subagent's result or error."""
    failed: bool
    truncated: bool
    """Whether the event has only the beginning of the text."""


@dataclass(frozen=True, slots=True)
class ReturnedResult:
    """The result of the `task` call, as the lead agent got it."""

    event: RunEvent
    text: str
    """Without the words that DeerFlow puts before it."""
    failed: bool


@dataclass(frozen=True, slots=True)
class Handoff:
    """A `task` call with everything that the run's rows contain about it."""

    agent: str
    """The type of the subagent."""
    description: str
    prompt: str
    called_at: float | None
    """When the call was made, in seconds since the epoch."""
    steps: tuple[Step, ...]
    repeated_rows: int
    """How many rows repeat a step that was written before."""
    end: SubagentEnd | None
    returned: ReturnedResult | None
    match: Match
    common_chars: int
    """The length of the common beginning of the two texts, in characters."""
    final: bool
    """Whether all rows about it were read, and no more are expected."""


def handoffs(event: RunEvent, relatives: Relatives) -> Iterator[Handoff]:
    """Yield the hand-offs that an event belongs to.

    For a reply, these are all tasks that it started. For the result of a task and for
    the rows of a subagent, it is the one, if the reply that started it is known.
    """
    if canonical(event.event_type) == "llm.ai.response":
        for call in tool_calls_of(event.content):
            if call.name == "task" and call.id:
                yield handoff(event, call, relatives)
    elif relatives.cause is not None and (task_id := _task_id(event)):
        for call in tool_calls_of(relatives.cause.content):
            if call.name == "task" and call.id == task_id:
                yield handoff(relatives.cause, call, relatives)
                return


def handoff(reply: RunEvent, call: ToolCall, relatives: Relatives) -> Handoff:
    """Return the hand-off of one `task` call of a reply."""
    rows = relatives.under
    repeated = repeated_steps(rows)
    end = returned = None
    for row in rows:
        if not isinstance(row, RunEvent):
            continue
        if canonical(row.event_type) == "llm.tool.result":
            if returned is None and call_id_of(row) == call.id:
                returned = _returned_result(row)
        elif row.event_type == "subagent.end" and task_id_of(row) == call.id:
            end = _subagent_end(row)
    match, common_chars = _match(end, returned, relatives.final)
    return Handoff(
        _argument(call, "subagent_type"),
        _argument(call, "description"),
        _argument(call, "prompt"),
        reply.time,
        _with_latest_times(_steps(reply, call.id, rows, repeated)),
        sum(_is_step_of(rows[index], call.id) for index in repeated),
        end,
        returned,
        match,
        common_chars,
        relatives.final,
    )


def compare_texts(end: str, returned: str, *, truncated: bool) -> tuple[Match, int]:
    """Return how two texts match, and the length of their common beginning.

    `truncated`: `end` is only the beginning of the original text.
    """
    if end == returned:
        return (Match.TRUNCATED if truncated else Match.SAME), len(end)
    common = _common_length(end, returned)
    if common and common == len(returned):
        return Match.TRUNCATED, common
    if truncated and common == len(end):
        return Match.LONGER, common
    return Match.DIFFERENT, common


def _common_length(one: str, other: str) -> int:
    # By bisection: comparing slices is much faster than comparing characters.
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        # The texts are the same up to `low`: compare only the rest.
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _match(
    end: SubagentEnd | None, returned: ReturnedResult | None, final: bool
) -> tuple[Match, int]:
    if returned is None:
        return (Match.NO_RESULT if final else Match.UNKNOWN), 0
    if end is None:
        return (Match.NO_END if final else Match.UNKNOWN), 0
    return compare_texts(end.text, returned.text, truncated=end.truncated)


def _task_id(event: RunEvent) -> str:
    if canonical(event.event_type) == "llm.tool.result":
        return call_id_of(event)
    return task_id_of(event) if event.event_type.startswith("subagent.") else ""


def _argument(call: ToolCall, name: str) -> str:
    value = call.args.get(name) if isinstance(call.args, dict) else None
    return value if isinstance(value, str) else ""


def _steps(
    reply: RunEvent,
    task_id: str,
    rows: Sequence[RunEvent | BadLine],
    repeated: set[int],
) -> Iterator[Step]:
    matched, without_step = match_replies_to_steps(reply, task_id, rows)
    for index, row in enumerate(rows):
        if not isinstance(row, RunEvent) or index in repeated:
            continue
        if _is_step_of(row, task_id):
            written_reply = matched.get(index)
            if written_reply is None:
                failed = parse_step(row.content).failed
                yield Step(row, row.time, False, usage_of(row), failed)
            else:
                usage, failed = usage_of(written_reply), is_failure(written_reply)
                yield Step(row, written_reply.time, True, usage, failed)
        elif index in without_step:
            yield Step(row, row.time, True, usage_of(row), is_failure(row))


def _is_step_of(row: RunEvent | BadLine, task_id: str) -> bool:
    return (
        isinstance(row, RunEvent)
        and row.event_type == "subagent.step"
        and task_id_of(row) == task_id
    )


def _with_latest_times(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps; inexact times are no later than those of later steps."""
    timed: list[Step] = []
    latest = inf
    for step in reversed(list(steps)):
        time = step.time
        if not step.exact and latest < (inf if time is None else time):
            step = replace(step, time=latest)
        elif time is not None:
            latest = min(latest, time)
        timed.append(step)
    return tuple(reversed(timed))


def _subagent_end(row: RunEvent) -> SubagentEnd:
    content = row.content if isinstance(row.content, dict) else {}
    for key in ("error", "result"):
        text = content.get(key)
        if isinstance(text, str) and text:
            truncated = content.get(f"{key}_truncated") is True
            return SubagentEnd(
                row, status_of(content), text, is_failure(row), truncated
            )
    return SubagentEnd(row, status_of(content), "", is_failure(row), False)


def _returned_result(row: RunEvent) -> ReturnedResult:
    text = text_of(row.content)
    prefix = _RESULT_PREFIX.match(text)
    return ReturnedResult(
        row, text[prefix.end() :] if prefix else text, is_failure(row)
    )
