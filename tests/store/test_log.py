"""`RunLog`: a run's file as a sequence of rows. Also covers stamps of `paths.py`."""

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import line, record
from tests.helpers.lines import append, files, next_tick, run_file
from tests.helpers.waiting import wait_until
from whitetail_store import BadLine, LogChangedError, RunEvent, RunLog
from whitetail_store.envelope import EventKind
from whitetail_store.log import retry_on_change


def seqs(log: RunLog) -> list[int | None]:
    return [row.seq if isinstance(row, RunEvent) else None for row in log]


def test_a_new_log_is_empty(path: Path, log: RunLog) -> None:
    append(path, line(1))
    assert (len(log), list(log), log.stamp) == (0, [], None)


def test_a_log_without_a_file_is_empty(log: RunLog) -> None:
    assert log.refresh() == 0
    assert (len(log), log.stamp, log.torn_bytes) == (0, None, 0)


def test_a_log_without_a_folder_is_empty(tmp_path: Path) -> None:
    assert RunLog(tmp_path / "no" / "runs" / "r.jsonl").refresh() == 0


def test_refresh_returns_how_many_rows_are_new(path: Path, log: RunLog) -> None:
    append(path, line(1) + line(2))
    assert log.refresh() == 2
    append(path, line(3))
    assert log.refresh() == 1
    assert log.refresh() == 0


def test_rows_are_events(path: Path, log: RunLog) -> None:
    append(path, line(1) + line(2))
    log.refresh()
    assert list(log) == [RunEvent.of(record(1)), RunEvent.of(record(2))]


def test_a_log_is_a_sequence(path: Path, log: RunLog) -> None:
    append(path, b"".join(line(seq) for seq in range(1, 8)))
    log.refresh()
    whole = list(log)
    assert log[-1] == whole[6]
    assert log[1:6:2] == whole[1:6:2]
    assert log[::-1] == list(reversed(log)) == whole[::-1]
    assert log[5:2] == log[9:] == []
    assert whole[3] in log
    with pytest.raises(IndexError):
        log[7]
    with pytest.raises(IndexError):
        log[-8]


def test_a_row_s_bytes_are_those_of_the_file(path: Path, log: RunLog) -> None:
    append(path, line(1) + b"oops\n" + line(2))
    log.refresh()
    assert [log.line(row) for row in (0, 1, -1)] == [line(1), b"oops\n", line(2)]
    assert list(log.lines(range(2, -1, -1))) == [line(2), b"oops\n", line(1)]


def test_a_bad_line_is_a_row_with_a_reason(path: Path, log: RunLog) -> None:
    append(path, line(1) + b"{oops\n" + line(2))
    log.refresh()
    bad = log[1]
    assert isinstance(bad, BadLine)
    assert (bad.offset, bad.size, bad.raw) == (len(line(1)), 6, b"{oops\n")
    assert bad.reason.startswith("not JSON")
    assert seqs(log) == [1, None, 2]


def test_a_torn_tail_is_no_row_until_it_ends(path: Path, log: RunLog) -> None:
    append(path, line(1) + line(2)[:40])
    assert (log.refresh(), log.torn_bytes) == (1, 40)
    append(path, line(2)[40:])
    assert (log.refresh(), log.torn_bytes) == (1, 0)
    assert seqs(log) == [1, 2]


def test_growth_is_no_new_generation(path: Path, log: RunLog) -> None:
    append(path, line(1))
    log.refresh()
    generation = log.generation
    append(path, line(2))
    log.refresh()
    assert log.generation == generation


def replace(path: Path, data: bytes) -> None:
    """Replace the file by a rename, as careful writers do."""
    other = path.with_suffix(".tmp")
    other.write_bytes(data)
    other.replace(path)


def unlink_and_write(path: Path, data: bytes) -> None:
    """Replace the file by one that likely has the same inode."""
    next_tick(path.parent)
    path.unlink()
    path.write_bytes(data)


def overwrite(path: Path, data: bytes) -> None:
    next_tick(path.parent)
    path.write_bytes(data)


@pytest.mark.parametrize("change", [replace, unlink_and_write, overwrite])
@pytest.mark.parametrize("after", [line(7) + line(8), line(7), line(7) * 9, b""])
def test_another_file_is_another_generation(
    path: Path, log: RunLog, change: object, after: bytes
) -> None:
    append(path, line(1) + line(2))
    log.refresh()
    generation = log.generation
    assert callable(change)
    change(path, after)
    assert log.refresh() == after.count(b"\n")
    assert log.generation == generation + 1
    assert [log.line(row) for row in range(len(log))] == after.splitlines(True)


def test_a_file_cut_to_a_line_is_another_generation(path: Path, log: RunLog) -> None:
    append(path, line(1) + line(2))
    log.refresh()
    generation = log.generation
    os.truncate(path, len(line(1)))
    log.refresh()
    assert (seqs(log), log.generation) == ([1], generation + 1)


def test_a_file_that_is_gone_has_no_rows(path: Path, log: RunLog) -> None:
    append(path, line(1))
    log.refresh()
    generation = log.generation
    path.unlink()
    assert log.refresh() == 0
    assert (len(log), log.stamp, log.generation) == (0, None, generation + 1)


def test_a_file_that_was_removed_and_created_again_is_read_again(
    path: Path, log: RunLog
) -> None:
    append(path, line(1) + line(2))
    log.refresh()
    path.unlink()
    log.refresh()
    append(path, line(3))
    assert log.refresh() == 1
    assert seqs(log) == [3]


