"""How the subagents of a run fared, and whether its answer speaks of it."""

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
    purpose: str = ""
    failure: Evidence | None = None


class SubagentTasks:
    """What became of each task that was handed to a subagent, by its call's id."""

    def __init__(self) -> None:
        self._tasks: dict[str, _Task] = {}
        self._done: dict[str, int] = {}
        """The last row that says so, by what was to be done."""

    def add_event(self, row: int, event: RunEvent) -> None:
        """Take a row of a subagent."""
        if not (task_id := task_id_of(event)) or not isinstance(event.content, dict):
            return
        asked = event.content.get("description")
        if isinstance(asked, str) and asked:
            self._task(task_id).purpose = asked
        if event.event_type == "subagent.end":
            self._end(task_id, row, event)

    def add_call(self, call: Call) -> None:
        """Take a call that hands a task to a subagent."""
        if call.description:
            self._task(call.id).purpose = call.description

    def add_result(self, call_id: str, row: int, event: RunEvent) -> None:
        """Take what the lead agent got back from a task."""
        self._end(call_id, row, event)

    def evidence(self, answer: str) -> Iterator[Evidence]:
        """Yield the failures: warnings, or notes where the run made up for them.

        That is so if the same was done later, or if the answer may speak of it.
        """
        for task in self._tasks.values():
            if (failure := task.failure) is None:
                continue
            if self._done.get(task.purpose, -1) > failure.row:
                said = f"{failure.text}; the same was done later"
                yield replace(failure, text=said, severity=Severity.NOTE)
            elif mentions_failure(answer, task.purpose):
                said = f"{failure.text}; the answer may speak of it"
                yield replace(failure, text=said, severity=Severity.NOTE)
            else:
                yield failure

    def _end(self, task_id: str, row: int, event: RunEvent) -> None:
        task = self._task(task_id)
        if not is_failure(event):
            if task.purpose:
                self._done[task.purpose] = row
        elif task.failure is None:
            said = f"a subagent {task_failure_text(event)}"
            task.failure = Evidence(row, event.seq, said, Severity.WARNING)

    def _task(self, task_id: str) -> _Task:
        return self._tasks.setdefault(task_id, _Task())
