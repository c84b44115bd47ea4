"""The rows of a run that is a file: each is parsed once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.disk import Disk
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source import file_rows
from whitetail.source.file_rows import FileRows
from whitetail_store import LogChangedError, event
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

    monkeypatch.setattr(file_rows, "Condition", NoticedCondition)
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