@pytest.mark.parametrize("change", [replace, os.truncate])
def test_rows_of_a_file_that_is_another_now_are_refused(
    path: Path, log: RunLog, change: object
) -> None:
    append(path, line(1) + line(2))
    log.refresh()
    assert callable(change)
    change(path, b"" if change is replace else 10)
    with pytest.raises(LogChangedError):
        log[0]


def test_rows_of_a_file_that_is_gone_are_refused(path: Path, log: RunLog) -> None:
    append(path, line(1))
    log.refresh()
    path.unlink()
    with pytest.raises(LogChangedError):
        log.line(0)


def test_a_link_is_refused(tmp_path: Path, log: RunLog) -> None:
    other = tmp_path / "secret"
    other.write_bytes(line(1))
    log.path.symlink_to(other)
    with pytest.raises(OSError):
        log.refresh()


@given(files | st.binary())
def test_any_bytes_are_read(whole: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = RunLog(run_file(Path(folder)))
        append(log.path, whole)
        log.refresh()
        log.assert_sound()
        envelopes = log.envelopes()
        rows = list(log)
        assert len(envelopes) == len(rows)
        for at, row in enumerate(rows):
            kind = envelopes.kind(at)
            if isinstance(row, RunEvent):
                assert envelopes.seqs[at] == row.seq
                assert kind == EventKind(row.event_type, row.category)
            else:
                assert kind == EventKind("", "")


def test_a_line_too_long_to_parse_is_a_bad_line(path: Path, log: RunLog) -> None:
    with path.open("wb") as file:
        file.truncate((1 << 26) + 10)
    append(path, b"\n" + line(2))
    log.refresh()
    bad = log[0]
    assert isinstance(bad, BadLine)
    assert (bad.size, len(bad.raw)) == ((1 << 26) + 11, 1 << 20)
    assert "64 MiB" in bad.reason
    assert seqs(log) == [None, 2]
    assert log.envelopes().events == 1


@contextmanager
def reading_beside(read: Callable[[], object]) -> Iterator[Callable[[object], None]]:
    """Let three threads call `read` repeatedly.

    Yields a function that waits until each thread has read the given result, in a
    call that began after the wait.
    """
    results: list[list[object]] = [[], [], []]
    errors: list[BaseException] = []
    done = threading.Event()

    def run(of_thread: list[object]) -> None:
        try:
            while not done.is_set():
                of_thread.append(read())
        except BaseException as error:
            errors.append(error)

    def wait_for(result: object) -> None:
        # The first result from now on may be of a call that began before.
        begins = [len(each) + 1 for each in results]
        pairs = list(zip(results, begins, strict=True))
        wait_until(lambda: errors or all(result in each[at:] for each, at in pairs))

    threads = [threading.Thread(target=run, args=(each,)) for each in results]
    for thread in threads:
        thread.start()
    try:
        yield wait_for
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert errors == []


def test_rows_are_read_by_several_threads_during_a_refresh(
    path: Path, log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(path, b"".join(line(seq) for seq in range(1, 500)))
    log.refresh()
    refreshing = threading.get_ident()
    if sys.platform == "win32":
        pytest.skip("waits in os.pread")
    real = os.pread

    def read() -> None:
        for row in log[-3:]:
            assert isinstance(row, RunEvent)
        count = len(log)
        row = log[count - 1]
        assert isinstance(row, RunEvent)
        assert row.seq == count

    with reading_beside(read) as wait_for:

        def pread(file: int, size: int, offset: int) -> bytes:
            data = real(file, size, offset)
            if threading.get_ident() == refreshing:
                wait_for(None)
            return data

        monkeypatch.setattr(os, "pread", pread)
        for start in range(500, 5000, 150):
            # Another order of keys, for which the index examines each line.
            append(path, b"".join(line(seq) for seq in range(start, start + 149)))
            other = {"seq": start + 149, "event_type": "x"}
            append(path, json.dumps(other).encode() + b"\n")
            assert log.refresh() == 150


def test_a_log_replaced_while_threads_read_gives_rows_or_refuses(
    path: Path, log: RunLog
) -> None:
    replace(path, line(1) * 300)
    log.refresh()

    def read() -> str:
        try:
            rows = [*log[:3], *log[-3:]]
        except LogChangedError:
            return "refused"
        assert not any(isinstance(row, BadLine) for row in rows)
        return "rows"

    with reading_beside(read) as wait_for:
        for turn in range(300):
            replace(path, line(1, content="x" * turn) * (3 + turn))
            if turn % 15 == 0:
                wait_for("refused")
            log.refresh()
            if turn % 15 == 0:
                wait_for("rows")


@pytest.mark.skipif(sys.platform == "win32", reason="needs fifos")
def test_a_fifo_is_an_error_and_is_not_waited_for(
    tmp_path: Path,
) -> None:
    path = run_file(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"):
        RunLog(path).refresh()


def test_11_a_file_that_changes_again_and_again_is_read_until_the_deadline(
    path: Path, log: RunLog
) -> None:
    append(path, line(1) + line(2))
    turns = 0

    def read() -> RunEvent | BadLine:
        nonlocal turns
        turns += 1
        log.refresh()
        if turns < 20:
            replace(path, line(turns))
        return log[0]

    assert retry_on_change(read, time.monotonic() + 60) == RunEvent.of(record(19))
    assert turns == 20


def test_11_after_the_deadline_the_change_is_an_error(path: Path, log: RunLog) -> None:
    append(path, line(1))
    log.refresh()
    replace(path, line(2))
    with pytest.raises(LogChangedError, match="changed while it was read"):
        retry_on_change(lambda: log[0], time.monotonic())
