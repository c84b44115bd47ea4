"""Finds the replies of a subagent that its steps repeat.

DeerFlow writes each reply of a subagent twice. The reply has its own time and its
tokens, but does not name its task. The step names the task, but has the time at which
a batch of steps was written. The two are the same if they say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from json import JSONEncoder
from typing import Any, NamedTuple

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

_COMPARED_CHARS = 500
"""Steps are truncated, but DeerFlow keeps 8,192 characters of a text."""
_MAX_TASKS = 16
"""A reply that more tasks may have written is matched to none. DeerFlow runs 3."""
_to_json = JSONEncoder(ensure_ascii=False).encode


class StepMatch(NamedTuple):
    """A reply and the step that repeats it."""

    reply: int
    step: int
    task_id: str
    certain: bool = True
    """Whether no other subagent had an unmatched step with the same message."""


class StepMatcher:
    """Matches the replies of subagents to the steps that repeat them.

    Replies and steps are added one after the other, in any order, with a number of the
    caller. Those of one task that say the same are matched in their order. A row costs
    the tasks that may have written it.
    """

    def __init__(self) -> None:
        self._steps: dict[str, dict[int, list[int]]] = {}
        """Steps without a reply, by task and by the hash of their message."""
        self._replies: dict[str, dict[int, list[int]]] = {}
        """Replies without a step, by each task that may have written them."""
        self._task_counts: dict[int, int] = {}
        """In how many tasks a reply waits for its step."""

    def add_reply(
        self, reply: int, tasks: Sequence[str], hashed: int
    ) -> StepMatch | None:
        """Add a reply that one of these tasks wrote; return its match."""
        found = [task for task in tasks if self._steps.get(task, {}).get(hashed)]
        if found:
            step = _pop(self._steps[found[0]], hashed)
            return StepMatch(reply, step, found[0], len(found) == 1)
        if 0 < len(tasks) <= _MAX_TASKS:
            self._task_counts[reply] = len(tasks)
            for task in tasks:
                replies = self._replies.setdefault(task, {})
                replies.setdefault(hashed, []).append(reply)
        return None

    def add_step(self, step: int, task_id: str, hashed: int) -> StepMatch | None:
        """Add a step of a task that repeats a reply; return its match."""
        replies = self._replies.get(task_id, {})
        while hashed in replies:
            reply = _pop(replies, hashed)
            if self._task_counts.pop(reply, 0):
                return StepMatch(reply, step, task_id)
        self._steps.setdefault(task_id, {}).setdefault(hashed, []).append(step)
        return None

    def forget(self, task_id: str) -> list[int]:
        """Forget a task that has ended; return the replies that wait no more."""
        self._steps.pop(task_id, None)
        forgotten: list[int] = []
        for replies in self._replies.pop(task_id, {}).values():
            for reply in replies:
                if (count := self._task_counts.pop(reply, 0)) > 1:
                    self._task_counts[reply] = count - 1
                elif count:
                    forgotten.append(reply)
        return forgotten


def message_hash(event: RunEvent, calls: Iterable[ToolCall] | None = None) -> int:
    """Return a number that a reply and the step that repeats it have in common.

    It is made of the beginnings of the text and of the arguments of each tool, as a
    step can be truncated. `calls` are read from the event if they are not given.
    """
    content = event.content
    is_step = event.event_type == "subagent.step"
    text = parse_step(content).text if is_step else text_of(content)
    if calls is None:
        calls = tool_calls_of(content)
    valid = [(call.name, _start_of(call.args)) for call in calls if not call.error]
    return hash((text[:_COMPARED_CHARS], *valid))


def match_replies_to_steps(
    reply: RunEvent, task_id: str, rows: Rows
) -> tuple[dict[int, RunEvent], set[int]]:
    """Return the replies of a task: those that a step repeats, and the rest.

    `rows` are the descendants of `reply`, which started the task. The first value
    maps indices of steps to the replies that they repeat, the second holds the indices
    of replies without a step.

    If steps of several tasks repeat a reply, it is matched to none. A reply has no step
    if there are more replies than steps, and no other task can have written it.
    """
    matcher = StepMatcher()
    steps, replies = _steps_and_replies(rows)
    for task, indices in steps.items():
        for index, step in indices:
            matcher.add_step(index, task, message_hash(step))
    matched: dict[int, RunEvent] = {}
    without_step: set[int] = set()
    own_count = 0
    for index, subagent_reply in replies:
        named_task = task_id_of(subagent_reply)
        tasks = [named_task] if named_task else list(steps)
        match = matcher.add_reply(index, tasks, message_hash(subagent_reply))
        if match and match.certain and match.task_id == task_id:
            matched[match.step] = subagent_reply
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


def _pop(numbers: dict[int, list[int]], hashed: int) -> int:
    """Remove and return the first number of a message."""
    first = numbers[hashed].pop(0)
    if not numbers[hashed]:
        del numbers[hashed]
    return first


def _start_of(args: Any) -> str:
    """Return the beginning of arguments as JSON; a truncated step has them as such."""
    if isinstance(args, str):
        return args[:_COMPARED_CHARS]
    if not args:
        return ""
    if isinstance(args, dict):
        args = {
            name: value[:_COMPARED_CHARS] if isinstance(value, str) else value
            for name, value in args.items()
        }
    try:
        return _to_json(args)[:_COMPARED_CHARS]
    except RecursionError:
        return ""


def _steps_and_replies(
    rows: Rows,
) -> tuple[dict[str, list[tuple[int, RunEvent]]], list[tuple[int, RunEvent]]]:
    """Return each task's steps and the replies of subagents, with their indices."""
    steps: dict[str, list[tuple[int, RunEvent]]] = {}
    replies: list[tuple[int, RunEvent]] = []
    repeated = repeated_steps(rows)
    for index, row in enumerate(rows):
        if not isinstance(row, RunEvent) or index in repeated:
            continue
        if row.event_type == "subagent.step":
            if not is_tool_step(row.content):
                steps.setdefault(task_id_of(row), []).append((index, row))
        elif canonical(row.event_type) == "llm.ai.response" and (
            task_id_of(row) or row.caller.startswith("subagent:")
        ):
            replies.append((index, row))
    return steps, replies


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
