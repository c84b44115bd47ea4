"""The rows of a run that is a file: each is parsed once."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.disk import Disk
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source import kept_rows
from whitetail.source.encoding import EncodingError
from whitetail.source.file_rows import FileRows
from whitetail_store import Fault, LogChangedError, event
from whitetail_store import rows as store_rows

ROWS = 20


def test_threads_that_ask_for_the_same_rows_parse_each_of_them_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path)
    disk.write_run("t", "r", "a question", *["an answer"] * (ROWS - 3))
    other_seen = threading.Event()

    class NoticedCondition(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            other_seen.set()
            return super().wait(timeout)

    monkeypatch.setattr(kept_rows, "Condition", NoticedCondition)
    rows = FileRows(("t", "r"), disk.path("t", "r"))
    rows.refresh()
    parsed: Counter[int] = Counter()
    decode = event.decode

    def counting_decode(line: bytes) -> dict[str, Any]:
        seq = json.loads(line)["seq"]
        parsed[seq] += 1
        if parsed[seq] > 1:
            other_seen.set()
        if seq == ROWS:
            # The other thread parses the same row, or it waits for this one.
            assert other_seen.wait(WAIT_TIMEOUT_S)
        return decode(line)

    monkeypatch.setattr(store_rows, "decode", counting_decode)
    both = threading.Barrier(2)

    def read(first: int) -> int:
        both.wait()
        return len(rows[first:])

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(read, (0, ROWS - 5))) == [ROWS, 5]
    assert parsed == Counter(dict.fromkeys(range(1, ROWS + 1), 1))


def test_a_row_that_could_not_be_read_can_be_asked_for_again(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    path = disk.write_run("t", "r", "a question", "an answer")
    rows = FileRows(("t", "r"), path)
    rows.refresh()
    away = path.rename(path.with_suffix(".away"))
    with pytest.raises(LogChangedError):
        rows[0:2]
    away.rename(path)
    assert len(rows[0:2]) == 2


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *[("utf-16", "UTF-16"), ("utf-16-le", "UTF-16LE"), ("utf-16-be", "UTF-16BE")],
        *[("utf-32", "UTF-32")],
    ],
)
def test_a_file_in_another_encoding_is_refused_with_one_sentence_that_names_it(
    tmp_path: Path, encoding: str, name: str
) -> None:
    path = Disk(tmp_path).write_run("t", "r", "a question", "an answer")
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    rows = FileRows(("t", "r"), path)
    for _ in range(2):
        with pytest.raises(EncodingError, match=f"{name}, not UTF-8; convert it"):
            rows.refresh()


def test_a_file_that_was_converted_is_read(tmp_path: Path) -> None:
    path = Disk(tmp_path).write_run("t", "r", "a question", "an answer")
    good = path.read_bytes()
    path.write_bytes(good.decode().encode("utf-16"))
    rows = FileRows(("t", "r"), path)
    with pytest.raises(EncodingError):
        rows.refresh()
    path.write_bytes(good)
    rows.refresh()
    assert len(rows[:]) == 4


def test_lines_in_latin_1_are_a_fault_that_names_it(tmp_path: Path) -> None:
    path = Disk(tmp_path).write_run("t", "r", "Gr\u00fc\u00dfe", "caf\u00e9")
    path.write_bytes(path.read_text("utf-8").encode("latin-1"))
    rows = FileRows(("t", "r"), path)
    rows.refresh()
    found = rows.examine(0, len(rows))[1]
    assert [each.kind for each in found] == [Fault.ENCODING] * 2
    assert {each.reason for each in found} == {
        "Latin-1, not UTF-8 (iconv -f CP1252 converts it)"
    }


def test_zero_bytes_after_the_last_row_are_counted(tmp_path: Path) -> None:
    path = Disk(tmp_path).write_run("t", "r", "a question", "an answer")
    with path.open("ab") as file:
        file.write(b"\0" * 4096)
    os.utime(path, (1, 1))
    rows = FileRows(("t", "r"), path)
    rows.refresh()
    (found,) = rows.end_faults()
    assert found.reason.startswith("zero bytes: 4,096 ")
