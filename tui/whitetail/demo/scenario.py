"""The values a scenario consists of: turns, steps, tool calls, changed files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call with its result."""

    tool: str
    args: Mapping[str, Any]
    result: str
    seconds: float
    """Typical duration."""
    denied: str = ""
    """Reason of the guardrail that denied the call; empty if it was allowed."""


@dataclass(frozen=True, slots=True)
class SubagentTask:
    """A call of `task`, with the steps of the subagent that it starts."""

    description: str
    prompt: str
    steps: tuple[Ask | Say, ...]
    """The text of the last one is the result of the task. No step starts a subagent."""
    failure: str = ""
    """Error message of the task; empty if it succeeded."""
    timed_out: bool = False
    """Whether the failure was a timeout."""

    tool: ClassVar = "task"

    @property
    def args(self) -> Mapping[str, Any]:
        """The arguments of the call."""
        return {
            "description": self.description,
            "prompt": self.prompt,
            "subagent_type": "general-purpose",
        }


@dataclass(frozen=True, slots=True)
class Ask:
    """A reply of the model with tool calls, which run at the same time."""

    calls: tuple[Call | SubagentTask, ...]
    say: str = ""
    think: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """A reply of the model without tool calls."""

    say: str
    think: str = ""


@dataclass(frozen=True, slots=True)
class ModelError:
    """A model call that failed; the next step is the retry."""

    error: str
    seconds: float = 2.0
    """Typical duration until it failed."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file that a run changed. Text is None where there was no file."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt and the run that answers it."""

    prompt: str
    steps: tuple[Ask | Say | ModelError, ...]
    changes: tuple[Change, ...] = ()
    run_error: str = ""
    """Content of `run.error`; empty if the run succeeded."""
    process_died: bool = False
    """Whether the process died before the last events were written."""
    guarded: bool = False
    """Whether a guardrail checks every call and records that it is allowed."""
    seconds_after: float = 0.0
    """Seconds between the end of the previous turn and the start of this one."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A thread of the demo."""

    title: str
    turns: tuple[Turn, ...]
    model: str
    memory: str
    """What DeerFlow remembers about the user; only its hash is written."""
    hours_ago: float = 0.0
    """Hours between the start of the thread and now."""
    prompt_as_blocks: bool = False
    """Whether prompts are lists of content blocks instead of plain text."""
