"""Promises 1 to 4, 8 and 9 of the store, by number; the others have their own files.

5: test_files.py; 6: test_durability.py; 7: test_lock.py, test_processes.py and
test_thread.py; 10: test_cost.py.
"""

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.helpers.events import line, record
from tests.helpers.lines import append, next_tick, run_file, scan
from tests.helpers.store import new_event, seqs
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail_store import BadLine, JsonlRunEventStore, RunEvent, RunLog

SEPARATORS = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei"


# 1. A line ends at \n, nowhere else.


async def test_1_text_with_separators_reads_back_whole(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(1, content=SEPARATORS))
    put = await store.put(**new_event(content=SEPARATORS))
    assert put["seq"] == 2
    contents = [each["content"] for each in await store.list_messages("t")]
    assert contents == [SEPARATORS, SEPARATORS]


async def test_1_readers_that_split_at_separators_see_the_event_too(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    put = await store.put(**new_event(content=SEPARATORS, metadata={SEPARATORS: 1}))
    text = run_file(tmp_path).read_text("utf-8")
    assert [json.loads(each) for each in text.strip().splitlines()] == [put]


# 2. Whatever json.dumps(default=str) accepts is written; whatever json.loads accepts
# is read.


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        [float("inf"), float("-inf")],
        2**64,
        -(2**70),
        "\ud800",
        {1: "a", None: "b", 1.5: "c", False: "d"},
        {"only"},
        b"bytes",
        datetime(2024, 1, 2, tzinfo=UTC),
        Colour.RED,
        Point(1),
        Text("text"),
    ],
    ids=repr,
)
async def test_2_a_value_that_json_dumps_accepts_is_written_with_its_meaning(
    tmp_path: Path, store: JsonlRunEventStore, value: Any
) -> None:
    await store.put(**new_event(content=value, metadata={"value": value}))
    (read,) = await store.list_messages("t")
    meant = json.dumps(value, default=str)
    assert json.dumps(read["content"]) == json.dumps(json.loads(meant))
    assert json.dumps(read["metadata"]["value"]) == json.dumps(json.loads(meant))


@pytest.mark.parametrize(
    "text",
    ["NaN", "-Infinity", "1e400", "123456789012345678901234567890", r'"\udead"'],
)
async def test_2_a_line_that_json_loads_accepts_is_read(
    tmp_path: Path, store: JsonlRunEventStore, text: str
) -> None:
    odd = line(1, content="?").replace(b'"?"', text.encode())
    append(run_file(tmp_path), odd)
    (read,) = await store.list_messages("t")
    assert json.dumps(read) == json.dumps(json.loads(odd))


# 3. One bad line costs one line.


BAD = {
    "garbage": b"\x00\x01garbage\n",
    "a non-object": b"[1, 2]\n",
    "a wrong-typed seq": line(2).replace(b'"seq": 2', b'"seq": "2"'),
    "no seq": line(2).replace(b'"seq": 2, ', b""),
    "invalid UTF-8": line(2, content="?").replace(b"?", b"\xff"),
    "absurd nesting": b"[" * 200_000 + b"\n",
    "a huge integer": b'{"seq": ' + b"9" * 5000 + b', "event_type": "x"}\n',
    "a torn line": line(2)[:-9] + b"\n",
}


@pytest.mark.parametrize("bad", BAD)
async def test_3_the_events_around_a_bad_line_stay_readable(
    tmp_path: Path, store: JsonlRunEventStore, bad: str
) -> None:
    append(run_file(tmp_path), line(1) + BAD[bad] + line(3))
    assert seqs(await store.list_messages("t")) == [1, 3]
    assert await store.count_messages("t") == 2
    assert (await store.put(**new_event()))["seq"] == 4


@pytest.mark.parametrize("bad", BAD)
def test_3_a_bad_line_is_a_row_with_its_offset_and_reason(
    tmp_path: Path, bad: str
) -> None:
    append(run_file(tmp_path), line(1) + BAD[bad] + line(3))
    log = RunLog(run_file(tmp_path))
    log.refresh()
    row = log[1]
    assert isinstance(row, BadLine)
    assert (row.offset, row.size) == (len(line(1)), len(BAD[bad]))
    assert row.raw == BAD[bad]
    assert row.reason


@pytest.mark.parametrize("bad", BAD)
async def test_3_a_bad_line_is_never_rewritten(
    tmp_path: Path, store: JsonlRunEventStore, bad: str
) -> None:
    before = line(1) + BAD[bad] + line(3)
    append(run_file(tmp_path), before)
    await store.list_messages("t")
    await store.put(**new_event())
    assert run_file(tmp_path).read_bytes().startswith(before)


