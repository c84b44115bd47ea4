"""Checks of JSON values, and the removal of fields from JSON objects."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(value, dict)


def field_of(value: Any, key: str) -> Any:
    """Return a field of a JSON object; None if it is missing, or for other values."""
    return value.get(key) if isinstance(value, dict) else None


def text_field(value: Any, key: str) -> str:
    """Return a field of a JSON object that is a string; empty for all other values."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


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
