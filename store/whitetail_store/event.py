"""One line of a run's file, and the event that it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Self

import orjson

from whitetail_store.errors import CorruptLineError

_KEYS = (
    "thread_id",
    "run_id",
    "event_type",
    "category",
    "content",
    "metadata",
    "seq",
    "created_at",
)
_KNOWN_KEYS = frozenset(_KEYS)
_FIRST_KEYS = [(key, b'"%s"' % key.encode()) for key in _KEYS[:6]]
_INT64_LIMIT = 2.0**63
# Readers that split with str.splitlines() break a line at the first three; no
# strict decoder takes the last, half of a character that Python lets stand alone.
_ESCAPED = re.compile("[\x85\u2028\u2029\ud800-\udfff]")
_SEPARATORS = [
    (each.encode(), b"\\u%04x" % ord(each)) for each in ("\x85", "\u2028", "\u2029")
]
_SCALAR_TYPES = frozenset({str, bool, int, type(None)})
_ORJSON_MAX_DEPTH = 250


@dataclass(frozen=True, slots=True)
class RunEvent:
    """Something that a run did, numbered within its thread."""

    seq: int
    """Its place in the order of writing, from 1, unique within the thread."""
    event_type: str
    """What happened, as `llm.ai.response`."""
    category: str = "trace"
    content: Any = ""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    created_at: str = ""
    """When it was written, ISO 8601 with offset."""
    run_id: str = ""
    """The run it belongs to, which another run's file may hold."""
    thread_id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else the line said, under names that are not known here."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the event that a decoded line describes, wrong types made plain."""
        metadata = record.get("metadata")
        return cls(
            record["seq"],
            record["event_type"],
            _text_or_empty(record.get("category")),
            record.get("content", ""),
            metadata if isinstance(metadata, dict) else {},
            _text_or_empty(record.get("created_at")),
            _text_or_empty(record.get("run_id")),
            _text_or_empty(record.get("thread_id")),
            {}
            if record.keys() <= _KNOWN_KEYS
            else {
                key: value for key, value in record.items() if key not in _KNOWN_KEYS
            },
        )

    @property
    def caller(self) -> str:
        """Who spoke: `lead_agent`, `subagent:…`, `middleware:…`, or nothing."""
        return _text_or_empty(self.metadata.get("caller"))

    @property
    def time(self) -> float | None:
        """When it was written, in seconds since the epoch, where that is known."""
        return epoch_seconds(self.created_at)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a run's file that is no event, kept as it is."""

    offset: int
    """Where it begins, in bytes."""
    size: int
    """Its length in bytes, newline included."""
    reason: str
    """What is wrong with it."""
    raw: bytes
    """Its bytes; the first megabyte of a line that is longer."""


def decode(line: bytes) -> dict[str, Any]:
    """Return the record that a line holds; the newline may be missing.

    Reads all that `json.loads` reads, integers of any size included.

    Raises:
        CorruptLineError: The line is not a JSON object with a `seq` that is an
            integer of 64 bits and an `event_type` that is a string.

    """
    record = _loads(line)
    if not isinstance(record, dict):
        raise CorruptLineError("not a JSON object")
    seq = record.get("seq")
    if type(seq) is not int or not -_INT64_LIMIT <= seq < _INT64_LIMIT:
        raise CorruptLineError("seq is missing" if seq is None else "seq is no integer")
    if not isinstance(record.get("event_type"), str):
        raise CorruptLineError("event_type is no text")
    return record


def encode(record: Mapping[str, Any]) -> bytes:
    """Return a record as a line, with its newline.

    Means what `json.dumps(record, default=str)` means. Separators that some
    readers take for line ends are escaped.

    Raises:
        TypeError, ValueError, RecursionError: As `json.dumps`.

    """
    before, after = encode_around_seq(record)
    return b"%s%d%s" % (before, record["seq"], after)


def encode_around_seq(record: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return a record's line in two pieces, between which its number goes.

    Raises:
        TypeError, ValueError, RecursionError: As `json.dumps`.

    """
    begin = b", ".join(
        [b"%s: %s" % (name, _dumps(record[key])) for key, name in _FIRST_KEYS]
    )
    created_at = _dumps(record["created_at"])
    return b'{%s, "seq": ' % begin, b', "created_at": %s}\n' % created_at


def now() -> str:
    """Return the present moment as `created_at` holds it."""
    return datetime.now(UTC).isoformat()


def epoch_seconds(created_at: str) -> float | None:
    """Return an ISO 8601 time as seconds since the epoch; without offset, as UTC."""
    try:
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _dumps(value: Any) -> bytes:
    """Return a value as JSON: by orjson where that means just what `json` means."""
    if type(value) is str or _is_plain(value, _ORJSON_MAX_DEPTH):
        try:
            data = orjson.dumps(value)
        except TypeError:
            # A number over 64 bits, half of a character, or too deep.
            pass
        else:
            # One byte is found ten times faster than three.
            for separator, escaped in _SEPARATORS:
                if separator[-1] in data:
                    data = data.replace(separator, escaped)
            return data
    text = json.dumps(value, default=str, ensure_ascii=False)
    return _ESCAPED.sub(_escape, text).encode()


def _is_plain(value: Any, deep: int) -> bool:
    """Tell whether a value is made of JSON's own types alone, and of finite numbers.

    Of others, as enums, dataclasses, times and subclasses, orjson has its own ideas.
    """
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                return False
        inner = value.values()
    elif kind is list or kind is tuple:
        inner = value
    else:
        return kind in _SCALAR_TYPES or (kind is float and isfinite(value))
    for each in inner:
        if type(each) not in _SCALAR_TYPES and not (deep and _is_plain(each, deep - 1)):
            return False
    return True


def _loads(line: bytes) -> Any:
    try:
        value = orjson.loads(line)
    except ValueError:
        return _loads_slowly(line)
    # orjson makes floats of integers over 64 bits without a word.
    return _loads_slowly(line) if _has_big_float(value) else value


def _loads_slowly(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8", "surrogatepass").lstrip("\ufeff"))
    except UnicodeDecodeError as error:
        raise CorruptLineError(f"not UTF-8 at its byte {error.start}") from error
    except RecursionError as error:
        raise CorruptLineError("nested too deeply") from error
    except json.JSONDecodeError as error:
        raise CorruptLineError(f"not JSON: {error.msg}") from error
    except ValueError as error:
        raise CorruptLineError("an integer with too many digits") from error


def _has_big_float(value: Any) -> bool:
    rest = [[value]]
    while rest:
        for value in rest.pop():
            kind = type(value)
            # Most are texts: they go by without being put aside.
            if kind is str or kind is int:
                continue
            if kind is dict:
                rest.append(value.values())
            elif kind is list:
                rest.append(value)
            elif kind is float and not -_INT64_LIMIT < value < _INT64_LIMIT:
                return True
    return False


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _text_or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""