async def test_3_a_long_line_with_a_bad_middle_costs_one_line(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    bad = line(2, content="x" * 5000 + "?").replace(b"?", b"\xff")
    append(run_file(tmp_path), line(1) + bad + line(3))
    assert seqs(await store.list_messages("t")) == [1, 3]
    assert seqs(await store.list_messages("t", limit=2)) == [1, 3]
    assert seqs(await store.list_events("t", "r")) == [1, 3]
    # Its edges are those of an event: it counts until it has been parsed.
    assert await store.count_messages("t") == 2


# 4. A torn tail swallows nothing.


@pytest.mark.parametrize("cut", [1, 40, 120, len(line(2)) - 2])
async def test_4_a_torn_tail_is_not_an_event(
    tmp_path: Path, store: JsonlRunEventStore, cut: int
) -> None:
    append(run_file(tmp_path), line(1) + line(2)[:cut])
    assert seqs(await store.list_messages("t")) == [1]


async def test_4_a_tail_that_parses_is_an_event(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(1) + line(2)[:-1])
    assert seqs(await store.list_messages("t")) == [1, 2]


@pytest.mark.parametrize("cut", [1, 40, 120, len(line(2)) - 2, len(line(2)) - 1])
async def test_4_the_next_append_is_on_a_line_of_its_own(
    tmp_path: Path, store: JsonlRunEventStore, cut: int
) -> None:
    torn = line(1) + line(2)[:cut]
    append(run_file(tmp_path), torn)
    put = await store.put(**new_event())
    whole = run_file(tmp_path).read_bytes()
    assert whole.startswith(torn + b"\n")
    assert json.loads(whole[len(torn) + 1 :]) == put


@pytest.mark.parametrize("cut", [1, 40, 120, len(line(2)) - 2, len(line(2)) - 1])
async def test_4_events_glued_to_a_torn_tail_are_read(
    tmp_path: Path, store: JsonlRunEventStore, cut: int
) -> None:
    append(run_file(tmp_path), line(1) + line(2)[:cut] + line(3) + line(4))
    whole = [2] if cut == len(line(2)) - 1 else []
    assert seqs(await store.list_messages("t")) == [1, *whole, 3, 4]


# 8. Files may change at any time.


def grow(path: Path) -> None:
    append(path, line(9))


def shrink(path: Path) -> None:
    os.truncate(path, len(line(1)))


def replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(line(3) + line(4))
    other.replace(path)


def rewrite(path: Path) -> None:
    next_tick(path.parent)
    path.write_bytes(line(3) + line(4))


def unlink_and_write(path: Path) -> None:
    next_tick(path.parent)
    path.unlink()
    path.write_bytes(line(3) + line(4))


def vanish(path: Path) -> None:
    path.unlink()


def vanish_with_its_folder(path: Path) -> None:
    for each in path.parent.iterdir():
        each.unlink()
    path.parent.rmdir()


def come_back_headless(path: Path) -> None:
    path.unlink()
    append(path, line(7))


CHANGES = [
    grow,
    shrink,
    replace,
    rewrite,
    unlink_and_write,
    vanish,
    vanish_with_its_folder,
    come_back_headless,
]


@pytest.mark.parametrize("change", CHANGES)
async def test_8_the_next_read_of_a_changed_file_is_right(
    tmp_path: Path, store: JsonlRunEventStore, change: Callable[[Path], None]
) -> None:
    path = run_file(tmp_path)
    append(path, line(1) + line(2))
    assert seqs(await store.list_messages("t")) == [1, 2]
    change(path)
    expected = scan(path) if path.exists() else []
    assert await store.list_messages("t") == expected
    assert await store.list_events("t", "r") == expected
    assert await store.count_messages("t") == len(expected)


@pytest.mark.parametrize("change", CHANGES)
def test_8_the_next_refresh_of_a_changed_log_is_right(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = run_file(tmp_path)
    append(path, line(1) + line(2))
    log = RunLog(path)
    log.refresh()
    log.envelopes()
    change(path)
    log.refresh()
    log.assert_sound()
    expected = scan(path) if path.exists() else []
    assert list(log) == [RunEvent.of(each) for each in expected]
    assert list(log.envelopes().seqs) == seqs(expected)


# 9. The event loop never waits for a disk or a parse.


@pytest.fixture
async def big(tmp_path: Path) -> Path:
    """Return a run of 40 MB with long and short lines."""
    path = run_file(tmp_path)
    long = b"".join(line(seq, content="x" * 4000) for seq in range(1, 5001))
    append(path, long)
    short = (json.dumps(record(seq)).encode() + b"\n" for seq in range(5001, 90_001))
    append(path, b"".join(short))
    return path


@pytest.fixture
async def read_sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the sizes of all reads; each read lasts until the loop has had a turn."""
    if sys.platform == "win32":
        pytest.skip("waits in os.pread")
    loop, loop_thread = asyncio.get_running_loop(), threading.get_ident()
    sizes: list[int] = []
    real = os.pread

    def pread(file: int, size: int, offset: int) -> bytes:
        assert threading.get_ident() != loop_thread, "a read on the loop's thread"
        data = real(file, size, offset)
        sizes.append(len(data))
        turn = threading.Event()
        loop.call_soon_threadsafe(turn.set)
        assert turn.wait(WAIT_TIMEOUT_S), "the loop had no turn during a read"
        return data

    monkeypatch.setattr(os, "pread", pread)
    return sizes


async def test_9_the_loop_runs_while_a_big_file_is_read(
    big: Path, store: JsonlRunEventStore, read_sizes: list[int]
) -> None:
    assert await store.count_messages("t") == 90_000
    assert len(await store.list_messages("t", limit=2000)) == 2000
    await store.put(**new_event())
    assert sum(read_sizes) > big.stat().st_size


async def test_9_a_big_file_is_read_in_pieces_that_let_the_loop_run(
    big: Path, store: JsonlRunEventStore, read_sizes: list[int]
) -> None:
    await store.count_messages("t")
    # The loop may have to wait for the length of one read.
    assert max(read_sizes) <= 2 << 20
    # Shorter reads end before a thread that waits for the interpreter wakes up.
    assert len(read_sizes) < big.stat().st_size / (256 << 10)


async def test_9_a_long_line_of_records_is_examined_in_pieces_that_let_the_loop_run(
    path: Path, store: JsonlRunEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    nested = [record(seq, content="x" * 900) for seq in range(1, 2000)]
    append(path, line(1, content=nested) + line(2, content=nested))
    size = path.stat().st_size
    parsed: list[int] = []
    paused: list[float] = []
    parse, pause = orjson.loads, time.sleep

    def watched_parse(text: bytes) -> Any:
        parsed.append(len(text))
        return parse(text)

    def watched_pause(seconds: float) -> None:
        if threading.current_thread().name == "whitetail-reader":
            paused.append(seconds)
        pause(seconds)

    with monkeypatch.context() as patch:
        patch.setattr(orjson, "loads", watched_parse)
        patch.setattr(time, "sleep", watched_pause)
        assert await store.count_messages("t") == 2
    # A parse holds the interpreter, and a thread that waits for it does so for 5 ms.
    assert max(parsed, default=0) < 100_000
    assert len(paused) >= size // (128 << 10)
    events = await store.list_events("t", "r")
    assert [event["content"] for event in events] == [nested] * 2


CALLS: list[Callable[[JsonlRunEventStore], Any]] = [
    lambda s: s.put(**new_event()),
    lambda s: s.put_batch([new_event(), new_event(thread_id="u")]),
    lambda s: s.put_if_absent(**new_event(event_type="run.end")),
    lambda s: s.list_messages("t"),
    lambda s: s.list_events("t", "r"),
    lambda s: s.list_messages_by_run("t", "r"),
    lambda s: s.get_last_visible_ai_seq_by_run("t", ["r"]),
    lambda s: s.count_messages("t"),
    lambda s: s.delete_by_run("t", "r"),
    lambda s: s.delete_by_thread("t"),
]


async def test_9_no_method_touches_a_file_on_the_loop_s_thread(
    tmp_path: Path,
    store: JsonlRunEventStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loops = threading.get_ident()
    touched: list[str] = []

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            if threading.get_ident() == loops:
                touched.append(name)
            return real(*args, **keywords)

        return call

    names = [
        "open",
        "pread",
        "write",
        "pwrite",
        "stat",
        "lstat",
        "scandir",
        "unlink",
        "mkdir",
    ]
    with monkeypatch.context() as patch:
        for name in names:
            patch.setattr(os, name, watched(name, getattr(os, name)))
        for call in CALLS:
            await call(store)
    assert touched == []
