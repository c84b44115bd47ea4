"""Lines are decoded and encoded as `json` means them."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from math import inf, nan
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given

from tests.helpers.events import TIME, line, record
from tests.helpers.lines import json_values, python_values
from whitetail_store import CorruptLineError, RunEvent
from whitetail_store.event import decode, encode, epoch_seconds, now


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Real(float):
    pass


class Names(dict[str, Any]):
    pass


class Row(list[Any]):
    pass


class Pair(NamedTuple):
    a: int
    b: str


class Plain(Enum):
    A = "a"


class Word(StrEnum):
    A = "a"


class Level(IntEnum):
    ONE = 1


@dataclass
class Point:
    x: int
    y: str = "z"


def meant(value: Any) -> Any:
    """Return a value as it reads back from JSON."""
    return json.loads(json.dumps(value, default=str))


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal, types and NaN included."""
    return json.dumps(one) == json.dumps(other)


ODD = {
    "nan": nan,
    "infinity": [inf, -inf],
    "negative zero": -0.0,
    "integer of 64 bits": 2**63,
    "integer over 64 bits": [2**64, -(2**63) - 1, 10**300],
    "float as large": 2.0**64,
    "lone surrogate": "a\ud800b",
    "split surrogates": "\ud83d\ude00",
    "lone surrogate in a key": {"\udfff": 1},
    "int keys": {1: {2: 3}},
    "float, bool and None keys": {1.5: 1, True: 2, None: 3, nan: 4},
    "keys that become one": {1: "a", "1": "b"},
    "set": {1},
    "bytes": b"\xff\n",
    "datetime": datetime(2024, 1, 2, 3, 4, 5, 6, UTC),
    "date": date(2024, 1, 2),
    "decimal": Decimal("1.10"),
    "uuid": UUID(int=1),
    "path": PurePosixPath("/a/b"),
    "enum": Plain.A,
    "str enum": Word.A,
    "int enum": Level.ONE,
    "enum keys": {Word.A: 1, Level.ONE: 2},
    "dataclass": Point(1),
    "tuple": (1, (2, ())),
    "namedtuple": Pair(1, "b"),
    "str subclass": Text("x"),
    "str subclass as key": {Text("x"): 1},
    "int subclass": Number(7),
    "float subclass": Real(1.5),
    "float subclass NaN": Real("nan"),
    "dict subclass": Names(a=1),
    "list subclass": Row([1, 2]),
    "object": complex(1, 2),
    "control characters": "".join(map(chr, range(32))) + "\x7f",
    "separators": "a\u2028b\u2029c\x85d\x0b\x0c\x1c\x1d\x1ee\r\n",
    "separators in a key": {"\u2028\x85": 1},
    "deep": json.loads("[" * 300 + "]" * 300),
    "escapes": '\\"/\\u2028 \\',
    "emoji": "\U0001f98c \ufeff",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_is_written_as_json_dumps_means_it(name: str) -> None:
    value = ODD[name]
    event = record(1, content=value, metadata={"caller": "x", "value": value})
    assert same(decode(encode(event)), meant(event))


@given(python_values)
def test_any_value_is_written_as_json_dumps_means_it(value: Any) -> None:
    event = record(1, content=value)
    assert same(decode(encode(event)), meant(event))


@given(json_values)
def test_any_value_is_written_so_that_json_loads_reads_it(value: Any) -> None:
    event = record(1, content=value)
    assert same(json.loads(encode(event)), meant(event))


@given(json_values)
def test_any_line_of_deer_flow_reads_as_json_loads_reads_it(value: Any) -> None:
    text = json.dumps(record(1, content=value))
    assert same(decode(text.encode() + b"\n"), json.loads(text))


@given(python_values)
def test_a_line_holds_no_line_end_but_its_own(value: Any) -> None:
    written = encode(record(1, content=value)).decode()
    assert written.splitlines() == [written[:-1]]
    assert written[-1] == "\n"


def test_a_line_begins_and_ends_as_that_of_deer_flow() -> None:
    event = record(12, content={"a": [1, "b"]}, metadata={"caller": "x"})
    old = json.dumps(event).encode()
    new = encode(event)
    head, tail = old.index(b'"content"'), old.index(b', "seq"')
    assert new.startswith(old[:head])
    assert new.endswith(old[tail:] + b"\n")


def test_a_circular_value_is_refused_as_json_dumps_does() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError, match="Circular"):
        encode(record(1, content=value))


