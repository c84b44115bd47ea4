"""Reads a run once, from first to last, and parses only the rows that may match."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from whitetail.source.encoding import check_encoding
from whitetail_store import LogRow
from whitetail_store.event import MAX_LINE_BYTES
from whitetail_store.files import open_to_read, read
from whitetail_store.index import LineIndex
from whitetail_store.paths import Stamp, check_folder
from whitetail_store.rows import CHUNK_BYTES, long_line, parse_row


class LineFinder(Protocol):
    """Finds the lines that may match, in the form in which a source keeps them."""

    def candidates(self, chunk: bytes) -> Iterator[tuple[int, int]]:
        """Yield start and end of each line that may match, in a chunk of whole lines.

        Ends are after the newline. A line can have several rows.
        """
        ...


class ScannedRow(NamedTuple):
    """A row that may match."""

    row: int
    """Its number in the run, from 0."""
    size: int
    """Its size in bytes."""
    event: LogRow


class ScanPiece(NamedTuple):
    """A part of a run that was scanned."""

    rows: Iterator[ScannedRow]
    """The rows that may match, in their order.

    They are parsed one by one, before the next piece is asked for. Blank lines before a
    row are left out.
    """
    size: int
    """How many bytes of the source it had."""


class _Candidates:
    """The rows of one piece that may match, not parsed yet."""

    def __init__(self, may_match: LineFinder | None) -> None:
        self._may_match = may_match
        self._row_count = 0
        self._lines: list[tuple[int, bytes]] = []

    def pop_lines(self) -> list[tuple[int, bytes]]:
        """Return the rows that were added since the last call, with their lines."""
        lines, self._lines = self._lines, []
        return lines

    def add_rows(self, block: bytes, start: int, ends: Sequence[int]) -> None:
        """Add the next rows of the file; see `whitetail_store.index.RowsAdded`."""
        for row in self._rows(block, start, ends):
            line = block[ends[row - 1] if row else start : ends[row]]
            self._lines.append((self._row_count + row, line))
        self._row_count += len(ends)

    def _rows(self, block: bytes, start: int, ends: Sequence[int]) -> Iterator[int]:
        if self._may_match is None or not ends:
            yield from range(len(ends))
            return
        row = 0
        for line_start, line_end in self._may_match.candidates(block[start : ends[-1]]):
            row = max(row, bisect_right(ends, start + line_start))
            while row < len(ends) and (not row or ends[row - 1] < start + line_end):
                yield row
                row += 1


def scan_file(path: Path, may_match: LineFinder | None) -> Iterator[ScanPiece]:
    """Yield the rows of a run's file that may match, a piece of about 1 MiB at a time.

    Without `may_match` it yields all rows. What is appended meanwhile is not read.

    Raises:
        OSError: The file cannot be read.
        EncodingError: The file has another encoding than UTF-8.

    """
    check_encoding(path)
    candidates = _Candidates(may_match)
    head = f'{{"thread_id": "{path.parent.parent.name}"'.encode()
    index = LineIndex(head, candidates.add_rows)
    check_folder(path.parent)
    file = open_to_read(path)
    try:
        size = Stamp.of(os.fstat(file)).size
        while chunk := read(file, index.fed, min(index.fed + CHUNK_BYTES, size)):
            index.feed(chunk)
            if index.fed >= size:
                index.settle()
            yield ScanPiece(_parsed(candidates.pop_lines(), index), len(chunk))
    finally:
        os.close(file)


def _parsed(lines: list[tuple[int, bytes]], index: LineIndex) -> Iterator[ScannedRow]:
    for row, line in lines:
        begin, end = index.span(row)
        if (size := end - begin) > MAX_LINE_BYTES:
            yield ScannedRow(row, size, long_line(line, begin, size))
        else:
            yield ScannedRow(row, size, parse_row(line, begin))
