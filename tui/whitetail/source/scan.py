"""Reads a run once, from first to last, and parses only the rows that may match."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from whitetail.source.encoding import check_encoding
from whitetail_store import LogRow
from whitetail_store.event import MAX_LINE_BYTES
from whitetail_store.files import open_to_read, read
from whitetail_store.index import LineIndex
from whitetail_store.paths import Stamp, check_folder
from whitetail_store.rows import CHUNK_BYTES, long_line, parse_row

_KEPT_BYTES = 8 * CHUNK_BYTES
# The C library of Linux gives freed memory back to the system, and gets it again page
# by page for the next chunk and its copies, which took six times as long as to read
# them. It keeps blocks up to the size of the largest one that was freed so far.
bytes(_KEPT_BYTES)


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


def scan_file(
    path: Path, may_match: LineFinder | None, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[ScanPiece]:
    """Yield the rows of a run's file that may match, a piece for each chunk.

    Without `may_match` it yields all rows. What is appended meanwhile is not read. A
    piece without bytes is one that was read before.

    Raises:
        OSError: The file cannot be read.
        EncodingError: The file has another encoding than UTF-8.

    """
    check_encoding(path)
    check_folder(path.parent)
    file = open_to_read(path)
    try:
        head = f'{{"thread_id": "{path.parent.parent.name}"'.encode()
        yield from _Scan(file, head, may_match, chunk_bytes).pieces()
    finally:
        os.close(file)


class _Lines(NamedTuple):
    """Lines that may match."""

    start: int
    """The offset of `block` in the file."""
    block: bytes
    first: int
    """Where the lines begin and end in `block`."""
    last: int


class _Scan:
    """Finds the rows of an open file that may match.

    The file is indexed only up to the last line that may match. A file without any is
    not indexed, which halves the time.
    """

    def __init__(
        self,
        file: int,
        head: bytes,
        may_match: LineFinder | None,
        chunk_bytes: int,
    ) -> None:
        """Expect most lines to begin with `head`."""
        self._file, self._may_match = file, may_match
        self._chunk_bytes = chunk_bytes
        self._size = Stamp.of(os.fstat(file)).size
        self._index = LineIndex(head)
        self._line_start = 0
        self._line = bytearray()
        """The bytes of a line that is not complete; of a long line, the first ones."""

    def pieces(self) -> Iterator[ScanPiece]:
        """Yield the file piece by piece."""
        end = 0
        while chunk := self._read(end, self._size):
            begin, end = end, end + len(chunk)
            lines = [*self._lines(begin, chunk)]
            if lines and self._index.fed < begin:
                yield from self._index_up_to(begin)
            if self._index.fed == begin and lines:
                self._index.feed(chunk)
                if end >= self._size:
                    self._index.settle()
            yield ScanPiece(self._parsed(lines), len(chunk))

    def _index_up_to(self, end: int) -> Iterator[ScanPiece]:
        """Index what was left out, with a pause after each chunk."""
        fed = self._index.fed
        while chunk := self._read(fed, end):
            self._index.feed(chunk)
            fed += len(chunk)
            yield ScanPiece(iter(()), 0)

    def _read(self, start: int, end: int) -> bytes:
        return read(self._file, start, min(start + self._chunk_bytes, end))

    def _lines(self, offset: int, chunk: bytes) -> Iterator[_Lines]:
        """Yield the lines that may match among those that end in the next chunk."""
        first = chunk.find(b"\n") + 1
        if first and self._line:
            self._begin_line(chunk[:first])
            yield from self._found(self._line_start, bytes(self._line))
            self._line.clear()
        else:
            first = 0
        last = chunk.rfind(b"\n") + 1
        if last > first:
            yield from self._found(offset + first, chunk[first:last])
        if last:
            self._line_start = offset + last
        self._begin_line(chunk[last:])
        if self._line and offset + len(chunk) >= self._size:
            yield from self._found(self._line_start, bytes(self._line))

    def _begin_line(self, part: bytes) -> None:
        if len(self._line) < MAX_LINE_BYTES:
            self._line += part

    def _found(self, start: int, block: bytes) -> Iterator[_Lines]:
        if self._may_match is None:
            yield _Lines(start, block, 0, len(block))
            return
        for first, last in self._may_match.candidates(block):
            yield _Lines(start, block, first, last)

    def _parsed(self, found: list[_Lines]) -> Iterator[ScannedRow]:
        for start, block, first, last in found:
            for row in self._index.rows_between(start + first, start + last):
                begin, end = self._index.span(row)
                size = end - begin
                line = block[max(begin - start, 0) : end - start]
                if size > MAX_LINE_BYTES:
                    yield ScannedRow(row, size, long_line(line, begin, size))
                else:
                    yield ScannedRow(row, size, parse_row(line, begin))
