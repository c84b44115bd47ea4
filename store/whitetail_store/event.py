"""Decodes and encodes the lines of a run's file.

Keeps promise 2 of the store (docs/store.md), and the escapes of promise 1.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from operator import itemgetter
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
_names = itemgetter(*_KEYS[:4])
MAX_SEQ = 2**53 - 1
"""The highest `seq`: readers in JavaScript round larger integers."""
MAX_LINE_BYTES = 1 << 26
"""The longest line that is parsed. A longer one is a row, but never an event."""
_INT64_LIMIT = 2.0**63
# Readers that use str.splitlines() split a line at the first three characters. The
# range is that of lone surrogates, which a strict UTF-8 decoder refuses.
_ESCAPED = re.compile("[\x85\u2028\u2029\ud800-\udfff]")
_SEPARATORS = [
    (each.encode(), b"\\u%04x" % ord(each)) for each in ("\x85", "\u2028", "\u2029")
]
_SCALAR_TYPES = frozenset({str, bool, int, type(None)})


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event of a run."""

    seq: int
    """Its number in the order of writing, from 1, unique within the thread."""
    event_type: str
    """The type of the event, such as `llm.ai.response`."""
    category: str = "trace"
    content: Any = ""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    created_at: str = ""
    """The time of writing, ISO 8601 with offset; empty if unknown."""
    run_id: str = ""
    """The run it belongs to; it may be in another run's file. Empty if unknown."""
    thread_id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The unknown keys of the line, with their values."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the event of a decoded line; values of a wrong type become empty."""
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
        """`lead_agent`, `subagent:…` or `middleware:…`; empty if unknown."""
        return _text_or_empty(self.metadata.get("caller"))

    @property
    def time(self) -> float | None:
        """The time of writing, in seconds since the epoch; None if unknown."""
        return epoch_seconds(self.created_at)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a run's file that is no event. The file keeps it unchanged."""

    offset: int
    """Its first byte in the file, from 0."""
    size: int
    """Its length in bytes, newline included."""
    reason: str
    """The fault, in a few words."""
    raw: bytes
    """Its bytes; of a line that is longer than 1 MiB, the first 1 MiB."""


def decode(line: bytes) -> dict[str, Any]:
    """Return the record of a line, with or without its newline.

    Accepts whatever `json.loads` accepts, integers of any size included.

    Raises:
        CorruptLineError: The line is not a JSON object with a `seq` that is an
            integer from 1 to `MAX_SEQ` and an `event_type` that is a string.

    """
    record = decode_numbered(line)
    if not isinstance(record.get("event_type"), str):
        raise CorruptLineError("event_type is not a string")
    return record


