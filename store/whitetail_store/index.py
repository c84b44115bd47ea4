"""Where each row of a file begins."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from io import BytesIO
from itertools import accumulate
from json import JSONDecoder

from whitetail_store.errors import CorruptLineError
from whitetail_store.event import decode

MAX_LINE_BYTES = 1 << 26
"""Bytes of a line that are looked into; a longer one is a row, but never an event."""
_BLANK = b" \t\r\n"
_LINE_START = b'{"thread_id"'
_CLOSE = ord("}")
# Bytes a line, on average so far, from which lines count as long.
_LONG_LINE_BYTES = 1024
_MAX_GLUED_EVENTS = 16
_DECODER = JSONDecoder()


class LineIndex:
    """Row offsets of a file that only grows.

    The index is fed the file's bytes in order. A row is a line, blank lines in
    front of it included, so every byte up to the last row's end is in exactly one
    row. A line on which an event was torn, and the next one glued to it, makes
    several rows, so that the torn one costs nothing but itself. Rows only come:
    other threads may look up those they know of while the index is fed.
    """

    def __init__(self, head: bytes = _LINE_START) -> None:
        """Expect most lines to begin with `head`; the longer, the less each costs."""
        self._head = head
        self._ends = array("Q")
        self._pending = bytearray()
        self._fed = 0
        self._newline_missing = False

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def fed(self) -> int:
        """How many bytes of the file the index has seen."""
        return self._fed

    @property
    def torn_bytes(self) -> int:
        """How many bytes behind the last row are no event (yet)."""
        return self._fed - self._rows_end if self._pending.strip(_BLANK) else 0

    def span(self, row: int) -> tuple[int, int]:
        """Return where a row begins and ends, its newline included."""
        return (self._ends[row - 1] if row else 0), self._ends[row]

    def ends(self, row: int, size: int) -> array[int]:
        """Return where rows end, from one on: those that fit `size` bytes, or none."""
        begin = self.span(row)[0]
        return self._ends[row : bisect_right(self._ends, begin + size, row)]

    def feed(self, chunk: bytes) -> int:
        """Take the file's next bytes and return how many rows they complete."""
        before = len(self._ends)
        at = 0
        newline = chunk.find(b"\n")
        if newline == -1:
            self._buffer(chunk)
            self._fed += len(chunk)
            return 0
        if self._pending or self._newline_missing:
            at = newline + 1
            self._buffer(chunk[:at])
            self._finish_line(bytes(self._pending), self._fed + at)
            self._pending.clear()
        end = chunk.rfind(b"\n") + 1
        self._add_lines(chunk, at, end, self._fed)
        self._buffer(chunk[end:])
        self._fed += len(chunk)
        return len(self._ends) - before

    def settle(self) -> int:
        """Take what is behind the last newline for rows, as far as it is events."""
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
        """Assert what must always hold. For tests and post-mortems; O(n)."""
        assert all(a < b for a, b in zip(self._ends, self._ends[1:], strict=False))
        assert self._rows_end <= self._fed
        assert len(self._pending) <= self._fed - self._rows_end

    @property
    def _rows_end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _buffer(self, tail: bytes) -> None:
        if len(self._pending) < MAX_LINE_BYTES:
            self._pending += tail

    def _add_lines(self, chunk: bytes, at: int, end: int, base: int) -> None:
        """Add a row for each line of a region that ends with a newline.

        Almost always every line begins as DeerFlow's writer begins it and no line
        holds a second beginning; then offsets are all that is wanted.
        """
        long = self._fed > _LONG_LINE_BYTES * len(self._ends)
        ends, whole = (_scan_long_lines if long else _scan_short_lines)(
            chunk, at, end, base, self._head
        )
        if whole and chunk.count(self._head, at, end) == len(ends):
            self._ends.extend(ends)
            return
        start = at
        for stop in ends:
            self._add_line(chunk[start : stop - base], stop)
            start = stop - base

    def _finish_line(self, line: bytes, end: int) -> None:
        """Add the line that began in an earlier chunk and has now ended."""
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
    chunk: bytes, at: int, end: int, base: int, head: bytes
) -> tuple[array[int], bool]:
    """Return where lines end, and whether all begin with `head` and end with `}`."""
    find, starts = chunk.find, chunk.startswith
    ends = array("Q")
    good = 0
    start = at
    newline = find(b"\n", at, end)
    while newline != -1:
        good += starts(head, start) and chunk[newline - 1] == _CLOSE
        start = newline + 1
        ends.append(base + start)
        newline = find(b"\n", start, end)
    return ends, good == len(ends)


def _scan_short_lines(
    chunk: bytes, at: int, end: int, base: int, head: bytes
) -> tuple[array[int], bool]:
    """Return the same, in half the time where lines are short.

    It takes no step of Python's for each line, but copies them all.
    """
    lengths = map(len, BytesIO(chunk[at:end]).readlines())
    ends = array("Q", accumulate(lengths, initial=base + at))
    del ends[0]
    joints = chunk.count(b"}\n" + head, at, end)
    begun = chunk.startswith(head, at, end) and joints == len(ends) - 1
    return ends, begun and chunk.endswith(b"}\n", at, end)


def _event_ends(line: bytes) -> list[int]:
    """Return where the rows of one line end, up to the last event in it.

    There are several where an event was torn and the next one glued to it. What is
    behind the last event belongs to none of them.
    """
    if _is_event(line):
        return [len(line)]
    ends: list[int] = []
    # One character a byte, so that both have the same offsets.
    text = line.decode("latin-1")
    at = line.find(_LINE_START)
    for _ in range(_MAX_GLUED_EVENTS):
        if at == -1:
            break
        end = _object_end(text, at)
        if end and _is_event(line[at:end]):
            if line[ends[-1] if ends else 0 : at].strip(_BLANK):
                ends.append(at)
            ends.append(end)
        at = line.find(_LINE_START, max(end, at + 1))
    return ends


def _object_end(text: str, at: int) -> int:
    """Return where the JSON object that begins at `at` ends, 0 if it does not."""
    try:
        return _DECODER.raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        return 0


def _is_event(line: bytes) -> bool:
    try:
        decode(line)
    except CorruptLineError:
        return False
    return True
