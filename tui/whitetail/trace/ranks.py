"""Where rows stand among those of the same cause: numbers that sort them."""

from __future__ import annotations

from typing import Any

from whitetail.trace.message import canonical
from whitetail_store import RunEvent

_ROW, _PART, _NUMBER, _STAGE, _CALL = 28, 2, 22, 2, 8
_KIN = _ROW + _PART + _NUMBER + _STAGE
_BEGIN, _WORK, _END, _RESULT = range(4)
_STAGES = {"subagent.start": _BEGIN, "subagent.end": _END}
_REPLY, _STEP, _TOOL = range(3)


class Ranks:
    """Ranks the rows of subagents and the results of tools, in order of the file.

    By the call of the reply that they stand under, then beginning, work, end
    and result. Of the work, the first reply stands before the first step that
    repeats it, which stands before the results that step came to.
    """

    def __init__(self) -> None:
        self._told: dict[str, list[int]] = {}
        """How many replies and how many steps a task has so far."""

    def result(self, row: int) -> int:
        """Return the rank of a tool's result."""
        return _RESULT << _KIN - _STAGE | row

    def work(self, row: int) -> int:
        """Return the rank of a subagent's row whose task is not known."""
        return _WORK << _KIN - _STAGE | row

    def task(self, row: int, task_id: str, event: RunEvent) -> int:
        """Return the rank of a task's next row."""
        stage = _STAGES.get(event.event_type, _WORK)
        number = part = 0
        if stage == _WORK:
            number, part = self._turn(task_id, event)
        number = min(number, (1 << _NUMBER) - 1)
        return ((stage << _NUMBER | number) << _PART | part) << _ROW | row

    def _turn(self, task_id: str, event: RunEvent) -> tuple[int, int]:
        told = self._told.setdefault(task_id, [0, 0])
        if canonical(event.event_type) == "llm.ai.response":
            part = _REPLY
        elif _is_tool(event.content):
            return max(told[_STEP] - 1, 0), _TOOL
        else:
            part = _STEP
        told[part] += 1
        return told[part] - 1, part


def under(rank: int, index: int) -> int:
    """Return a rank as it is under a call of a reply; -1 goes before all calls."""
    return min(index + 1, (1 << _CALL) - 1) << _KIN | rank


def _is_tool(content: Any) -> bool:
    return isinstance(content, dict) and content.get("kind") == "tool"
