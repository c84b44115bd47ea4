"""Reads the content of `subagent.step`, which repeats a message of a subagent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from whitetail.trace.json_object import field_of, text_field
from whitetail.trace.message import task_id_in, task_id_of, tool_calls_of
from whitetail_store import RunEvent

# The text of a tool begins with one of these if DeerFlow reports a failed call.
_FAILURE_PREFIXES = ("Error:", "Guardrail denied:")


class StepContent(NamedTuple):
    """The fields of a step: of a reply of the subagent, or of a tool's result."""

    from_tool: bool
    """Whether the step is the result of a tool. Otherwise it is a reply."""
    tool: str
    """The name of the tool; empty if unknown."""
    text: str
    truncated: bool
    """Whether DeerFlow wrote only the beginning of the text."""

    @property
    def failed(self) -> bool:
        """Whether the step is the result of a failed call."""
        return self.from_tool and self.text.startswith(_FAILURE_PREFIXES)


def is_tool_step(content: Any) -> bool:
    """Return whether the content of a step is the result of a tool."""
    return bool(field_of(content, "kind") == "tool")


def step_identity(event: RunEvent) -> tuple[str, int] | None:
    """Return the task of a step and the number of its message; None if unknown.

    DeerFlow can write a batch of steps twice: the copies have the same identity.
    """
    index = event.metadata.get(
        "message_index", field_of(event.content, "message_index")
    )
    task_id = task_id_of(event)
    return (task_id, index) if task_id and type(index) is int else None


def parse_step(content: Any) -> StepContent:
    """Return the fields of a step. Those of a wrong type are empty."""
    return StepContent(
        is_tool_step(content),
        text_field(content, "tool_name"),
        text_field(content, "text"),
        field_of(content, "truncated") is True,
    )


def step_texts(content: Any) -> Iterator[Any]:
    """Yield what a user can read of a step: texts, and the arguments of calls."""
    step = parse_step(content)
    yield from (step.tool, step.text, task_id_in(content))
    for call in tool_calls_of(content):
        yield from (call.name, call.args, call.error)
