"""Parses JSON from texts, also if it was truncated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_MAX_CHARS = 2_000_000
"""Longer texts are not parsed: parsing them would delay the first line."""
_GAP = re.compile(r"[\s,]*")


def parse_json(text: str) -> Any:
    """Return the object or list of a JSON text. None if it is none, or too long."""
    if len(text) >= _MAX_CHARS or not text[:200].lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def list_elements(text: str) -> Iterator[Any]:
    """Yield the elements of a JSON list lazily, also if its text was truncated.

    From the first character that is not valid JSON, the rest of the text is yielded as
    one string. Therefore the list itself must contain no strings.
    """
    decode = json.JSONDecoder().raw_decode
    position = text.find("[") + 1
    while (position := _gap_end(text, position)) < len(text):
        if text[position] == "]" and not text[position + 1 :].strip():
            return
        try:
            element, position = decode(text, position)
        except (ValueError, RecursionError):
            element, position = text[position:], len(text)
        yield element


def _gap_end(text: str, position: int) -> int:
    gap = _GAP.match(text, position)
    return gap.end() if gap else position
