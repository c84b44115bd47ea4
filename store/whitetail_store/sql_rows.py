"""Turns records into rows of the table `run_events`, and rows into records.

The columns are those of DeerFlow, and so are the marks in `event_metadata`:
`content_is_json` and `content_is_dict` (the text of `content` is JSON), and
`content_truncated` with `original_byte_length`. What a column cannot hold (NUL,
a lone surrogate, NaN) is written as JSON in a text, and read back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from whitetail_store.base import Record
from whitetail_store.errors import (
    ColumnLimitError,
    CorruptLineError,
    EventTooLargeError,
    InvalidIdError,
)
from whitetail_store.event import MAX_LINE_BYTES, dump_json, load_json
from whitetail_store.new_event import new_record

Values = tuple[Any, ...]
"""`thread_id, run_id, event_type, category, content, event_metadata, seq, created_at`.

The metadata and the time are texts.
"""
MAX_TRACE_BYTES = 10_240
"""The length to which DeerFlow cuts the content of category `trace`, in bytes."""
MAX_SEQ = 2**31 - 1
"""The highest `seq` of a table: its column has 32 bits."""
_MAX_ID_CHARS = 64
_MAX_CHARS = {"event_type": 32, "category": 16}
_IS_JSON = "content_is_json"
_IS_DICT = "content_is_dict"
_ESCAPED = "whitetail_metadata"
_MARKS = frozenset((_IS_JSON, _IS_DICT, _ESCAPED))
_QUERIED = ("task_id", "caller")
"""What DeerFlow's queries look at: stays readable beside escaped metadata."""


