"""Texts, errors and JSON values, each in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from whitetail.view.text import one_line
from whitetail.view.units import size

HEAD_CHARS = 1_200
"""How much of a text is looked at, in characters."""

_LINE_CHARS = 300
"""How much of a line is kept: wider than any pane."""

_JSON = re.compile(r'\{\s*["}]|\[\s*[{"\]]')
_KEY = re.compile(r'"(\w{1,24})"\s*:')
# Lines that say nothing: rules, fences, lone tags.
_EMPTY = re.compile(r"[-=*_~#\s]*|```.*|<[\w/-]*>")
_MARKS = re.compile(r"(?:#+|>|[-*+])\s+")
_RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)\b.*", re.M)
_OPENED = re.compile(r"[\s:]*[\[{]$")
# As the clients of OpenAI and of its like print what a provider replied.
_PROVIDER = re.compile(
    r"""Error code: (\d+) - \{.*?['"]message['"]: (['"])(.*?)(?<!\\)\2""", re.DOTALL
)


def text(value: str) -> str:
    """Return a text's first line that says something, without its markup.

    A text that is JSON is described, not quoted.
    """
    head = value[:HEAD_CHARS].lstrip()
    if is_json(head) and (described := _json(value, head)):
        return described
    for candidate in head.splitlines():
        said = candidate[:_LINE_CHARS].strip()
        if said.startswith("Traceback (most recent call last)"):
            return plain(_raised(value) or said)
        if not _EMPTY.fullmatch(said):
            # Where JSON begins at the end of a sentence, the sentence is enough.
            return _OPENED.sub(" …", plain(candidate))
    return one_line(head, 80)


def plain(text: str) -> str:
    """Return the beginning of a text as one line, without its markup."""
    said = one_line(text[: 2 * _LINE_CHARS], _LINE_CHARS).replace("**", "")
    return said[marks.end() :] if (marks := _MARKS.match(said)) else said


def value(content: Any) -> str:
    """Return what any JSON value holds; `key: value · key: value` for an object."""
    if isinstance(content, str):
        return text(content)
    if isinstance(content, dict):
        return pairs(content)
    if isinstance(content, list) and 0 < len(content) <= 4:
        return one_line(", ".join(_brief(item) for item in content))
    return _brief(content)


def pairs(mapping: Mapping[str, Any], max_fields: int = 6) -> str:
    """Return the fields of an object that hold something, shortly, in one line."""
    parts = [
        f"{one_line(key, 32)}: {_brief(item)}"
        for key, item in islice(mapping.items(), 4 * max_fields)
        if item not in (None, "", [], {})
    ]
    more = len(parts) > max_fields or len(mapping) > 4 * max_fields
    return one_line(" · ".join(parts[:max_fields]) + (" · …" if more else ""))


def is_json(text: str) -> bool:
    """Tell whether a text begins as a JSON object or list does."""
    return _JSON.match(text[:80].lstrip()) is not None


def plural(n: int, noun: str, plural_noun: str = "") -> str:
    """Return `1 file` or `2 files`; `many` where an s is not enough."""
    return f"1 {noun}" if n == 1 else f"{n:,} {plural_noun or noun + 's'}"


def names(paths: Iterable[Any], max_names: int = 4) -> str:
    """Return the last parts of some paths: `a.md, b.png, …`."""
    texts = [path for path in islice(paths, max_names + 1) if isinstance(path, str)]
    short = [one_line(path[-200:].rstrip("/").rpartition("/")[2], 60) for path in texts]
    return ", ".join(short[:max_names] + ["…"] * (len(short) > max_names))


def approx_size(content: str) -> str:
    """Return the size of a text in UTF-8; estimated from a sample when it is long."""
    if content.isascii():
        return size(len(content))
    step = len(content) // 2_048 + 1
    return size(len(content[::step].encode("utf-8", "surrogatepass")) * step)


def _raised(traceback: str) -> str:
    """Return the last line of a traceback that names an exception."""
    found = _RAISED.findall(traceback[-HEAD_CHARS:])
    return found[-1] if found else ""


def _json(whole: str, head: str) -> str:
    if len(whole) <= HEAD_CHARS:
        try:
            return value(json.loads(whole)) or "empty"
        except (ValueError, RecursionError):
            pass
    keys = list(dict.fromkeys(islice((m[1] for m in _KEY.finditer(head)), 4)))
    if not keys:
        return ""
    return f"JSON with {', '.join(keys)} …"


def _brief(item: Any) -> str:
    if isinstance(item, str):
        if is_json(item):
            return f"JSON, {approx_size(item)}"
        return one_line(item, 80)
    if item is None or isinstance(item, bool):
        return {None: "none", True: "yes", False: "no"}[item]
    if isinstance(item, list):
        return plural(len(item), "item")
    if isinstance(item, dict):
        return plural(len(item), "field")
    try:
        return one_line(str(item), 24)
    except ValueError:
        return "a huge number"


def error(content: str) -> str:
    """Return an error's message; of a provider's reply only the status and the words.

    `Error code: 429 - {'error': {'message': 'Slow down'}}` becomes `429: Slow down`.
    """
    found = _PROVIDER.match(content[:HEAD_CHARS])
    return one_line(f"{found[1]}: {found[3]}") if found else text(content)
