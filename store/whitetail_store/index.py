"""Finds the rows of a run's file.

Keeps promises 1 (a line ends at a newline), 3 (a bad line costs one line), 4 (a torn
tail) and the part of 10 that a grown file costs its growth.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from io import BytesIO
from itertools import accumulate
from json import JSONDecoder

from whitetail_store.errors import CorruptLineError
from whitetail_store.event import decode

MAX_LINE_BYTES = 1 << 26
"""The longest line that is parsed. A longer one is a row, but never an event."""
_BLANK = b" \t\r\n"
_LINE_START = b'{"thread_id"'
_CLOSE = ord("}")
# Mean length of the lines so far from which `_scan_long_lines` is the faster scan.
_LONG_LINE_BYTES = 1024
# Bounds the work on a line that has many beginnings but no events.
_MAX_GLUED_EVENTS = 16
_DECODER = JSONDecoder()


class LineIndex:
    """The offsets of the rows of a file that only grows, 8 bytes a row.

    The index is fed with the bytes of the file in order. A row is a line with the
    blank lines before it, so each byte up to the end of the last row is in exactly
    one row. A line of a torn event with the next event glued to it makes several
    rows, so only the torn event is lost. Rows are never removed or changed: other
    threads may read those that exist while the index is fed.
    """

    def __init__(self, head: bytes = _LINE_START) -> None:
        """Expect most lines to begin with `head`; `feed` is faster if it is longer."""
        self._head = head
        self._ends = array("Q")
        self._pending = bytearray()
        self._fed = 0
        self._newline_missing = False

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def fed(self) -> int:
        """The number of bytes fed so far."""
        return self._fed

    @property
    def torn_bytes(self) -> int:
        """The number of bytes after the last row; 0 if they are all blank."""
        return self._fed - self._rows_end if self._pending.strip(_BLANK) else 0

    def span(self, row: int) -> tuple[int, int]:
        """Return the offsets at which a row begins and ends; its newline is inside."""
        return (self._ends[row - 1] if row else 0), self._ends[row]

    def ends(self, row: int, size: int) -> array[int]:
        """Return the ends of the rows from `row` on that fit into `size` bytes."""
        begin = self.span(row)[0]
        return self._ends[row : bisect_right(self._ends, begin + size, row)]

    def feed(self, chunk: bytes) -> int:
        """Add the next bytes of the file; return the number of rows they complete."""
        before = len(self._ends)
        start = 0
        newline = chunk.find(b"\n")
        if newline == -1:
            self._buffer(chunk)
            self._fed += len(chunk)
            return 0
        if self._pending or self._newline_missing:
            start = newline + 1
            self._buffer(chunk[:start])
            self._finish_line(bytes(self._pending), self._fed + start)
            self._pending.clear()
        end = chunk.rfind(b"\n") + 1
        self._add_lines(chunk, start, end, self._fed)
        self._buffer(chunk[end:])
        self._fed += len(chunk)
        return len(self._ends) - before

    def settle(self) -> int:
        """Add the events after the last newline as rows; return their number.

        Call it at the end of the file: a last line may lack its newline.
        """
        rest = self._pending
        may_be_event = rest.endswith(b"}") or rest.find(_LINE_START, 1) != -1
        if not may_be_event or len(rest) >= MAX_LINE_BYTES:
            return 0
        base = self._fed - len(rest)
        ends = _event_ends(bytes(rest))
        if ends:
            self._ends.extend(base + end for end in ends)
            self._newline_missing = ends[-1] == len(rest)
            del rest[: ends[-1]]
        return len(ends)

    def assert_sound(self) -> None:
        """Assert the invariants of the index. For tests; O(n)."""
        assert all(a < b for a, b in zip(self._ends, self._ends[1:], strict=False))
        assert self._rows_end <= self._fed
        assert len(self._pending) <= self._fed - self._rows_end

    @property
    def _rows_end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _buffer(self, tail: bytes) -> None:
        if len(self._pending) < MAX_LINE_BYTES:
            self._pending += tail

    def _add_lines(self, chunk: bytes, start: int, end: int, base: int) -> None:
        """Add a row for each line of `chunk[start:end]`, which ends with a newline.

        `base` is the offset of the chunk in the file. In nearly all chunks each line
        has one beginning and one end of an event: then no line is examined.
        """
        long = self._fed > _LONG_LINE_BYTES * len(self._ends)
        ends, whole = (_scan_long_lines if long else _scan_short_lines)(
            chunk, start, end, base, self._head
        )
        if whole and chunk.count(self._head, start, end) == len(ends):
            self._ends.extend(ends)
            return
        for stop in ends:
            self._add_line(chunk[start : stop - base], stop)
            start = stop - base

    def _finish_line(self, line: bytes, end: int) -> None:
        """Add a line that began in an earlier chunk and ends at the offset `end`."""
        if self._newline_missing and not line.strip(_BLANK):
            self._ends[-1] = end
        elif len(line) < MAX_LINE_BYTES:
            self._add_lines(line, 0, len(line), end - len(line))
        else:
            self._ends.append(end)
        self._newline_missing = False

    def _add_line(self, line: bytes, end: int) -> None:
        if len(line) >= MAX_LINE_BYTES:
            self._ends.append(end)
            return
        bare = line.strip(_BLANK)
        if not bare:
            return
        ends = []
        if not bare.endswith(b"}") or bare.find(_LINE_START, 1) != -1:
            ends = _event_ends(line)
        if ends and not line[ends[-1] :].strip(_BLANK):
            ends.pop()
        self._ends.extend(end - len(line) + inner for inner in [*ends, len(line)])


def _scan_long_lines(
    chunk: bytes, start: int, end: int, base: int, head: bytes
) -> tuple[array[int], bool]:
    """Return the ends of lines, and whether all begin with `head` and end with `}`."""
    find, starts = chunk.find, chunk.startswith
    ends = array("Q")
    good = 0
    newline = find(b"\n", start, end)
    while newline != -1:
        good += starts(head, start) and chunk[newline - 1] == _CLOSE
        start = newline + 1
        ends.append(base + start)
        newline = find(b"\n", start, end)
    return ends, good == len(ends)


def _scan_short_lines(
    chunk: bytes, start: int, end: int, base: int, head: bytes
) -> tuple[array[int], bool]:
    """Return the same as `_scan_long_lines`, in half the time if lines are short.

    Copies all lines, but runs no Python code for each.
    """
    lengths = map(len, BytesIO(chunk[start:end]).readlines())
    ends = array("Q", accumulate(lengths, initial=base + start))
    del ends[0]
    joints = chunk.count(b"}\n" + head, start, end)
    all_begin = chunk.startswith(head, start, end) and joints == len(ends) - 1
    return ends, all_begin and chunk.endswith(b"}\n", start, end)


def _event_ends(line: bytes) -> list[int]:
    """Return the ends of the rows within one line, up to its last event.

    A line has several rows if an event was torn and the next one is glued to it.
    Bytes after the last event are in none of them.
    """
    if _is_event(line):
        return [len(line)]
    ends: list[int] = []
    # Latin-1 has one character for each byte, so offsets are the same in both.
    text = line.decode("latin-1")
    start = line.find(_LINE_START)
    for _ in range(_MAX_GLUED_EVENTS):
        if start == -1:
            break
        end = _object_end(text, start)
        if end and _is_event(line[start:end]):
            if line[ends[-1] if ends else 0 : start].strip(_BLANK):
                ends.append(start)
            ends.append(end)
        start = line.find(_LINE_START, max(end, start + 1))
    return ends


def _object_end(text: str, start: int) -> int:
    """Return the end of the JSON object that begins at `start`; 0 if it has none."""
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return 0


def _is_event(line: bytes) -> bool:
    try:
        decode(line)
    except CorruptLineError:
        return False
    return True
