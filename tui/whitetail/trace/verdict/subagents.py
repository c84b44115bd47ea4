"""Which subagents of a run failed, and whether its answer mentions it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from whitetail.trace.calls import Call
from whitetail.trace.message import is_failure, task_id_of
from whitetail.trace.verdict.evidence import (
    Evidence,
    Severity,
    mentions_failure,
    task_failure_text,
)
from whitetail_store import RunEvent


@dataclass(slots=True)
class _Task:
    description: str = ""
    failure: Evidence | None = None
    """The first failure; the end and the result of a task both report it."""


class SubagentTasks:
    """The outcome of each task that was handed to a subagent, by the id of its call."""

    def __init__(self) -> None:
        self._tasks: dict[str, _Task] = {}
        self._succeeded: dict[str, int] = {}
        """The last row that reports success, by the description of the task."""

    def add_event(self, row: int, event: RunEvent) -> None:
        """Add an event of a subagent."""
        if not (task_id := task_id_of(event)) or not isinstance(event.content, dict):
            return
        description = event.content.get("description")
        if isinstance(description, str) and description:
            self._task(task_id).description = description
        if event.event_type == "subagent.end":
            self._add_outcome(task_id, row, event)

    def add_call(self, call: Call) -> None:
        """Add a call that may start a subagent."""
        if call.description:
            self._task(call.id).description = call.description

    def add_result(self, call_id: str, row: int, event: RunEvent) -> None:
        """Add the result that the lead agent got from a task."""
        self._add_outcome(call_id, row, event)

    def evidence(self, answer: str) -> Iterator[Evidence]:
        """Yield the failures: notes if the run made up for them, else warnings.

        It did so if a task with the same description succeeded later, or if the
        answer may mention the failure.
        """
        for task in self._tasks.values():
            if (failure := task.failure) is None:
                continue
            if self._succeeded.get(task.description, -1) > failure.row:
                text = f"{failure.text}; the same task succeeded later"
                yield replace(failure, text=text, severity=Severity.NOTE)
            elif mentions_failure(answer, task.description):
                text = f"{failure.text}; the answer may mention it"
                yield replace(failure, text=text, severity=Severity.NOTE)
            else:
                yield failure

    def _add_outcome(self, task_id: str, row: int, event: RunEvent) -> None:
        task = self._task(task_id)
        if not is_failure(event):
            if task.description:
                self._succeeded[task.description] = row
        elif task.failure is None:
            text = f"a subagent {task_failure_text(event)}"
            task.failure = Evidence(row, event.seq, text, Severity.WARNING)

    def _task(self, task_id: str) -> _Task:
        return self._tasks.setdefault(task_id, _Task())
