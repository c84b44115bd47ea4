"""Sorts the rows below a reply, so that those of one call are one after another."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from whitetail.trace.message_step import is_tool_step, step_identity
from whitetail_store import RunEvent

# The fields of a sort key in bits, from the lowest: row, part, number, stage, call.
_ROW_BITS, _PART_BITS, _NUMBER_BITS, _STAGE_BITS = 28, 2, 22, 2
CALL_BITS = 8
_CALL_SHIFT = _ROW_BITS + _PART_BITS + _NUMBER_BITS + _STAGE_BITS
_STAGE_SHIFT = _CALL_SHIFT - _STAGE_BITS
_BEGIN, _WORK, _END, _RESULT = range(4)
_STAGES = {"subagent.start": _BEGIN, "subagent.end": _END}


class Part(IntEnum):
    """What a row is among those of a subagent's work with the same number."""

    REPLY = 0
    STEP = 1
    """The step that repeats the reply."""
    OTHER = 2
    """The result of a tool, or another row."""


class TaskKey(NamedTuple):
    """The sort key of a subagent's row, and its fields."""

    sort_key: int
    number: int = 0
    """Of the reply to which the row belongs, from 0."""
    part: Part | None = None
    """None for the start and the end."""
    copy: bool = False
    """Whether the row is a step that was written before."""


class SortKeys:
    """Makes sort keys for rows with the same parent, in 62 bits.

    Rows are sorted by the call that they belong to, then by stage: the subagent's
    start, its work, its end, and the result that the call returned.

    DeerFlow writes each reply of a subagent twice: as a reply, at once, and as a step,
    in a batch. So work is sorted by number: the first reply, the first step, the
    results of tools that follow this step, then the second reply, and so on. A reply
    has the number of the step that repeats it, if that is known.
    """

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        """The number of replies and the number of steps of each task so far."""
        self._numbers: dict[str, dict[int, int]] = {}
        """The numbers of the steps of each task by their message index."""

    def result_key(self, row: int) -> int:
        """Return the sort key of a tool result."""
        return _RESULT << _STAGE_SHIFT | row

    def work_key(self, row: int) -> int:
        """Return the sort key of a subagent's row whose task is ambiguous."""
        return _WORK << _STAGE_SHIFT | row

    def task_key(self, row: int, task_id: str, event: RunEvent) -> TaskKey:
        """Return the sort key of the next row of a task, which is no reply."""
        stage = _STAGES.get(event.event_type, _WORK)
        if stage != _WORK:
            return TaskKey(stage << (_NUMBER_BITS + _PART_BITS + _ROW_BITS) | row)
        number, part, copy = self._number_and_part(task_id, event)
        return _work_key(row, number, part, copy)

    def reply_key(self, row: int, task_id: str, number: int | None = None) -> TaskKey:
        """Return the sort key of a reply; `number` is that of the step it is of."""
        counts = self._counts.setdefault(task_id, [0, 0])
        if number is None:
            number = counts[Part.REPLY]
        counts[Part.REPLY] = max(counts[Part.REPLY], number + 1)
        return _work_key(row, number, Part.REPLY)

    def _number_and_part(self, task_id: str, event: RunEvent) -> tuple[int, Part, bool]:
        counts = self._counts.setdefault(task_id, [0, 0])
        number, part = max(counts[Part.STEP] - 1, 0), Part.OTHER
        is_step = event.event_type == "subagent.step"
        if is_step and not is_tool_step(event.content):
            part = Part.STEP
        identity = step_identity(event) if is_step else None
        if identity is not None:
            numbers = self._numbers.setdefault(task_id, {})
            if (known := numbers.get(identity[1])) is not None:
                return known, part, True
        if part is Part.STEP:
            number = counts[part]
            counts[part] += 1
        if identity is not None:
            numbers[identity[1]] = number
        return number, part, False


def _work_key(row: int, number: int, part: Part, copy: bool = False) -> TaskKey:
    number = min(number, (1 << _NUMBER_BITS) - 1)
    work = (_WORK << _NUMBER_BITS | number) << _PART_BITS | part
    return TaskKey(work << _ROW_BITS | row, number, part, copy)


def key_within_call(sort_key: int, index: int) -> int:
    """Return a sort key with the index of a call; -1 sorts before all calls."""
    return min(index + 1, (1 << CALL_BITS) - 1) << _CALL_SHIFT | sort_key


def call_bits(sort_key: int) -> int:
    """Return the part of a sort key that names a call; 0 if it names none."""
    return sort_key >> _CALL_SHIFT


def is_result_key(sort_key: int) -> bool:
    """Return whether a sort key is that of the result of a call."""
    return sort_key >> _STAGE_SHIFT & ((1 << _STAGE_BITS) - 1) == _RESULT


def keys_of_call(bits: int) -> tuple[int, int]:
    """Return the range of the sort keys of a call's rows, without its result."""
    first = bits << _CALL_SHIFT
    return first, first | _RESULT << _STAGE_SHIFT
