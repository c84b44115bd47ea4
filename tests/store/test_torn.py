"""Promises 3 and 4: torn lines, records glued to them, and records nested in them."""

import json
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.events import line, record
from tests.helpers.lines import append, files, json_values, run_file
from whitetail_store import JsonlRunEventStore, RunEvent, RunLog
from whitetail_store import event as event_module
from whitetail_store import index as index_module
from whitetail_store.json_scanner import JsonScanner

NESTED = [record(900), {"a": record(901, content=[record(902)])}, "x", record(903)]
"""The content of an event that holds whole records."""


def events(log: RunLog) -> list[int]:
    return [row.seq for row in log if isinstance(row, RunEvent)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return run_file(tmp_path)


def fresh(path: Path) -> RunLog:
    log = RunLog(path)
    log.refresh()
    log.assert_sound()
    return log


def cuts(data: bytes, step: int) -> Iterator[bytes]:
    return (data[at : at + step] for at in range(0, len(data), step))


def ends_before_a_value(torn: bytes) -> bool:
    """Return whether JSON allows a value at the end of a torn line."""
    try:
        json.loads(torn.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        text = torn.decode("utf-8", "replace")
        return error.msg == "Expecting value" and error.pos == len(text)
    return False


@pytest.mark.parametrize("step", [7, 64, 500])
def test_4_a_reader_never_shows_what_is_nested_in_a_line_being_written(
    path: Path, step: int
) -> None:
    append(path, line(1))
    open_throughout = RunLog(path)
    for piece in cuts(line(2, content=NESTED), step):
        append(path, piece)
        open_throughout.refresh()
        whole = path.read_bytes().endswith(b"}\n") or piece.endswith(b'"}')
        assert events(open_throughout) == events(fresh(path)) == [1, 2][: 1 + whole]


async def test_4_a_nested_record_is_not_an_existing_event(
    path: Path, tmp_path: Path
) -> None:
    store = JsonlRunEventStore(tmp_path)
    delivered = record(9, event_type="run.delivery")
    data = line(1, content=[delivered, delivered, 0])
    append(path, data[: data.index(b", 0]")])
    put, created = await store.put_if_absent(
        thread_id="t", run_id="r", event_type="run.delivery", category="x"
    )
    assert created
    assert events(fresh(path)) == [put["seq"]]


def test_4_a_line_torn_in_a_nested_record_is_one_bad_line(path: Path) -> None:
    data = line(1, content=NESTED)
    for end in range(1, len(data) - 2):
        path.write_bytes(data[:end] + b"\n" + line(2))
        log = fresh(path)
        assert (len(log), events(log)) == (2, [2])


def test_4_an_event_glued_to_a_torn_one_is_found_where_no_value_may_follow(
    path: Path,
) -> None:
    data = line(1, content=[*NESTED, {"a\\": 'b"{\\', "\u00e9": [-1.5e3, True, []]}])
    begin, stop = data.index(b"[{"), data.rindex(b', "metadata": ')
    ambiguous = 0
    for end in range(1, len(data) - 2):
        torn = data[:end]
        path.write_bytes(torn + line(2))
        may_be_object = begin <= end <= stop or torn.rstrip().endswith(
            (b'"content":', b'"metadata":', b'"caller":')
        )
        lost = ends_before_a_value(torn) and may_be_object
        ambiguous += lost
        assert events(fresh(path)) == ([] if lost else [2]), torn
        path.write_bytes(torn + line(2) + line(3))
        assert 3 in events(fresh(path))
    assert ambiguous < len(data) / 10


def test_4_an_event_glued_where_a_value_may_follow_is_not_guessed(path: Path) -> None:
    data = line(1, content=NESTED)
    torn = data[: data.index(b'"content": ') + len(b'"content": ')]
    # The same bytes are those of a line that was torn behind a nested record.
    path.write_bytes(torn + line(2) + line(3)[:-1] + line(4))
    assert events(fresh(path)) == [3, 4] or events(fresh(path)) == [3]
    path.write_bytes(torn + line(2)[:-1] + line(3)[:-1] + line(4))
    assert events(fresh(path)) == [3, 4]


def test_4_no_value_of_these_keys_is_an_object(path: Path) -> None:
    data = line(1)
    for key in ("thread_id", "run_id", "event_type", "category", "seq", "created_at"):
        end = data.index(f'"{key}": '.encode()) + len(key) + 4
        path.write_bytes(data[:end] + line(2))
        assert events(fresh(path)) == [2]


@pytest.mark.parametrize("at", [20, 110, 160])
def test_4_zeros_within_a_torn_line_hide_no_event(path: Path, at: int) -> None:
    path.write_bytes(line(1)[:at] + b"\0" * 100 + line(2))
    assert events(fresh(path)) == [2]


def test_4_a_record_nested_in_a_damaged_line_is_no_event(path: Path) -> None:
    data = line(1, content=NESTED)
    for at in range(0, data.index(b'"x"'), 5):
        path.write_bytes(data[:at] + b"\x01?" + data[at + 2 :] + line(2))
        assert set(events(fresh(path))) <= {1, 2}


def test_4_the_rest_of_a_line_that_was_cut_in_two_is_no_event(path: Path) -> None:
    data = line(1, content=NESTED)
    for end in range(1, len(data) - 2):
        path.write_bytes(data[:end] + b"\n" + data[end:] + line(2))
        assert events(fresh(path)) == [2]


def test_3_a_line_that_is_nested_too_deeply_hides_no_event(path: Path) -> None:
    path.write_bytes(b"[" * 3_000_000 + line(2) + line(3))
    assert events(fresh(path)) == [2, 3]


def test_3_thirty_events_glued_together_are_thirty_events(path: Path) -> None:
    append(path, b"".join(line(seq)[:-1] for seq in range(1, 31)))
    assert events(fresh(path)) == list(range(1, 31))
    append(path, b"\n" + line(31))
    assert events(fresh(path)) == list(range(1, 32))
    torn = b"".join(line(seq)[: 50 + seq] for seq in range(1, 31))
    glued = b"".join(line(seq)[:-1] for seq in range(1, 31))
    path.write_bytes(torn + glued + b"\n")
    assert events(fresh(path)) == list(range(1, 31))


record_values = st.recursive(
    json_values | st.builds(record, st.integers(1, 9)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(record_values, st.integers(1), st.booleans())
def test_4_a_torn_line_invents_nothing(content: Any, end: int, glued: bool) -> None:
    data = line(50, content=content)
    torn = data[: end % (len(data) - 1)]
    with tempfile.TemporaryDirectory() as folder:
        path = run_file(Path(folder))
        path.write_bytes(torn)
        whole = torn == data[:-1]
        assert events(fresh(path)) == [50] * whole
        append(path, line(60) if glued else b"\n" + line(60))
        found = events(fresh(path))
        assert found in ([50] * whole + [60], [])
        if not glued or not ends_before_a_value(torn):
            assert found == [50] * whole + [60]


@given(files, st.lists(st.integers(1, 300), max_size=12))
@example(line(1)[:-1] + b" oops}\n" + line(2), [len(line(1)) - 1])
@example(line(1)[:-1] + b'{"seq": 5, "event_type": "x"}\n', [len(line(1)) - 1])
@example(line(1)[:-1] + b"\n" + line(2), [len(line(1)) - 1])
@example(line(1)[:-1] + b", 7]}\n" + line(2), [len(line(1)) - 1])
@example(line(1)[:-1] + line(2)[:-1] + b"x" + line(3), [len(line(1)) - 1] * 2)
def test_8_a_reader_that_stays_open_agrees_with_a_new_one(
    whole: bytes, sizes: list[int]
) -> None:
    at = [0]
    for size in sizes:
        at.append(min(at[-1] + size, len(whole)))
    at.append(len(whole))
    with tempfile.TemporaryDirectory() as folder:
        path = run_file(Path(folder))
        stays, both = RunLog(path), RunLog(path, envelopes=True)
        for begin, end in pairwise(at):
            append(path, whole[begin:end])
            new = fresh(path)
            for log in (stays, both):
                log.refresh()
                log.assert_sound()
                assert list(log) == list(new)
                assert log.torn_bytes == new.torn_bytes
                envelopes = log.envelopes()
                assert len(envelopes) == len(new)
                assert envelopes.last_seq == new.envelopes().last_seq


@pytest.mark.parametrize(
    "content", ["x" * 300_000, [record(7)] * 1300, [[1, 2], [[3]]] * 20_000]
)
def test_10_a_torn_line_that_grows_is_examined_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, content: Any
) -> None:
    examined = 0

    class Counting(JsonScanner):
        def scan(self, text: bytes | bytearray) -> None:
            nonlocal examined
            before = self.at
            super().scan(text)
            examined += self.at - before

    def counted(text: bytes) -> dict[str, Any]:
        nonlocal examined
        examined += len(text)
        return decode(text)

    decode = event_module.decode
    monkeypatch.setattr(index_module, "JsonScanner", Counting)
    monkeypatch.setattr(index_module, "decode", counted)
    data = line(1, content=content)
    log = RunLog(path)
    for piece in cuts(data, 1000):
        append(path, piece)
        log.refresh()
    assert events(log) == [1]
    assert examined < 4 * len(data)
