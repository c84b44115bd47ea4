"""Tracks which fields of an event have not been shown yet."""

from __future__ import annotations

from typing import Any

from whitetail.trace.json_object import is_object, pop
from whitetail_store import RunEvent


class Unshown:
    """The fields of an event that have not been shown yet.

    A section removes the fields that it shows with `pop`. The remaining fields are
    shown at the end, so that no part of the event is lost. The event itself is not
    changed.
    """

    def __init__(self, event: RunEvent, width: int | None = None) -> None:
        self.event = event
        self.width = width
        """Width in cells for Markdown. If None, Markdown is shown as source."""
        content = event.content
        self.metadata: dict[str, Any] = dict(event.metadata)
        self.content: dict[str, Any] = dict(content) if is_object(content) else {}
        self.other_content: Any = None if is_object(content) else content
        """The content if it is not an object, else None."""

    def pop(self, key: str, kind: type, *parents: str) -> Any:
        """Remove and return a field of the content. None if it is of another type."""
        return pop(self.content, key, kind, *parents)
