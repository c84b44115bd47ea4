"""A run that is scanned: the same rows as those of an open run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import line
from whitetail.source.encoding import EncodingError
from whitetail.source.scan import LineFinder, scan_file
from whitetail_store import BadLine, LogRow, RunLog


class Containing:
    """Finds lines with these bytes, and records the chunks that it gets."""

    def __init__(self, needle: bytes) -> None:
        self.chunks: list[bytes] = []
        self._needle = needle

    def candidates(self, chunk: bytes) -> Iterator[tuple[int, int]]:
        self.chunks.append(chunk)
        start = 0
        for each in chunk.splitlines(keepends=True):
            if self._needle in each:
                yield start, start + len(each)
            start += len(each)


def file_of(folder: Path, *lines: bytes) -> Path:
    path = folder / "threads" / "t" / "runs" / "r.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(lines))
    return path


def scanned(
    path: Path, may_match: LineFinder | None = None, chunk_bytes: int = 1 << 19
) -> dict[int, LogRow]:
    found = [
        (row, event)
        for piece in scan_file(path, may_match, chunk_bytes)
        for row, _, event in piece.rows
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


def rows_of(path: Path) -> list[LogRow]:
    log = RunLog(path)
    log.refresh()
    return log[:]


def test_without_a_filter_every_row_is_yielded(tmp_path: Path) -> None:
    path = file_of(tmp_path, line(1), b"broken\n", line(2)[:-1])
    assert list(scanned(path).items()) == list(enumerate(rows_of(path)))


def test_only_candidates_are_yielded_with_their_row_numbers(tmp_path: Path) -> None:
    path = file_of(tmp_path, *(line(seq, content=f"deer {seq}") for seq in range(1, 9)))
    assert list(scanned(path, Containing(b"deer 4"))) == [3]


def test_glued_events_of_a_candidate_line_are_all_yielded(tmp_path: Path) -> None:
    glued = line(2)[:-1] + line(3, content="deer")
    path = file_of(tmp_path, line(1), glued, line(4))
    found = scanned(path, Containing(b"deer"))
    assert 2 in found
    assert all(rows_of(path)[row] == event for row, event in found.items())


def test_lines_longer_than_a_chunk_are_yielded_whole(tmp_path: Path) -> None:
    long = line(2, content="deer " * 700_000)
    path = file_of(tmp_path, line(1), long, line(3))
    assert scanned(path, Containing(b"deer")) == {1: rows_of(path)[1]}


def test_pieces_have_all_bytes_of_the_file(tmp_path: Path) -> None:
    lines = [line(seq, content="x" * 5_000) for seq in range(1, 700)]
    path = file_of(tmp_path, *lines, b'{"torn')
    sizes = [piece.size for piece in scan_file(path, Containing(b"deer"))]
    assert sum(sizes) == path.stat().st_size
    assert max(sizes) <= 1 << 20 < sum(sizes)


def test_the_filter_gets_whole_lines_many_at_once(tmp_path: Path) -> None:
    path = file_of(tmp_path, *(line(seq) for seq in range(1, 500)))
    may_match = Containing(b"deer")
    scanned(path, may_match)
    assert may_match.chunks == [path.read_bytes()]


def test_a_file_without_a_candidate_is_read_once(tmp_path: Path) -> None:
    path = file_of(tmp_path, *(line(seq) for seq in range(1, 100)))
    pieces = [*scan_file(path, Containing(b"deer"), 1_000)]
    assert all(piece.size for piece in pieces)
    last = path.read_bytes() + line(100, content="deer")
    path.write_bytes(last)
    pieces = [*scan_file(path, Containing(b"deer"), 1_000)]
    assert sum(piece.size for piece in pieces) == len(last)
    again = [piece for piece in pieces if not piece.size]
    assert len(again) == (len(pieces) - len(again)) - 1


def test_a_file_that_shrinks_while_it_is_indexed_gives_no_more_rows(
    tmp_path: Path,
) -> None:
    lines = [line(seq) for seq in range(1, 100)]
    path = file_of(tmp_path, *lines, line(100, content="deer"))
    pieces = scan_file(path, Containing(b"deer"), 1_000)
    while next(pieces).size:
        pass
    os.truncate(path, 10)
    assert [row for piece in pieces for row in piece.rows] == []


def test_another_encoding_is_an_error(tmp_path: Path) -> None:
    path = file_of(tmp_path, line(1).decode().encode("utf-16"))
    with pytest.raises(EncodingError):
        scanned(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path = file_of(tmp_path, line(1))
    link = path.with_name("link.jsonl")
    link.symlink_to(path)
    with pytest.raises(OSError):
        scanned(link)


LINES = st.sampled_from(
    [
        line(1),
        line(2, content="deer"),
        line(3, content="x" * 2_000),
        line(4)[:-1],
        line(5)[:40],
        b"\n",
        b" \r\n",
        b"not JSON\n",
        b"{}\n",
        b"deer",
    ]
)


@given(lines=st.lists(LINES, max_size=8), chunk_bytes=st.integers(1, 300))
def test_a_scan_yields_the_rows_of_an_open_run_whatever_the_file_has(
    lines: list[bytes], chunk_bytes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = file_of(tmp_path_factory.mktemp("run"), *lines)
    rows = [without_blanks(event) for event in rows_of(path)]
    every = {
        row: without_blanks(event)
        for row, event in scanned(path, None, chunk_bytes).items()
    }
    assert every == dict(enumerate(rows))
    found = scanned(path, Containing(b"deer"), chunk_bytes)
    assert {
        row for row, event in enumerate(rows) if "deer" in str(event)
    } <= found.keys()
    assert {row: without_blanks(event) for row, event in found.items()}.items() <= (
        every.items()
    )


def without_blanks(event: LogRow) -> LogRow:
    """Return a row without the blank lines before it, which a scan leaves out."""
    if isinstance(event, BadLine):
        raw = event.raw.lstrip()
        return replace(event, offset=0, size=len(raw), raw=raw)
    return event
