"""Reads the first and the last rows of a run's file, at a cost below its size.

Keeps promise 10 for lists of runs: a summary of a run does not cost the run.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from whitetail_store.errors import CorruptLineError
from whitetail_store.event import BadLine, RunEvent, decode
from whitetail_store.files import open_to_read, read
from whitetail_store.index import LineIndex
from whitetail_store.paths import Stamp

_HEAD_BYTES = 1 << 18
_TAIL_BYTES = 1 << 15
_MAX_TAIL_BYTES = 1 << 22
_HEAD_ROWS = 16
_TAIL_ROWS = 8


class HeadAndTail(NamedTuple):
    """The first and the last rows of a run's file."""

    stamp: Stamp
    """The stamp of the file when it was read."""
    head: list[RunEvent | BadLine]
    """The first rows: as many as were requested and end within what was read."""
    tail: list[RunEvent | BadLine]
    """The last rows, up to 8, oldest first; they may overlap with `head`."""
    rows: int | None
    """The number of all rows; None if not all of the file was read."""


def read_head_and_tail(
    path: Path, first: int = _HEAD_ROWS, *, head_bytes: int = _HEAD_BYTES
) -> HeadAndTail:
    """Return the first and the last rows of a run's file.

    `first` is the number of rows from the beginning. Reads at most `head_bytes` of
    the beginning, and of the end 32 KiB, or up to 8 MiB if its lines are long.

    Raises:
        OSError: The file is missing or cannot be read.

    """
    file = open_to_read(path)
    try:
        stamp = Stamp.of(os.fstat(file))
        block = read(file, 0, min(head_bytes, stamp.size))
        whole = stamp.size <= head_bytes
        spans = _spans(block if whole else _first_lines(block, first), whole=whole)
        head = [_parse_row(block, 0, span) for span in spans[:first]]
        if not whole:
            return HeadAndTail(stamp, head, _read_tail(file, stamp.size), None)
        tail = [_parse_row(block, 0, span) for span in spans[-_TAIL_ROWS:]]
        return HeadAndTail(stamp, head, tail, len(spans))
    finally:
        os.close(file)


def _read_tail(file: int, size: int) -> list[RunEvent | BadLine]:
    length = _TAIL_BYTES
    while True:
        start = max(0, size - length)
        block = read(file, start, size)
        first = block.find(b"\n") + 1 if start else 0
        spans = _spans(block[first:], whole=True)
        if len(spans) >= _TAIL_ROWS or start == 0 or length >= _MAX_TAIL_BYTES:
            begin = start + first
            return [
                _parse_row(block[first:], begin, span) for span in spans[-_TAIL_ROWS:]
            ]
        length *= 4


def _first_lines(block: bytes, most: int) -> bytes:
    end = 0
    for _ in range(most):
        end = block.find(b"\n", end) + 1 or len(block)
    return block[:end]


def _spans(block: bytes, *, whole: bool) -> list[tuple[int, int]]:
    index = LineIndex()
    index.feed(block)
    if whole:
        index.settle()
    return [index.span(row) for row in range(len(index))]


def _parse_row(block: bytes, begin: int, span: tuple[int, int]) -> RunEvent | BadLine:
    line = block[slice(*span)]
    try:
        return RunEvent.of(decode(line))
    except CorruptLineError as error:
        return BadLine(begin + span[0], len(line), error.reason, line)
