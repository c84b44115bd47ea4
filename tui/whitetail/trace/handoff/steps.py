"""Which replies of subagents are repeated by which of their steps."""

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
from whitetail_store import BadLine, RunEvent

Rows = Sequence[RunEvent | BadLine]


def match_replies_to_steps(
    reply: RunEvent, task_id: str, rows: Rows
) -> tuple[dict[int, RunEvent], set[int]]:
    """Return a task's replies: by the places of steps that repeat them, and the rest.

    DeerFlow writes what a subagent says twice: as a reply at its own time, which
    does not say for which task it is, and as a step with the time at which steps
    were written. They are the same if they say and call the same; of several
    tasks that would do so next, none is taken for it. The rest are the places of
    replies beyond the last step, where no other task can have made them.
    """
    steps: dict[str, list[int]] = {}
    spoken: list[tuple[int, RunEvent]] = []
    for place, row in enumerate(rows):
        if not isinstance(row, RunEvent):
            continue
        if row.event_type == "subagent.step":
            if _kind(row) != "tool":
                steps.setdefault(task_id_of(row), []).append(place)
        elif canonical(row.event_type) == "llm.ai.response" and (
            task_id_of(row) or row.caller.startswith("subagent:")
        ):
            spoken.append((place, row))
    told: dict[int, RunEvent] = {}
    own: set[int] = set()
    heard = 0
    following = {task: iter(places) for task, places in steps.items()}
    ahead = {task: next(places, None) for task, places in following.items()}
    for place, voice in spoken:
        said = task_id_of(voice)
        fits = [
            (task, step)
            for task in ([said] if said else ahead)
            if (step := ahead.get(task)) is not None and _repeats(rows[step], voice)
        ]
        if fits:
            task, step = fits[0]
            ahead[task] = next(following[task], None)
            if task == task_id and len(fits) == 1:
                told[step] = voice
        if said == task_id or (not said and _alone(reply, task_id, voice)):
            heard += 1
            if heard > len(steps.get(task_id, ())):
                own.add(place)
    return told, own


def _kind(step: RunEvent) -> Any:
    return step.content.get("kind") if isinstance(step.content, dict) else None


def _repeats(step: RunEvent | BadLine, voice: RunEvent) -> bool:
    """Tell whether a step says and calls what a reply does."""
    if not isinstance(step, RunEvent) or not isinstance(step.content, dict):
        return False
    said, text = step.content.get("text"), text_of(voice.content)
    begun = said if isinstance(said, str) else ""
    cut = step.content.get("truncated") is True
    if not (text.startswith(begun) if cut else text == begun):
        return False
    made, repeated = _valid(voice), _valid(step)
    return len(made) == len(repeated) and all(
        one.name == other.name and _same(one.args, other.args)
        for one, other in zip(made, repeated, strict=True)
    )


def _same(args: Any, repeated: Any) -> bool:
    """Tell whether arguments are the same, as far as the step has them."""
    if isinstance(repeated, str) and not isinstance(args, str):
        return True
    try:
        return bool(args == repeated)
    except RecursionError:
        return False


def _valid(event: RunEvent) -> list[ToolCall]:
    return [call for call in tool_calls_of(event.content) if not call.error]


def _alone(reply: RunEvent, task_id: str, voice: RunEvent) -> bool:
    """Tell whether a reply has launched no other subagent of the kind that speaks."""
    kind = voice.caller.removeprefix("subagent:")
    could = [
        call.id
        for call in tool_calls_of(reply.content)
        if call.name == "task" and _agent(call.args) in ("", kind)
    ]
    return could == [task_id]


def _agent(args: Any) -> str:
    agent = args.get("subagent_type") if isinstance(args, dict) else None
    return agent if isinstance(agent, str) else ""
