"""Redacted copies for tests, and the words that must not be in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from whitetail.export.redact.redactor import Redactor

KEY = b"the key of all tests"
_WORD = re.compile(r"[^\W\d_]{5,}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{4,}")
_TEXT_FIELDS = (
    *("content", "text", "result", "error", "description", "title", "messages"),
    *("artifacts", "tool_calls", "invalid_tool_calls", "thread_data"),
    *("produced_paths", "presented_paths", "paths", "todos"),
)
"""The fields of an event's content that have what users and models wrote."""
# The words with which DeerFlow begins a result, as far as whitetail depends on them.
_MARKERS = re.compile(
    r"^(?:Updated todo list to |Error:|Guardrail denied:"
    r"|Task (?:Succeeded|failed|timed out|cancelled(?: by user)?)\.?"
    r"(?: (?:Result|Error):)?)"
)


def redacted(*lines: bytes) -> list[bytes]:
    """Return redacted lines, with a key that is always the same."""
    return list(map(Redactor(KEY).line, lines))


def redacted_event(line: bytes) -> dict[str, Any]:
    """Return the redacted copy of an event."""
    event: dict[str, Any] = json.loads(redacted(line)[0])
    return event


def copy_tree(tree: Path, copy: Path) -> Path:
    """Write a redacted copy of all runs of a tree; return it."""
    redactor = Redactor(KEY)
    for path in sorted(tree.glob("threads/*/runs/*.jsonl")):
        target = copy / path.relative_to(tree)
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as lines:
            target.write_bytes(b"".join(map(redactor.line, lines)))
    return copy


def words(texts: Iterable[str]) -> set[str]:
    """Return the words of 5 letters and more, and all runs of 4 characters of CJK."""
    found: set[str] = set()
    for text in texts:
        found.update(_WORD.findall(text.casefold()))
        for run in _CJK.findall(text):
            found.update(run[start : start + 4] for start in range(len(run) - 3))
    return found


def texts_in(value: Any) -> Iterator[str]:
    """Yield all strings in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)


def user_texts(event: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of an event that are messages, arguments or results."""
    content = event.get("content")
    if not isinstance(content, dict):
        yield from texts_in(content)
        return
    for field in _TEXT_FIELDS:
        yield from texts_in(content.get(field))
    yield from texts_in(content.get("additional_kwargs"))


def texts_of_copy(event: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a redacted event, without DeerFlow's words before results."""
    for text in user_texts(event):
        yield _MARKERS.sub("", text)
