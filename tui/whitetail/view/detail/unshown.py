"""What of an event has not been shown yet."""

from __future__ import annotations

from typing import Any, TypeGuard

from whitetail_store import RunEvent


class Unshown:
    """An event's content and metadata, to take from what gets shown.

    What nobody took can then be shown as it is, so that nothing gets lost. The
    event itself stays as it was.
    """

    def __init__(self, event: RunEvent, width: int | None = None) -> None:
        self.event = event
        self.width = width
        """How wide Markdown is laid out; None leaves its marks where they are."""
        content = event.content
        self.metadata: dict[str, Any] = dict(event.metadata)
        self.content: dict[str, Any] = dict(content) if is_object(content) else {}
        self.other_content: Any = None if is_object(content) else content
        """A content that is no object."""

    def pop(self, key: str, kind: type, *within: str) -> Any:
        """Remove and return a field of the content, if it is of that type."""
        return pop(self.content, key, kind, *within)


def pop(where: dict[str, Any], key: str, kind: type, *within: str) -> Any:
    """Remove and return a field that is of that type; nothing where none is.

    `within` names the objects to go through, which are copied; one that becomes
    empty goes, too.
    """
    holders = [where]
    for name in within:
        inner = holders[-1].get(name)
        if not is_object(inner):
            return None
        holders[-1][name] = inner = dict(inner)
        holders.append(inner)
    value = holders[-1].get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return None
    del holders[-1][key]
    for name, holder in zip(reversed(within), reversed(holders[:-1]), strict=True):
        if not holder[name]:
            del holder[name]
    return value


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether a JSON value is an object."""
    return isinstance(value, dict)
