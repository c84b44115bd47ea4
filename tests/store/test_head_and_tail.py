"""The first and last rows of a run's file, read without the rows between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.events import AnyEvent, line
from tests.helpers.lines import append
from whitetail_store import BadLine, RunEvent, Stamp, read_head_and_tail


def seqs(rows: list[AnyEvent]) -> list[int | None]:
    """Return the seq of each row; None for a bad line."""
    return [row.seq if isinstance(row, RunEvent) else None for row in rows]


def test_both_ends_of_a_small_file_have_all_of_its_rows(path: Path) -> None:
    append(path, line(1) + line(2) + line(3))
    found = read_head_and_tail(path)
    assert (seqs(found.head), seqs(found.tail)) == ([1, 2, 3], [1, 2, 3])
    assert found.rows == 3
    assert found.stamp == Stamp.of(path.stat())


def test_the_head_has_as_many_rows_as_requested(path: Path) -> None:
    append(path, b"".join(line(seq) for seq in range(1, 21)))
    assert seqs(read_head_and_tail(path, 2).head) == [1, 2]
    assert seqs(read_head_and_tail(path).tail) == list(range(13, 21))


def test_the_rows_of_a_large_file_are_not_counted(path: Path) -> None:
    append(path, b"".join(line(seq, content="x" * 3000) for seq in range(1, 201)))
    found = read_head_and_tail(path, 3)
    assert (seqs(found.head), found.rows) == ([1, 2, 3], None)
    assert seqs(found.tail) == list(range(193, 201))


def test_the_tail_of_a_file_with_long_lines_has_all_its_rows(path: Path) -> None:
    append(path, b"".join(line(seq, content="x" * 100_000) for seq in range(1, 21)))
    assert seqs(read_head_and_tail(path).tail) == list(range(13, 21))


def test_a_bad_line_at_the_end_of_a_large_file_has_its_offset(path: Path) -> None:
    append(path, b"".join(line(seq, content="x" * 3000) for seq in range(1, 201)))
    offset = path.stat().st_size
    append(path, b"{oops\n")
    last = read_head_and_tail(path).tail[-1]
    assert isinstance(last, BadLine)
    assert (last.offset, last.size, last.raw) == (offset, 6, b"{oops\n")


def test_a_missing_file_is_an_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_head_and_tail(path)
