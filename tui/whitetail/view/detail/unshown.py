"""Tracks which fields of an event have not been shown yet."""

from __future__ import annotations

from typing import Any, TypeGuard

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


def pop(fields: dict[str, Any], key: str, kind: type, *parents: str) -> Any:
    """Remove and return a field. None if it is missing or of another type.

    `parents` are the keys of the nested objects that contain the field, outermost
    first. These objects are copied; those that become empty are removed.
    """
    objects = [fields]
    for parent in parents:
        inner = objects[-1].get(parent)
        if not is_object(inner):
            return None
        objects[-1][parent] = inner = dict(inner)
        objects.append(inner)
    value = objects[-1].get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return None
    del objects[-1][key]
    for parent, outer in zip(reversed(parents), reversed(objects[:-1]), strict=True):
        if not outer[parent]:
            del outer[parent]
    return value


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(value, dict)