def decode_numbered(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line with a valid `seq`, perhaps no event.

    Raises:
        CorruptLineError: The line is not a JSON object with a valid `seq`.

    """
    record = load_json(line)
    if not isinstance(record, dict):
        raise CorruptLineError("not a JSON object")
    seq = record.get("seq")
    if type(seq) is not int:
        reason = "seq is missing" if seq is None else "seq is not an integer"
        raise CorruptLineError(reason)
    if not 1 <= seq <= MAX_SEQ:
        raise CorruptLineError("seq is not from 1 to 2**53 - 1")
    return record


def encode(record: Mapping[str, Any]) -> bytes:
    """Return a record as a line, with its newline.

    The line reads back as that of `json.dumps(record, default=str)` does. U+0085,
    U+2028 and U+2029, at which some readers split lines, are escaped.

    Raises:
        TypeError, ValueError, RecursionError: As `json.dumps`.

    """
    before, after = encode_around_seq(record)
    return b"%s%d%s" % (before, record["seq"], after)


def encode_around_seq(record: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the parts of a record's line before and after the digits of its `seq`.

    Raises:
        TypeError, ValueError, RecursionError: As `json.dumps`.

    """
    names = thread_id, run_id, event_type, category = _names(record)
    # The events of a run repeat these; a subclass of `str` may be written differently.
    are_texts = (
        type(thread_id) is type(run_id) is type(event_type) is type(category) is str
    )
    head = (_head if are_texts else _head.__wrapped__)(*names)
    before = b'%s, "content": %s, "metadata": %s, "seq": ' % (
        head,
        dump_json(record["content"]),
        dump_json(record["metadata"]),
    )
    return before, b', "created_at": %s}\n' % dump_json(record["created_at"])


@lru_cache(256)
def _head(thread_id: str, run_id: str, event_type: str, category: str) -> bytes:
    """Return the beginning of a line, up to its category."""
    return b'{"thread_id": %s, "run_id": %s, "event_type": %s, "category": %s' % (
        dump_json(thread_id),
        dump_json(run_id),
        dump_json(event_type),
        dump_json(category),
    )


def now() -> str:
    """Return the present time in the format of `created_at`, in UTC."""
    # Half the cost of `datetime.now(UTC).isoformat()`: many events have one second.
    second, microsecond = divmod(time.time_ns() // 1_000, 1_000_000)
    return f"{_iso_second(second)}.{microsecond:06}+00:00"


@lru_cache(1)
def _iso_second(since_epoch: int) -> str:
    return datetime.fromtimestamp(since_epoch, UTC).isoformat().removesuffix("+00:00")


def epoch_seconds(created_at: str) -> float | None:
    """Return an ISO 8601 time in seconds since the epoch; None if it is not one.

    A time without an offset is UTC.
    """
    try:
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def dump_json(value: Any) -> bytes:
    """Return a value as JSON, written by orjson if that means the same as `json`'s.

    Raises:
        TypeError, ValueError, RecursionError: As `json.dumps`.

    """
    try:
        data = orjson.dumps(value)
    except TypeError:
        # An integer of more than 64 bits, a lone surrogate, or nested too deeply.
        pass
    else:
        if type(value) is str or _is_plain(value):
            if not data.isascii():
                # The search for one byte is ten times faster than that for three.
                for separator, escaped in _SEPARATORS:
                    if separator[-1] in data:
                        data = data.replace(separator, escaped)
            return data
    text = json.dumps(value, default=str, ensure_ascii=False)
    return _ESCAPED.sub(_escape, text).encode()


def _is_plain(value: Any) -> bool:
    """Return whether a value consists of JSON's own types and finite numbers only.

    Others (enums, dataclasses, times, subclasses) orjson writes differently. Only for
    values that orjson has written: they contain neither themselves nor other keys than
    strings.
    """
    rest = [(value,)]
    while rest:
        for value in rest.pop():
            kind = type(value)
            if kind in _SCALAR_TYPES:
                continue
            if kind is dict:
                rest.append(value.values())
            elif kind is list or kind is tuple:
                rest.append(value)
            elif kind is not float or not isfinite(value):
                return False
    return True


def load_json(line: bytes) -> Any:
    """Return the value of a JSON text as `json` reads it, big integers included.

    Raises:
        CorruptLineError: It is not JSON.

    """
    try:
        value = orjson.loads(line)
    except ValueError:
        return _loads_slowly(line)
    # orjson silently turns integers of more than 64 bits into floats.
    return _loads_slowly(line) if _has_big_float(value) else value


def _loads_slowly(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8", "surrogatepass").lstrip("\ufeff"))
    except UnicodeDecodeError as error:
        raise CorruptLineError(f"not UTF-8 at its byte {error.start}") from error
    except RecursionError as error:
        raise CorruptLineError("nested too deeply") from error
    except json.JSONDecodeError as error:
        zeros = line.count(0)
        note = f"zero bytes: {zeros:,} (a crash or a full disk leaves them)"
        raise CorruptLineError(note if zeros else f"not JSON: {error.msg}") from error
    except ValueError as error:
        raise CorruptLineError("an integer with too many digits") from error


def _has_big_float(value: Any) -> bool:
    rest = [[value]]
    while rest:
        for value in rest.pop():
            kind = type(value)
            # Most values are strings and integers: skip them first.
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