class NewRows:
    """The events of one call, checked and encoded before the database is asked."""

    def __init__(
        self, events: Iterable[Mapping[str, Any]], *, max_trace_bytes: int
    ) -> None:
        """Check the ids, lengths and times of events, and cut traces.

        Raises:
            KeyError: A key is missing.
            TypeError, ValueError: A value is not allowed.

        """
        self.records = [_checked(new_record(event)) for event in events]
        """The record of each event as it will be read; its `seq` is 0 until then."""
        self.rows: list[dict[str, Any]] = []
        """Their columns, without `seq` and `user_id`, once they are encoded."""
        self._max_trace_bytes = max_trace_bytes

    @property
    def is_small(self) -> bool:
        """Whether they are encoded so fast that the event loop need not wait."""
        budget = 64 * 1024
        rest: list[Any] = [record["content"] for record in self.records]
        rest += [record["metadata"] for record in self.records]
        while rest and budget > 0:
            value = rest.pop()
            budget -= 16 + (len(value) if isinstance(value, str | bytes) else 0)
            if isinstance(value, dict):
                rest.extend(value.values())
            elif isinstance(value, list | tuple):
                budget -= 16 * len(value)
                rest.extend(value[: 64 * 1024 // 16])
        return budget > 0

    async def encode(self) -> None:
        """Set the columns of `rows`: at once if they are small, else in a thread.

        Raises:
            EventTooLargeError: A row is longer than a line may be.
            TypeError, ValueError, RecursionError: As `json.dumps`.

        """
        if self.is_small:
            self._encode()
        else:
            await asyncio.to_thread(self._encode)

    def _encode(self) -> None:
        for record in self.records:
            _cut_trace(record, self._max_trace_bytes)
        self.rows = [_columns(record) for record in self.records]


def record_of(values: Values) -> Record:
    """Return the record of a row; what cannot be decoded stays the text that it is."""
    thread_id, run_id, event_type, category, content, metadata, seq, time = values
    content, metadata = _decoded(content or "", _object(metadata))
    return {
        "thread_id": thread_id,
        "run_id": run_id,
        "event_type": event_type,
        "category": category,
        "content": content,
        "metadata": metadata,
        "seq": seq,
        "created_at": utc_text(time),
    }


def as_stored(record: Record, max_trace_bytes: int) -> Record:
    """Return a record as it is read back once it was written.

    Raises:
        ValueError, TypeError: A value is not allowed.

    """
    if record["seq"] > MAX_SEQ:
        raise ValueError(f"its seq is above {MAX_SEQ}")
    if not record["created_at"]:
        raise ValueError("it has no time")
    seq = record["seq"]
    record = _checked(new_record(record)) | {"seq": seq}
    _cut_trace(record, max_trace_bytes)
    return record


def utc_text(time: str | None) -> str:
    """Return the text of a time in a table as ISO 8601, in UTC.

    SQLite's times have no offset: they are UTC. A text that is no time stays as it is.
    """
    try:
        return _utc(time).isoformat()
    except (TypeError, ValueError):
        return time or ""


def _checked(record: Record) -> Record:
    if len(record["run_id"]) > _MAX_ID_CHARS:
        raise InvalidIdError("run", record["run_id"])
    for column, limit in _MAX_CHARS.items():
        if len(record[column]) > limit:
            raise ColumnLimitError(column, len(record[column]), limit)
        if not _is_storable(record[column]):
            raise ValueError(f"{column} has a character that databases refuse")
    record["created_at"] = _utc(record["created_at"]).isoformat()
    return record


def _utc(time: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(time)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"created_at is no time: {time!r:.80}") from error


def _cut_trace(record: Record, max_bytes: int) -> None:
    if record["category"] != "trace":
        return
    content = record["content"]
    if not isinstance(content, str):
        content = dump_json(content).decode()
    data = content.encode("utf-8", "surrogatepass")
    if len(data) > max_bytes:
        record["content"] = data[:max_bytes].decode("utf-8", "ignore")
        record["metadata"] = record["metadata"] | {
            "content_truncated": True,
            "original_byte_length": len(data),
        }


def _columns(record: Record) -> dict[str, Any]:
    content, metadata = record["content"], record["metadata"]
    marks: dict[str, Any] = {}
    if not (isinstance(content, str) and _is_storable(content)):
        marks[_IS_JSON] = True
        if isinstance(content, dict):
            marks[_IS_DICT] = True
        content = dump_json(content).decode()
    text = dump_json(metadata | marks)
    if not _is_storable_json(text) or not _MARKS.isdisjoint(metadata):
        marks[_ESCAPED] = json.dumps(metadata, default=str)
        for key in _QUERIED:
            value = metadata.get(key)
            if isinstance(value, str) and _is_storable(value):
                marks[key] = value
        text = dump_json(marks)
    if (size := len(content) + len(text)) > MAX_LINE_BYTES:
        raise EventTooLargeError(size, MAX_LINE_BYTES)
    return {
        "thread_id": record["thread_id"],
        "run_id": record["run_id"],
        "event_type": record["event_type"],
        "category": record["category"],
        "content": content,
        "event_metadata": text.decode(),
        "created_at": datetime.fromisoformat(record["created_at"]),
    }


def _decoded(content: str, metadata: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return content and metadata as they were written."""
    value: Any = content
    if metadata.get(_IS_JSON) or metadata.get(_IS_DICT):
        try:
            value = load_json(content.encode("utf-8", "surrogatepass"))
        except CorruptLineError:
            # Perhaps cut: the marks say that it was JSON.
            return content, metadata
    escaped = metadata.get(_ESCAPED)
    if isinstance(escaped, str):
        original = _object(escaped)
        return value, original
    if _IS_JSON in metadata or _IS_DICT in metadata:
        metadata = {
            key: each
            for key, each in metadata.items()
            if key not in (_IS_JSON, _IS_DICT)
        }
    return value, metadata


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = load_json((text or "{}").encode("utf-8", "surrogatepass"))
    except CorruptLineError:
        return {}
    return value if isinstance(value, dict) else {}


def _is_storable(text: str) -> bool:
    """Return whether a column can hold a text: no NUL, and no lone surrogate."""
    if "\0" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _is_storable_json(text: bytes) -> bool:
    """Return whether a JSON column can hold a text, and query it."""
    if rb"\u0000" in text:
        return False
    try:
        orjson.loads(text)
    except ValueError:
        # NaN, or a lone surrogate.
        return False
    return True
