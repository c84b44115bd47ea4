"""What was handed to a subagent, what it did, and what came back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import inf

from whitetail.trace.handoff.steps import match_replies_to_steps
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
from whitetail.trace.relatives import Relatives
from whitetail_store import BadLine, RunEvent


class Match(Enum):
    """How what was received compares with what the subagent ended with."""

    UNKNOWN = "unknown"
    """One of them was not looked at, or left out."""
    NO_RESULT = "nothing"
    """No result was written."""
    NO_END = "unended"
    """There is a result, and no last row of the subagent."""
    SAME = "same"
    TRUNCATED = "cut"
    """Only the beginning was received."""
    LONGER = "whole"
    """More was received than the subagent's last row, which is cut, holds."""
    DIFFERENT = "other"


def compare_texts(ended: str, received: str, *, cut: bool) -> tuple[Match, int]:
    """Return how two texts match, and how many characters they begin with alike.

    `cut` says that `ended` is only the beginning of what it was.
    """
    if ended == received:
        return (Match.TRUNCATED if cut else Match.SAME), len(ended)
    alike = _alike(ended, received)
    if alike and alike == len(received):
        return Match.TRUNCATED, alike
    if cut and alike == len(ended):
        return Match.LONGER, alike
    return Match.DIFFERENT, alike


def _alike(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        # What is the same up to `low` need not be compared again.
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# How DeerFlow opens what it tells the model that made the call.
_OPENING = re.compile(
    r"Task (?:(?:Succeeded|failed)(?: \(capped: [^)\n]{0,80}\))?|timed out"
    r"|cancelled by user)\. (?:Result|Error): ?"
)
FAILURE_PREFIXES = ("Error:", "Guardrail denied:")
"""How a tool's text begins where DeerFlow says that the call failed."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a subagent did."""

    event: RunEvent
    """The step's row, or the reply itself where no step repeats it."""
    time: float | None
    """When; where it is not `exact`, no later than that."""
    exact: bool
    usage: Usage | None = None
    """What the reply cost, where it is known which one it was."""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class SubagentEnd:
    """How a subagent ended, as its last row says."""

    event: RunEvent
    status: str
    """In DeerFlow's word."""
    text: str
    """Its result, or its error."""
    failed: bool
    truncated: bool
    """Whether the row holds only the beginning of the text."""


@dataclass(frozen=True, slots=True)
class ReturnedResult:
    """What the call that launched a subagent gave back."""

    event: RunEvent
    text: str
    """Without the words that DeerFlow puts before it."""
    failed: bool


@dataclass(frozen=True, slots=True)
class Handoff:
    """A `task` call, with all that the run's rows say of it."""

    agent: str
    """Which kind of subagent."""
    description: str
    prompt: str
    called_at: float | None
    """When the call was made."""
    steps: tuple[Step, ...]
    end: SubagentEnd | None
    returned: ReturnedResult | None
    match: Match
    common_chars: int
    """How many characters of the two texts, from their beginnings, are the same."""
    final: bool
    """Whether no row that tells of it can be missing."""


def handoffs(event: RunEvent, relatives: Relatives) -> Iterator[Handoff]:
    """Yield what a row has to do with: of a reply, all tasks that it handed out.

    Of a task's result and of a subagent's rows it is the one, if their reply is
    known.
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
    """Return what became of one `task` call of a reply."""
    rows = relatives.under
    ending = receipt = None
    for row in rows:
        if not isinstance(row, RunEvent):
            continue
        if canonical(row.event_type) == "llm.tool.result":
            if receipt is None and call_id_of(row) == call.id:
                receipt = _receipt(row)
        elif row.event_type == "subagent.end" and task_id_of(row) == call.id:
            ending = _ending(row)
    match, alike = _compared(ending, receipt, relatives.final)
    return Handoff(
        _argument(call, "subagent_type"),
        _argument(call, "description"),
        _argument(call, "prompt"),
        reply.time,
        _timed(_steps(reply, call.id, rows)),
        ending,
        receipt,
        match,
        alike,
        relatives.final,
    )


def _task_id(event: RunEvent) -> str:
    if canonical(event.event_type) == "llm.tool.result":
        return call_id_of(event)
    return task_id_of(event) if event.event_type.startswith("subagent.") else ""


def _argument(call: ToolCall, name: str) -> str:
    value = call.args.get(name) if isinstance(call.args, dict) else None
    return value if isinstance(value, str) else ""


def _steps(
    reply: RunEvent, task_id: str, rows: Sequence[RunEvent | BadLine]
) -> Iterator[Step]:
    told, own = match_replies_to_steps(reply, task_id, rows)
    for place, row in enumerate(rows):
        if not isinstance(row, RunEvent):
            continue
        if row.event_type == "subagent.step" and task_id_of(row) == task_id:
            voice = told.get(place)
            if voice is None:
                yield Step(row, row.time, False, usage_of(row), _has_failed(row))
            else:
                yield Step(row, voice.time, True, usage_of(voice), is_failure(voice))
        elif place in own:
            yield Step(row, row.time, True, usage_of(row), is_failure(row))


def _timed(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return steps, none of them later than those that follow it."""
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


def _has_failed(step: RunEvent) -> bool:
    content = step.content
    if not isinstance(content, dict) or content.get("kind") != "tool":
        return False
    said = content.get("text")
    return isinstance(said, str) and said.startswith(FAILURE_PREFIXES)


def _ending(row: RunEvent) -> SubagentEnd:
    content = row.content if isinstance(row.content, dict) else {}
    for key in ("error", "result"):
        text = content.get(key)
        if isinstance(text, str) and text:
            cut = content.get(f"{key}_truncated") is True
            return SubagentEnd(row, status_of(content), text, is_failure(row), cut)
    return SubagentEnd(row, status_of(content), "", is_failure(row), False)


def _receipt(row: RunEvent) -> ReturnedResult:
    text = text_of(row.content)
    opening = _OPENING.match(text)
    return ReturnedResult(
        row, text[opening.end() :] if opening else text, is_failure(row)
    )


def _compared(
    ending: SubagentEnd | None, receipt: ReturnedResult | None, whole: bool
) -> tuple[Match, int]:
    if receipt is None:
        return (Match.NO_RESULT if whole else Match.UNKNOWN), 0
    if ending is None:
        return (Match.NO_END if whole else Match.UNKNOWN), 0
    return compare_texts(ending.text, receipt.text, cut=ending.truncated)
