"""Starts work that lasts, so that none of it is begun if its screen closes at once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker


def start_work(
    owner: DOMNode,
    work: Callable[[], Coroutine[Any, Any, None]],
    *,
    group: str,
    exclusive: bool = False,
) -> Worker[None]:
    """Start work that ends with its owner, an app or a screen.

    `exclusive`: what is left of the group is cancelled. A coroutine instead of a
    function would never be awaited if the worker is cancelled before it begins.
    """

    # Textual recognizes functions by `async def`.
    async def begin() -> None:
        await work()

    return owner.run_worker(begin, group=group, exclusive=exclusive)