def test_a_key_that_json_dumps_refuses_is_refused() -> None:
    with pytest.raises(TypeError):
        encode(record(1, content={(1, 2): 3}))


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (b"{oops\n", "not JSON"),
        (b"", "not JSON"),
        (b"[1]\n", "not a JSON object"),
        (b"1e5\n", "not a JSON object"),
        (b'{"event_type": "x"}\n', "seq is missing"),
        (b'{"seq": null, "event_type": "x"}\n', "seq is missing"),
        (b'{"seq": "1", "event_type": "x"}\n', "seq is not an integer"),
        (b'{"seq": 1.0, "event_type": "x"}\n', "seq is not an integer"),
        (b'{"seq": true, "event_type": "x"}\n', "seq is not an integer"),
        (
            b'{"seq": 18446744073709551616, "event_type": "x"}\n',
            "seq is not from 1 to",
        ),
        (b'{"seq": 1}\n', "event_type is not a string"),
        (b'{"seq": 1, "event_type": 1}\n', "event_type is not a string"),
        (b'{"seq": 1, "event_type": "\xff"}\n', "not UTF-8 at its byte 26"),
        (b'{"seq": ' + b"1" * 5000 + b"}\n", "too many digits"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b"\0\0\0\0\n", "zero bytes: 4 "),
        (b'{"seq": 1' + b"\0" * 4096 + b"\n", "zero bytes: 4,096 "),
    ],
)
def test_a_bad_line_is_refused_with_its_reason(damaged: bytes, reason: str) -> None:
    with pytest.raises(CorruptLineError, match=reason):
        decode(damaged)


def test_a_byte_order_mark_is_ignored() -> None:
    assert decode(b"\xef\xbb\xbf" + line(3)) == record(3)


def test_a_raw_surrogate_is_read() -> None:
    assert decode(line(1, content="\ud800"))["content"] == "\ud800"


def test_an_event_has_the_record_s_fields() -> None:
    event = RunEvent.of(record(5, run_id="other"))
    assert (event.seq, event.event_type, event.category) == (
        5,
        "llm.ai.response",
        "message",
    )
    assert (event.thread_id, event.run_id, event.created_at) == ("t", "other", TIME)
    assert (event.content, event.caller) == ("text 5", "lead_agent")


def test_an_event_keeps_unknown_keys() -> None:
    event = RunEvent.of(record(1, parent="p", run_id="x"))
    assert event.extra == {"parent": "p"}


def test_an_event_of_two_keys_is_an_event() -> None:
    event = RunEvent.of({"seq": 1, "event_type": "x"})
    assert (event.category, event.content, event.metadata) == ("", "", {})
    assert (event.time, event.caller) == (None, "")


def test_values_of_a_wrong_type_become_empty() -> None:
    event = RunEvent.of(record(1, category=5, metadata=[1], created_at=7, run_id=None))
    assert (event.category, event.metadata, event.created_at) == ("", {}, "")
    assert (event.run_id, event.time) == ("", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01+00:00", 1.0),
        ("1970-01-01T01:00:00.25+01:00", 0.25),
        ("1970-01-01T00:00:02Z", 2.0),
        ("1970-01-01T00:00:03", 3.0),
        ("", None),
        ("yesterday", None),
    ],
)
def test_a_time_is_seconds_since_the_epoch(text: str, expected: float | None) -> None:
    assert epoch_seconds(text) == expected


def test_now_is_utc_with_its_offset() -> None:
    moment = datetime.fromisoformat(now())
    assert moment.utcoffset() == datetime.now(UTC).utcoffset()
