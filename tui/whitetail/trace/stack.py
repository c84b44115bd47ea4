"""In which order spans are drawn: those of a subagent under what launched it."""

from __future__ import annotations

from array import array
from contextlib import suppress

_NEAR = 32, 512, 8_192
_DEEP = 8


class Stack:
    """Spans in the order in which they were told of, subagents' under their tasks.

    A subagent's span and those of its calls follow the span of the `task` call
    that launched it, and so do those that were told of before it. What a
    subagent does is near its task: a span costs a step, and moving what follows.
    """

    def __init__(self) -> None:
        self._order = array("I")
        self._depth = array("B")
        self._tasks: dict[str, int] = {}
        self._tails: dict[str, int] = {}
        """The last span under each task."""

    def __len__(self) -> int:
        return len(self._depth)

    def depth(self, span: int) -> int:
        """Return how far a span stands in."""
        return self._depth[span]

    def order(self) -> array[int]:
        """Return all spans as they are drawn: a copy, which stays as it is."""
        return self._order[:]

    def add(self, depth: int) -> None:
        """Put the next span at the end."""
        self._order.append(len(self._depth))
        self._depth.append(depth)

    def launch(self, task_id: str, span: int) -> None:
        """Take note that a span is that of the call that launched a task."""
        self._tasks[task_id] = self._tails[task_id] = span

    def head(self, task_id: str, span: int) -> None:
        """Put a subagent's own span first under its task, if that is known."""
        if (task := self._tasks.get(task_id)) is not None:
            self._move(span, task, self._depth[task] + 1)
            if self._tails[task_id] == task:
                self._tails[task_id] = span

    def under(self, task_id: str, span: int) -> None:
        """Put a span of what a subagent did last under its task, if that is known."""
        if (task := self._tasks.get(task_id)) is not None:
            self._move(span, self._tails[task_id], self._depth[task] + 2)
            self._tails[task_id] = span

    def _move(self, span: int, after: int, depth: int) -> None:
        self._depth[span] = min(depth, _DEEP)
        self._order.pop(self._place(span))
        self._order.insert(self._place(after) + 1, span)

    def _place(self, span: int) -> int:
        if self._order[-1] == span:
            return len(self._order) - 1
        for near in _NEAR:
            with suppress(ValueError):
                return self._order.index(span, -near)
        return self._order.index(span)
