"""Where each row of a file begins."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from .errors import CorruptLineError
from .event import decode

LONGEST = 1 << 26
"""Bytes of a line that are looked into; a longer one is a row, but never an event."""
_BLANK = b" \t\r\n"
_HEAD = b'{"thread_id"'
_CUTS = 16


class LineIndex:
    """Row offsets of a file that only grows.

    The index is fed the file's bytes in order. A row is a line, blank lines in
    front of it included, so every byte up to the last row's end is in exactly one
    row. A line on which an event was torn, and the next one glued to it, makes
    several rows, so that the torn one costs nothing but itself. Rows only come:
    other threads may look up those they know of while the index is fed.
    """

    def __init__(self) -> None:
        """Begin at a file's beginning."""
        self._ends = array("Q")
        self._rest = bytearray()
        self._fed = 0
        self._open = False

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def fed(self) -> int:
        """How many bytes of the file the index has seen."""
        return self._fed

    @property
    def torn(self) -> int:
        """How many bytes behind the last row are no event (yet)."""
        return self._fed - self._start if self._rest.strip(_BLANK) else 0

    def span(self, row: int) -> tuple[int, int]:
        """Return where a row begins and ends, its newline included."""
        return (self._ends[row - 1] if row else 0), self._ends[row]

    def feed(self, chunk: bytes) -> int:
        """Take the file's next bytes and return how many rows they complete."""
        before = len(self._ends)
        at = 0
        newline = chunk.find(b"\n")
        if newline == -1:
            self._keep(chunk)
            self._fed += len(chunk)
            return 0
        if self._rest or self._open:
            at = newline + 1
            self._keep(chunk[:at])
            self._fed += at
            self._end_line(bytes(self._rest))
            self._rest.clear()
        end = chunk.rfind(b"\n") + 1
        self._end_lines(chunk, at, end)
        self._fed += end - at
        self._keep(chunk[end:])
        self._fed += len(chunk) - end
        return len(self._ends) - before

    def settle(self) -> int:
        """Take the bytes behind the last newline for a row if they are an event."""
        if not self._rest.endswith(b"}") or not _is_event(bytes(self._rest)):
            return 0
        self._ends.append(self._fed)
        self._rest.clear()
        self._open = True
        return 1

    def check(self) -> None:
        """Assert what must always hold. For tests and post-mortems; O(n)."""
        assert all(a < b for a, b in zip(self._ends, self._ends[1:], strict=False))
        assert self._start <= self._fed
        assert len(self._rest) <= self._fed - self._start

    @property
    def _start(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _keep(self, tail: bytes) -> None:
        if len(self._rest) < LONGEST:
            self._rest += tail

    def _end_lines(self, chunk: bytes, at: int, end: int) -> None:
        """Add a row for each line of a region that ends with a newline.

        Almost always every line begins as DeerFlow's writer begins it and no line
        holds a second beginning; then offsets are all that is wanted.
        """
        base = self._fed - at
        ends = array("Q")
        begins = 0
        start = at
        newline = chunk.find(b"\n", at, end)
        while newline != -1:
            begins += chunk.startswith(_HEAD, start)
            start = newline + 1
            ends.append(base + start)
            newline = chunk.find(b"\n", start, end)
        if begins == len(ends) == chunk.count(_HEAD, at, end):
            self._ends.extend(ends)
            return
        start = at
        for stop in ends:
            self._add(chunk[start : stop - base], stop)
            start = stop - base

    def _end_line(self, line: bytes) -> None:
        """Add the line that began in an earlier chunk and has now ended."""
        if self._open and not line.strip(_BLANK):
            self._ends[-1] = self._fed
        else:
            self._add(line, self._fed)
        self._open = False

    def _add(self, line: bytes, end: int) -> None:
        if len(line) >= LONGEST:
            self._ends.append(end)
        elif line.strip(_BLANK):
            self._ends.extend(end - len(line) + cut for cut in _cuts(line))


def _cuts(line: bytes) -> Iterator[int]:
    """Yield where the rows of one line end: at its end, and between glued events."""
    at = line.find(_HEAD, 1)
    if at != -1 and not _is_event(line):
        start = 0
        for _ in range(_CUTS):
            whole = _is_event(line[start:at])
            last = _is_event(line[at:])
            if whole or last:
                yield at
                start = at
            at = -1 if last else line.find(_HEAD, at + 1)
            if at == -1:
                break
    yield len(line)


def _is_event(line: bytes) -> bool:
    try:
        decode(line)
    except CorruptLineError:
        return False
    return True
