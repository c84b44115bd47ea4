"""JSON within texts, also where it was cut."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_BIGGEST = 2_000_000
_GAP = re.compile(r"[\s,]*")


def parse_json(text: str) -> Any:
    """Return the object or list that a text is; nothing if it is none, or huge."""
    if len(text) >= _BIGGEST or not text[:200].lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def list_items(text: str) -> Iterator[Any]:
    """Yield the items of a text that is a JSON list, as they are asked for.

    Where it is none any more, the rest is yielded as it stands, as a string: a
    list may have been cut. Such a list's items are no strings.
    """
    decode = json.JSONDecoder().raw_decode
    place = text.find("[") + 1
    while (place := _end(text, place)) < len(text):
        if text[place] == "]" and not text[place + 1 :].strip():
            return
        try:
            item, place = decode(text, place)
        except (ValueError, RecursionError):
            item, place = text[place:], len(text)
        yield item


def _end(text: str, place: int) -> int:
    gap = _GAP.match(text, place)
    return gap.end() if gap else place
