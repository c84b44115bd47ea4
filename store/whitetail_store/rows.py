"""Reads rows out of a run's file that is open, with one read for many of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from whitetail_store.envelope import EnvelopeIndex
from whitetail_store.errors import CorruptLineError
from whitetail_store.event import MAX_LINE_BYTES, BadLine, RunEvent, decode
from whitetail_store.files import read
from whitetail_store.index import LineIndex

LogRow = RunEvent | BadLine
"""One row of a run's file: an event or a bad line."""

CHUNK_BYTES = 1 << 19
"""How much is read at once.

A thread that waits for the interpreter's lock gets it in two cases: a read releases the
lock for longer than the waiting thread needs to wake up, or 5 ms have passed since its
last release. Reads of 128 KiB were too short for the first case and too frequent for
the second: the event loop waited up to 0.4 s. With 512 KiB it waited at most 19 ms, as
with 1 MiB, which keeps 1 MB more in the process; the total time was the same.
"""
_EDGE_BYTES = 4096
"""Of a row above `CHUNK_BYTES`, this much of each edge is read for its envelope."""
_RAW_BYTES = 1 << 20
"""The most that `BadLine.raw` keeps of a line that is too long to parse."""


def read_row(file: int, index: LineIndex, row: int) -> LogRow:
    """Return one row."""
    return _read_line_and_row(file, index, row)[1]


def _read_line_and_row(file: int, index: LineIndex, row: int) -> tuple[bytes, LogRow]:
    start, end = index.span(row)
    if end - start > MAX_LINE_BYTES:
        raw = read(file, start, start + _RAW_BYTES)
        return raw, long_line(raw, start, end - start)
    line = read(file, start, end)
    return line, parse_row(line, start)


def read_rows(file: int, index: LineIndex, row: int, stop: int) -> Iterator[LogRow]:
    """Yield the rows from `row` up to `stop`, with one read for many rows."""
    return (parsed for _, parsed in read_lines_and_rows(file, index, row, stop, {}))


def read_lines_and_rows(
    file: int, index: LineIndex, row: int, stop: int, known: Mapping[int, LogRow]
) -> Iterator[tuple[bytes, LogRow]]:
    """Yield the rows from `row` up to `stop` with their bytes, many for each read."""
    while row < stop:
        begin = offset = index.span(row)[0]
        ends = index.ends(row, CHUNK_BYTES)[: stop - row]
        if not ends:
            yield _read_line_and_row(file, index, row)
            row += 1
            continue
        data = read(file, begin, ends[-1])
        for each, end in enumerate(ends, row):
            line = data[offset - begin : end - begin]
            yield line, known.get(each) or parse_row(line, offset)
            offset = end
        row += len(ends)


def read_lines(file: int, index: LineIndex, row: int, stop: int) -> Iterator[bytes]:
    """Yield the bytes of the rows from `row` up to `stop`, many for each read."""
    while row < stop:
        begin, end = index.span(row)
        ends = index.ends(row, CHUNK_BYTES)[: stop - row]
        data = read(file, begin, ends[-1] if ends else end)
        start = 0
        for each in ends or (end,):
            yield data[start : each - begin]
            start = each - begin
        row += max(1, len(ends))


def long_line(line: bytes, offset: int, size: int) -> BadLine:
    """Return the row of a line that is too long to parse, by its first bytes."""
    reason = f"a line of more than {MAX_LINE_BYTES >> 20} MiB is not parsed"
    return BadLine(offset, size, reason, line[:_RAW_BYTES])


def parse_row(line: bytes, offset: int) -> LogRow:
    """Return the row of a line that begins at an offset of its file."""
    try:
        return RunEvent.of(decode(line))
    except CorruptLineError as error:
        return BadLine(offset, len(line), error.reason, line[:_RAW_BYTES])


def read_envelopes(file: int, index: LineIndex, envelopes: EnvelopeIndex) -> None:
    """Add the missing envelopes; of huge rows only the two edges are read."""
    count = len(index)
    while (row := len(envelopes)) < count:
        begin, end = index.span(row)
        ends = index.ends(row, CHUNK_BYTES)
        if ends:
            block = read(file, begin, ends[-1])
            envelopes.add_rows(block, 0, [end - begin for end in ends])
        elif end - begin > MAX_LINE_BYTES:
            envelopes.add_bad_row()
        else:
            edges = read(file, begin, begin + _EDGE_BYTES) + read(
                file, end - _EDGE_BYTES, end
            )
            if not envelopes.add_by_edges(edges):
                envelopes.add_rows(read(file, begin, end), 0, [end - begin])
