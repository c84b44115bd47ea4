"""The order in which spans are drawn: those of a subagent under its task."""

from __future__ import annotations

from array import array
from contextlib import suppress

_MAX_DEPTH = 8
_SEARCH_SPANS = 32, 512, 8_192
"""A span is searched from the end, where subagents are: it is rarely far from it."""


class SpanOrder:
    """Spans in the order in which they were added, with a subagent's under its task.

    The span of a subagent and those of its calls follow the span of the `task` call
    that started it. Adding one costs a step, and moving the spans behind it.
    """

    def __init__(self) -> None:
        self._order = array("I")
        self._depth = array("B")
        self._tasks: dict[str, int] = {}
        """The span of each `task` call, by its id."""
        self._last_under: dict[str, int] = {}
        """The last span under each task, or the task's own, by its id."""

    def __len__(self) -> int:
        return len(self._depth)

    def depth(self, span: int) -> int:
        """Return how many levels a span is indented."""
        return self._depth[span]

    def order(self) -> array[int]:
        """Return all spans in the order in which they are drawn, as a copy."""
        return self._order[:]

    def add(self, depth: int) -> None:
        """Add the next span at the end."""
        self._order.append(len(self._depth))
        self._depth.append(depth)

    def add_task(self, task_id: str, span: int) -> None:
        """Register the span of the call that started a task."""
        self._tasks[task_id] = self._last_under[task_id] = span

    def move_to_head(self, task_id: str, span: int) -> None:
        """Move a subagent's own span to the first position under its task, if known."""
        if (task := self._tasks.get(task_id)) is not None:
            self._move(span, task, self._depth[task] + 1)
            if self._last_under[task_id] == task:
                self._last_under[task_id] = span

    def move_under(self, task_id: str, span: int) -> None:
        """Move a span of a subagent to the last position under its task, if known."""
        if (task := self._tasks.get(task_id)) is not None:
            self._move(span, self._last_under[task_id], self._depth[task] + 2)
            self._last_under[task_id] = span

    def _move(self, span: int, after: int, depth: int) -> None:
        self._depth[span] = min(depth, _MAX_DEPTH)
        self._order.pop(self._position(span))
        self._order.insert(self._position(after) + 1, span)

    def _position(self, span: int) -> int:
        if self._order[-1] == span:
            return len(self._order) - 1
        for count in _SEARCH_SPANS:
            with suppress(ValueError):
                return self._order.index(span, -count)
        return self._order.index(span)
