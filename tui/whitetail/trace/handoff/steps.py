"""Finds the replies of a subagent that its steps repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whitetail.trace.message import (
    ToolCall,
    canonical,
    task_id_of,
    text_of,
    tool_calls_of,
)
from whitetail.trace.message_step import is_tool_step, parse_step, step_identity
from whitetail_store import BadLine, RunEvent

Rows = Sequence[RunEvent | BadLine]


def match_replies_to_steps(
    reply: RunEvent, task_id: str, rows: Rows
) -> tuple[dict[int, RunEvent], set[int]]:
    """Return the replies of a task: those that a step repeats, and the rest.

    `rows` are the descendants of `reply`, which started the task. The first value
    maps indices of steps to the replies that they repeat, the second holds the indices
    of replies without a step.

    DeerFlow writes each reply of a subagent twice. The reply has its own time and its
    tokens, but does not name its task. The step names the task, but has the time at
    which a batch of steps was written. The two are the same if they have the same text
    and the same calls. If the next steps of several tasks repeat a reply, it is matched
    to none. A reply has no step if there are more replies than steps, and no other task
    can have written it.
    """
    steps, replies = _steps_and_replies(rows)
    matched: dict[int, RunEvent] = {}
    without_step: set[int] = set()
    own_count = 0
    remaining = {task: iter(indices) for task, indices in steps.items()}
    next_step = {task: next(indices, None) for task, indices in remaining.items()}
    for index, subagent_reply in replies:
        named_task = task_id_of(subagent_reply)
        candidates = [
            (task, step)
            for task in ([named_task] if named_task else next_step)
            if (step := next_step.get(task)) is not None
            and _repeats(rows[step], subagent_reply)
        ]
        if candidates:
            task, step = candidates[0]
            next_step[task] = next(remaining[task], None)
            if task == task_id and len(candidates) == 1:
                matched[step] = subagent_reply
        if named_task == task_id or (
            not named_task and _is_only_task(reply, task_id, subagent_reply)
        ):
            own_count += 1
            if own_count > len(steps.get(task_id, ())):
                without_step.add(index)
    return matched, without_step


def repeated_steps(rows: Rows) -> set[int]:
    """Return the indices of steps that were written before: copies of a batch."""
    seen: set[tuple[str, int]] = set()
    repeated: set[int] = set()
    for index, row in enumerate(rows):
        if isinstance(row, RunEvent) and row.event_type == "subagent.step":
            identity = step_identity(row)
            if identity in seen:
                repeated.add(index)
            elif identity is not None:
                seen.add(identity)
    return repeated


def _steps_and_replies(
    rows: Rows,
) -> tuple[dict[str, list[int]], list[tuple[int, RunEvent]]]:
    """Return the indices of each task's steps, and the replies of subagents."""
    steps: dict[str, list[int]] = {}
    replies: list[tuple[int, RunEvent]] = []
    repeated = repeated_steps(rows)
    for index, row in enumerate(rows):
        if not isinstance(row, RunEvent) or index in repeated:
            continue
        if row.event_type == "subagent.step":
            if not is_tool_step(row.content):
                steps.setdefault(task_id_of(row), []).append(index)
        elif canonical(row.event_type) == "llm.ai.response" and (
            task_id_of(row) or row.caller.startswith("subagent:")
        ):
            replies.append((index, row))
    return steps, replies


def _repeats(step: RunEvent | BadLine, reply: RunEvent) -> bool:
    """Return whether a step has the text and the calls of a reply."""
    if not isinstance(step, RunEvent) or not isinstance(step.content, dict):
        return False
    parsed, reply_text = parse_step(step.content), text_of(reply.content)
    if parsed.truncated:
        same_text = reply_text.startswith(parsed.text)
    else:
        same_text = reply_text == parsed.text
    if not same_text:
        return False
    reply_calls, step_calls = _valid_calls(reply), _valid_calls(step)
    return len(reply_calls) == len(step_calls) and all(
        one.name == other.name and _same_args(one.args, other.args)
        for one, other in zip(reply_calls, step_calls, strict=True)
    )


def _same_args(reply_args: Any, step_args: Any) -> bool:
    """Return whether arguments are the same; truncated ones of a step may be."""
    if isinstance(step_args, str) and not isinstance(reply_args, str):
        return True
    try:
        return bool(reply_args == step_args)
    except RecursionError:
        return False


def _valid_calls(event: RunEvent) -> list[ToolCall]:
    return [call for call in tool_calls_of(event.content) if not call.error]


def _is_only_task(reply: RunEvent, task_id: str, subagent_reply: RunEvent) -> bool:
    """Return whether a reply started no other subagent of the type that replied."""
    agent = subagent_reply.caller.removeprefix("subagent:")
    candidates = [
        call.id
        for call in tool_calls_of(reply.content)
        if call.name == "task" and _agent(call.args) in ("", agent)
    ]
    return candidates == [task_id]


def _agent(args: Any) -> str:
    agent = args.get("subagent_type") if isinstance(args, dict) else None
    return agent if isinstance(agent, str) else ""
