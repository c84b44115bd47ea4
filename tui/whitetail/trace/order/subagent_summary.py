"""What the line says into which a subagent is folded."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

from whitetail.trace.order.placement import Placement, SubagentPart
from whitetail.trace.order.sort_keys import Part, is_result_key


@dataclass(slots=True)
class SubagentSummary:
    """The type, the task and the outcome of one subagent, from its rows so far."""

    agent: str = ""
    """The type of the subagent; empty if unknown."""
    description: str = ""
    """The short description of its task; empty if unknown."""
    status: str = ""
    """How it ended, as DeerFlow writes it; empty while it has no end."""
    failed: bool = False
    ended: float = nan
    """The time of its result, or else of its end, in seconds since the epoch."""
    replies: int = 0
    steps: int = 0
    """The steps that repeat a reply, each once."""
    tool_steps: int = 0

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return bool(self.status)

    @property
    def step_count(self) -> int:
        """The number of steps; a reply is one, with or without its step."""
        return max(self.replies, self.steps) + self.tool_steps

    def add(self, part: SubagentPart, placement: Placement, time: float) -> None:
        """Add a row; `time` is when it was written, in seconds since the epoch."""
        self.agent = self.agent or part.agent
        self.description = self.description or part.description
        if not part.copy:
            self.replies += part.part is Part.REPLY
            self.steps += part.part is Part.STEP
            self.tool_steps += part.part is Part.OTHER and part.is_step
        if part.status is None:
            return
        is_result = is_result_key(placement.sort_key)
        if not is_result or not self.status:
            self.status = part.status
        self.failed = self.failed or part.failed
        if is_result or isnan(self.ended):
            self.ended = time
