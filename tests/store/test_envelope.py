"""The `seq` and kind of each row, as `RunLog.envelopes` returns them."""

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from tests.helpers.events import TIME, line
from tests.helpers.lines import append
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail_store import RunLog
from whitetail_store.envelope import EventKind, time_of_line
from whitetail_store.event import epoch_seconds


def test_envelopes_have_the_seq_and_kind_of_each_row(path: Path, log: RunLog) -> None:
    append(path, line(1))
    append(path, line(4, event_type="run.start", category="trace", content="x" * 2000))
    log.refresh()
    envelopes = log.envelopes()
    assert list(envelopes.seqs) == [1, 4]
    assert envelopes.kind(0) == EventKind("llm.ai.response", "message")
    assert envelopes.kind(1) == EventKind("run.start", "trace")
    assert (envelopes.last_seq, envelopes.events, envelopes.ascending) == (4, 2, True)


def test_envelopes_grow_with_the_file(path: Path, log: RunLog) -> None:
    append(path, line(1))
    log.refresh()
    log.envelopes()
    append(path, line(2, category="trace"))
    log.refresh()
    envelopes = log.envelopes()
    assert (envelopes.count("message"), envelopes.count("trace")) == (1, 1)


def test_envelopes_filter_rows_by_kind(path: Path, log: RunLog) -> None:
    append(path, b"".join(line(seq, category="ab"[seq % 2]) for seq in range(1, 6)))
    log.refresh()
    wanted = [EventKind("llm.ai.response", "b")]
    assert list(log.envelopes().rows(wanted, range(5))) == [0, 2, 4]
    assert list(log.envelopes().rows(wanted, range(4, 0, -1))) == [4, 2]


def test_envelopes_list_the_rows_of_other_runs(path: Path, log: RunLog) -> None:
    append(path, line(1) + line(2, run_id="other") + line(3, run_id="other"))
    append(path, line(4, run_id="other", content="x" * 3000))
    log.refresh()
    assert log.envelopes().foreign_rows == {"other": [1, 2, 3]}


def test_envelopes_note_whether_seqs_are_ascending(path: Path, log: RunLog) -> None:
    append(path, line(5) + b"oops\n" + line(7))
    log.refresh()
    assert log.envelopes().ascending
    append(path, line(6))
    log.refresh()
    envelopes = log.envelopes()
    assert (envelopes.ascending, envelopes.last_seq) == (False, 7)


def test_a_row_that_is_no_event_has_no_kind(path: Path, log: RunLog) -> None:
    append(path, line(1) + b"oops\n")
    log.refresh()
    envelopes = log.envelopes()
    assert (envelopes.kind(1), envelopes.events) == (EventKind("", ""), 1)


def test_envelopes_do_not_change_when_the_log_is_refreshed(path: Path) -> None:
    log = RunLog(path, envelopes=True)
    append(path, line(1) + line(2, category="trace") + line(3, run_id="other"))
    log.refresh()
    before = log.envelopes()
    append(path, line(2, event_type="run.end") + b"oops\n" + line(9, run_id="new"))
    log.refresh()
    assert (len(before), before.events, before.last_seq) == (3, 3, 3)
    assert (before.count("message"), before.count("trace")) == (2, 1)
    assert before.ascending
    assert list(before.foreign_rows) == ["other"]
    assert before.between(1, None) == range(1, 3)
    with pytest.raises(IndexError):
        before.kind(3)
    assert (len(log.envelopes()), log.envelopes().last_seq) == (6, 9)


def test_11_readers_do_not_wait_for_a_refresh(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip("waits in os.pread")
    log = RunLog(path, envelopes=True)
    append(path, line(1))
    log.refresh()
    append(path, line(2))
    reading, go_on = threading.Event(), threading.Event()
    refreshing = threading.Thread(target=log.refresh)
    real = os.pread

    def pread(file: int, size: int, offset: int) -> bytes:
        if threading.current_thread() is refreshing:
            reading.set()
            assert go_on.wait(WAIT_TIMEOUT_S)
        return real(file, size, offset)

    monkeypatch.setattr(os, "pread", pread)
    refreshing.start()
    assert reading.wait(WAIT_TIMEOUT_S)
    assert (len(log), len(log.envelopes()), len(log[:])) == (1, 1, 1)
    go_on.set()
    refreshing.join()
    assert (len(log), len(log.envelopes()), len(log[:])) == (2, 2, 2)


def test_a_row_marked_as_bad_counts_as_no_event(path: Path) -> None:
    log = RunLog(path, envelopes=True)
    append(path, line(1, content="x" * 2000) * 3)
    log.refresh()
    envelopes = log.envelopes()
    envelopes.mark_bad(1)
    envelopes.mark_bad(1)
    assert (envelopes.events, envelopes.count("message")) == (2, 2)
    assert (log.envelopes().events, log.envelopes().kind(1)) == (2, EventKind("", ""))


@pytest.mark.parametrize("text", ["", "x" * 3_000])
def test_the_time_of_a_line_is_that_of_its_event(text: str) -> None:
    nested = f'{text}", "created_at": "2020-01-01T00:00:00+00:00"}}\n'
    inner = {"created_at": "2020-01-01T00:00:00+00:00"}
    for content in (text, nested, inner, [text, {"a": inner}]):
        assert time_of_line(line(1, content=content)) == epoch_seconds(TIME)
        later = json.loads(line(1, content=content)) | {"more": content}
        assert time_of_line(json.dumps(later).encode()) == epoch_seconds(TIME)


@pytest.mark.parametrize(
    "raw",
    [
        b"oops\n",
        b"\n",
        b"",
        b'"created_at": "2020-01-01"}\n',
        b'{"seq": 1, "created_at": 5}\n',
        b'{"seq": 1, "created_at": "never"}\n',
        b'{"seq": 1, "created_at": "\xff"}\n',
    ],
)
def test_a_line_without_a_time_has_none(raw: bytes) -> None:
    assert time_of_line(raw) is None
