"""Cuts long values, and says how much is left out."""

from __future__ import annotations

import json
from typing import Any


def cut_text(text: str, max_bytes: int | None) -> str:
    """Return a text of at most `max_bytes` in UTF-8, and behind it what is left out.

    A shorter text is returned as it is.
    """
    # A character has at most four bytes: most texts need not be encoded.
    if max_bytes is None or 4 * len(text) <= max_bytes:
        return text
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) <= max_bytes:
        return text
    # A character that would be cut in two is left out as a whole.
    end = max_bytes
    while end and encoded[end] & 0xC0 == 0x80:
        end -= 1
    kept = encoded[:end].decode("utf-8", "surrogatepass")
    return f"{kept}… {cut_note(len(encoded) - end, len(encoded))}"


def cut_note(left_out: int, size: int) -> str:
    """Return the note behind a value that was cut; both numbers are bytes."""
    return f"[{left_out:,} of {size:,} bytes left out by --max-bytes]"


def cut_values(value: Any, max_bytes: int | None) -> Any:
    """Return a JSON value, of which every text is cut, at any depth; keys are not."""
    if max_bytes is None:
        return value
    result: list[Any] = [None]
    # Not recursive: JSON can be nested more deeply than Python allows.
    todo: list[tuple[Any, Any, Any]] = [(result, 0, value)]
    while todo:
        target, key, each = todo.pop()
        if isinstance(each, str):
            target[key] = cut_text(each, max_bytes)
        elif isinstance(each, dict):
            target[key] = dict.fromkeys(each)
            todo += ((target[key], name, inner) for name, inner in each.items())
        elif isinstance(each, list):
            target[key] = [None] * len(each)
            todo += ((target[key], at, inner) for at, inner in enumerate(each))
        else:
            target[key] = each
    return result[0]


def cut_line(line: bytes, max_bytes: int | None) -> bytes:
    """Return a raw line of which every text is cut; as it is if none is too long.

    A line that is not JSON is cut itself.
    """
    if max_bytes is None or len(line) <= max_bytes:
        return line
    try:
        value = json.loads(line)
        cut = cut_values(value, max_bytes)
        if cut == value:
            return line
        text = json.dumps(cut, ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8", "backslashreplace") + b"\n"
    except (ValueError, RecursionError):
        note = cut_note(len(line) - 1 - max_bytes, len(line) - 1)
        return line[:max_bytes] + f"… {note}\n".encode()
