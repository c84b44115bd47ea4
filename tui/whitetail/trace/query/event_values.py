"""The values of an event that the fields of a query compare."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from whitetail.trace.json_object import is_object
from whitetail.trace.message import (
    call_id_of,
    image_count_of,
    is_error,
    model_of,
    reasoning_of,
    task_id_of,
    tool_calls_of,
    tool_name_of,
    usage_of,
)
from whitetail.trace.message_step import is_tool_step, parse_step
from whitetail.trace.parse import ParsedRow
from whitetail_store import BadLine


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What a query can ask of an event that the event itself does not have."""

    size: int | None = None
    """The size of its line in bytes."""
    took: float | None = None
    """The duration of its call in seconds, as `Spans` has it."""
    slow: bool = False
    """Whether that is long, by `slow_limit`."""
    moved: bool = False
    """Whether causal order shows it elsewhere, as `Outline.is_moved` returns."""


NO_FACTS = EventFacts()
_SLOW_RANGE_S = (1.0, 10.0)
_SLOW_FACTOR = 3.0
_KINDS = {
    "llm.human.input": ("prompt",),
    "llm.tool.result": ("result",),
    "run.start": ("run",),
    "run.end": ("run",),
    "run.error": ("run", "error"),
    "run.delivery": ("delivery",),
    "workspace_changes": ("files",),
    "context:memory": ("memory",),
}


def slow_limit(durations: Collection[float]) -> float:
    """Return from how many seconds on a call is slow, by those of its tool or model.

    That is three times their median, but not under 1 s nor over 10 s.
    """
    low, high = _SLOW_RANGE_S
    typical = median(durations) if durations else high
    return min(max(_SLOW_FACTOR * typical, low), high)


def kinds_of(row: ParsedRow) -> set[str]:
    """Return the words that `kind:` has for an event."""
    kinds = set(_KINDS.get(row.kind, ()))
    content = row.event.content
    if row.kind == "llm.ai.response":
        kinds.add("reply")
        if tool_calls_of(content, 1):
            kinds.add("call")
    elif row.kind == "subagent.step":
        kinds.add("step")
        if is_tool_step(content):
            kinds.add("result")
        elif tool_calls_of(content, 1):
            kinds.add("call")
    for prefix, kind in (("subagent", "subagent"), ("middleware", "middleware")):
        if row.kind.startswith((f"{prefix}.", f"{prefix}:")) or (
            row.caller.startswith(f"{prefix}:")
        ):
            kinds.add(kind)
    if is_error(row.kind):
        kinds.add("error")
    return kinds or {"other"}


def tools_of(row: ParsedRow) -> list[str]:
    """Return the names of the tools that an event calls or is the result of."""
    content = row.event.content
    if row.reply is not None:
        return [call.name for call in row.reply.tool_calls]
    if row.result is not None:
        call = row.result.match.call
        return [(call.name if call else "") or tool_name_of(content)]
    if row.kind == "subagent.step":
        step = parse_step(content)
        return [step.tool, *(call.name for call in tool_calls_of(content))]
    return []


def callers_of(row: ParsedRow) -> list[str]:
    """Return the caller as the file has it, and its name alone."""
    if not row.caller:
        return ["lead_agent"]
    _, colon, name = row.caller.partition(":")
    return [row.caller, name] if colon else [row.caller]


def models_of(row: ParsedRow) -> list[str]:
    """Return the model of an event, if it has one."""
    model = row.reply.model if row.reply is not None else model_of(row.event)
    return [model] if model else []


def types_of(row: ParsedRow) -> list[str]:
    """Return the event's type, also by its present name."""
    return [row.event.event_type, row.kind]


def tasks_of(row: ParsedRow) -> list[str]:
    """Return the ids of `task` calls that an event belongs to, makes or answers."""
    tasks = [row.task_id or task_id_of(row.event)]
    content = row.event.content
    if row.reply is not None:
        tasks += row.reply.candidate_tasks
    if row.result is not None and "task" in tools_of(row):
        tasks.append(call_id_of(row.event))
    else:
        tasks += [call.id for call in tool_calls_of(content) if call.name == "task"]
    return list(filter(None, tasks))


def ids_of(row: ParsedRow) -> list[str]:
    """Return the ids that an event names: of calls, tasks, its run and its thread."""
    event = row.event
    ids = [call_id_of(event), task_id_of(event), event.run_id, event.thread_id]
    ids += [call.id for call in tool_calls_of(event.content)]
    return list(filter(None, ids))


def call_count_of(row: ParsedRow) -> int:
    """Return how many tools an event calls."""
    return len(tool_calls_of(row.event.content))


def tokens_of(row: ParsedRow) -> int | None:
    """Return the tokens of a reply or of a whole subagent; None if not counted."""
    usage = usage_of(row.event)
    return usage.total if usage else None


def has(row: ParsedRow, choice: str) -> bool:
    """Return whether an event has what a word of `has:` means."""
    content = row.event.content
    match choice:
        case "error":
            return row.failed
        case "reasoning":
            return bool(reasoning_of(content))
        case "call":
            return bool(tool_calls_of(content, 1))
        case "image":
            return image_count_of(content) > 0
        case _:
            return usage_of(row.event) is not None


def values_at(value: Any, path: list[str]) -> Iterator[str | int | float]:
    """Yield the scalars at a path of keys, as text unless they are numbers.

    Of a list all elements count, or the one that a number in the path names.
    """
    rest = [(value, 0)]
    while rest:
        value, depth = rest.pop()
        if isinstance(value, list):
            rest += ((each, depth) for each in value)
            if depth < len(path) and path[depth].isdecimal():
                index = int(path[depth]) if len(path[depth]) < 10 else len(value)
                if index < len(value):
                    rest.append((value[index], depth + 1))
        elif depth < len(path):
            if is_object(value):
                # A key may have dots itself.
                for end in range(depth + 1, len(path) + 1):
                    key = ".".join(path[depth:end])
                    if key in value:
                        rest.append((value[key], end))
        elif isinstance(value, bool):
            yield "true" if value else "false"
        elif isinstance(value, str | int | float):
            yield value
        elif value is None:
            yield "null"


def raw_text(bad: BadLine) -> str:
    """Return the text of a line that is no event."""
    return bad.raw.decode("utf-8", "replace")
