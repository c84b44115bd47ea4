"""Summarizes texts, errors and JSON values, each in one line.

The functions are named for use with the module: `brief.text(…)`, `brief.value(…)`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from whitetail.trace.message_fields import Media, media_of
from whitetail.view.text import one_line
from whitetail.view.units import size

HEAD_CHARS = 1_200
"""Only this many characters of a text are read, so that long texts cost no more."""

_LINE_CHARS = 300
"""Longest line that is kept. It is wider than any pane."""

_JSON = re.compile(r'\{\s*["}]|\[\s*[{"\]]')
_KEY = re.compile(r'"(\w{1,24})"\s*:')
# Lines without words: rules, fences, lone tags.
_EMPTY = re.compile(r"[-=*_~#\s]*|```.*|<[\w/-]*>")
_MARKS = re.compile(r"(?:#+|>|[-*+])\s+")
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)\b.*", re.M)
_JSON_BEGIN_AT_END = re.compile(r"[\s:]*[\[{]$")
# The text of an exception of the OpenAI client, and of clients modelled on it.
_PROVIDER_ERROR = re.compile(
    r"""Error code: (\d+) - \{.*?['"]message['"]: (['"])(.*?)(?<!\\)\2""", re.DOTALL
)


def text(value: str) -> str:
    """Return the first line of a text that has words, without its markup.

    For JSON: its fields. For a traceback: the line with the exception.
    """
    head = value[:HEAD_CHARS].lstrip()
    if is_json(head) and (described := _json(value, head)):
        return described
    for candidate in head.splitlines():
        line = candidate[:_LINE_CHARS].strip()
        if line.startswith("Traceback (most recent call last)"):
            return plain(_exception_line(value) or line)
        if not _EMPTY.fullmatch(line):
            # A sentence that ends with the beginning of JSON is shown without the JSON.
            return _JSON_BEGIN_AT_END.sub(" …", plain(candidate))
    return one_line(head, 80)


def plain(text: str) -> str:
    """Return the beginning of a text as one line, without its markup."""
    line = one_line(text[: 2 * _LINE_CHARS], _LINE_CHARS).replace("**", "")
    return line[marks.end() :] if (marks := _MARKS.match(line)) else line


def value(content: Any) -> str:
    """Return a summary of any JSON value: `key: value · key: value` for an object."""
    if isinstance(content, str):
        return text(content)
    if isinstance(content, dict):
        return pairs(content)
    if isinstance(content, list) and 0 < len(content) <= 4:
        return one_line(", ".join(_brief(entry) for entry in content))
    return _brief(content)


def pairs(mapping: Mapping[str, Any], max_fields: int = 6) -> str:
    """Return the first fields of an object that are not empty, in one line."""
    parts = [
        f"{one_line(key, 32)}: {_brief(entry)}"
        for key, entry in islice(mapping.items(), 4 * max_fields)
        if entry not in (None, "", [], {})
    ]
    more = len(parts) > max_fields or len(mapping) > 4 * max_fields
    return one_line(" · ".join(parts[:max_fields]) + (" · …" if more else ""))


def reason(error: Exception) -> str:
    """Return why something failed, in one line; for a file, without its path."""
    if isinstance(error, OSError) and error.strerror:
        return one_line(error.strerror.lower())
    return one_line(str(error))


def media(file: Media) -> str:
    """Return the kind, format and size of an image or another file, or its URL."""
    if file.url:
        return one_line(f"[{file.kind} {file.url}]")
    media_type = one_line(file.media_type, 60)
    kind = "" if media_type.startswith(file.kind) else file.kind
    facts = filter(None, (kind, media_type, size(file.base64_chars * 3 // 4)))
    return f"[{', '.join(facts)}]"


def all_media(content: Any) -> str:
    """Return the images and other files of a message in one line; empty if none."""
    labels = list(map(media, media_of(content, 5)))
    return " ".join(labels[:4] + ["…"] * (len(labels) > 4))


def is_json(text: str) -> bool:
    """Return whether a text begins like a JSON object or list."""
    return _JSON.match(text[:80].lstrip()) is not None


def plural(n: int, noun: str, plural_noun: str = "") -> str:
    """Return `1 file` or `2 files`.

    `plural_noun` is needed where the plural is not the noun with an s.
    """
    return f"1 {noun}" if n == 1 else f"{n:,} {plural_noun or noun + 's'}"


def names(paths: Iterable[Any], max_names: int = 4) -> str:
    """Return the names of the first files of a list: `a.md, b.png, …`."""
    texts = [path for path in islice(paths, max_names + 1) if isinstance(path, str)]
    short = [one_line(path[-200:].rstrip("/").rpartition("/")[2], 60) for path in texts]
    return ", ".join(short[:max_names] + ["…"] * (len(short) > max_names))


def first_of(texts: Iterable[str], separator: str = " ", most: int = 20) -> str:
    """Return the first of some texts, and how many more there are: `a b and 3 more`."""
    all_texts = list(texts)
    shown, more = separator.join(all_texts[:most]), len(all_texts) - most
    return f"{shown} and {more:,} more" if more > 0 else shown


def approx_size(content: str) -> str:
    """Return the size of a text in UTF-8, as `1.2 kB`.

    The size of a long text with non-ASCII characters is estimated from a sample.
    """
    if content.isascii():
        return size(len(content))
    step = len(content) // 2_048 + 1
    return size(len(content[::step].encode("utf-8", "surrogatepass")) * step)


def _exception_line(traceback: str) -> str:
    """Return the last line of a traceback that names an exception. Empty if none."""
    found = _EXCEPTION.findall(traceback[-HEAD_CHARS:])
    return found[-1] if found else ""


def _json(content: str, head: str) -> str:
    """Return a summary of JSON text: from its first keys if it is long.

    Empty if no keys are found.
    """
    if len(content) <= HEAD_CHARS:
        try:
            return value(json.loads(content)) or "empty"
        except (ValueError, RecursionError):
            pass
    keys = list(dict.fromkeys(islice((m[1] for m in _KEY.finditer(head)), 4)))
    if not keys:
        return ""
    return f"JSON with {', '.join(keys)} …"


def _brief(entry: Any) -> str:
    if isinstance(entry, str):
        if is_json(entry):
            return f"JSON, {approx_size(entry)}"
        return one_line(entry, 80)
    if entry is None or isinstance(entry, bool):
        return {None: "none", True: "yes", False: "no"}[entry]
    if isinstance(entry, list):
        return plural(len(entry), "item")
    if isinstance(entry, dict):
        return plural(len(entry), "field")
    try:
        return one_line(str(entry), 24)
    except ValueError:
        return "a huge number"


def error(content: str) -> str:
    """Return the message of an error.

    Of a provider's error only the status and the message are kept:
    `Error code: 429 - {'error': {'message': 'Slow down'}}` becomes `429: Slow down`.
    """
    found = _PROVIDER_ERROR.match(content[:HEAD_CHARS])
    return one_line(f"{found[1]}: {found[3]}") if found else text(content)
