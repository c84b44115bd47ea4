"""Finds the rows of a run's file.

Keeps promises 1 (a line ends at a newline), 3 (a bad line costs one line), 4 (a torn
tail) and the part of 10 that a grown file costs its growth.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import accumulate

from whitetail_store.errors import CorruptLineError
from whitetail_store.event import MAX_LINE_BYTES, decode
from whitetail_store.json_scanner import JsonScanner

_BLANK = b" \t\r\n"
_NOT_BLANK = re.compile(rb"[^ \t\r\n]")
_LINE_START = b'{"thread_id"'
# A record begins this many bytes before the error if it cuts a string: `{"` ends it.
_CUT_STRING = 2
_CLOSE = ord("}")
# Mean length of the lines so far from which `_scan_long_lines` is the faster scan.
_LONG_LINE_BYTES = 1024
_LONGEST_PARSED = 1 << 16
_MAX_NARROW = 2**32 - 1
_ROWS_AT_ONCE = 1 << 14

RowsAdded = Callable[[bytes, int, Sequence[int]], None]
"""Gets bytes, the offset in them at which new rows begin, and the end of each row."""


class LineIndex:
    """The offsets of the rows of a file that only grows, 4 bytes a row.

    In a file above 4 GiB, they are 8 bytes a row.

    The index is fed with the bytes of the file in order. A row is a line with the
    blank lines before it, so each byte up to the end of the last row is in exactly
    one row. A line of a torn event with the next event glued to it makes several
    rows, so only the torn event is lost. Rows are never removed or changed, except
    that a newline can join the last one: other threads may read those that exist
    while the index is fed.
    """

    def __init__(
        self, head: bytes = _LINE_START, added: RowsAdded | None = None
    ) -> None:
        """Expect most lines to begin with `head`; `feed` is faster if it is longer.

        `added` is called with the bytes of new rows before the index has them.
        """
        self._head = head
        self._added = added
        self._ends = array("I")
        self._fed = 0
        self._line_start = 0
        self._pending = bytearray()
        self._settled: list[int] = []
        """The ends of the rows within the pending line, from its beginning."""
        self._scanner: JsonScanner | None = JsonScanner()
        self.outdated = False
        """Whether a new index of the same bytes would have other rows.

        An event at the end of the file was a row before its line was complete, and
        then other bytes than those of an event were added to the line.
        """

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def fed(self) -> int:
        """The number of bytes fed so far."""
        return self._fed

    @property
    def torn_bytes(self) -> int:
        """The number of bytes after the last row; 0 if they are all blank."""
        begin = self._settled[-1] if self._settled else 0
        torn = _NOT_BLANK.search(self._pending, begin) is not None
        return self._fed - self._rows_end if torn else 0

    def span(self, row: int) -> tuple[int, int]:
        """Return the offsets at which a row begins and ends; its newline is inside."""
        return (self._ends[row - 1] if row else 0), self._ends[row]

    def ends(self, row: int, size: int) -> array[int]:
        """Return the ends of the rows from `row` on that fit into `size` bytes."""
        begin = self.span(row)[0]
        return self._ends[row : bisect_right(self._ends, begin + size, row)]

    def rows_between(self, start: int, end: int) -> range:
        """Return the rows that end after an offset, and at another one or before."""
        first = bisect_right(self._ends, start)
        return range(first, bisect_right(self._ends, end, first))

    def feed(self, chunk: bytes) -> int:
        """Add the next bytes of the file; return the number of rows they complete."""
        before = len(self._ends)
        start = 0
        newline = chunk.find(b"\n")
        if newline == -1:
            self._buffer(chunk)
            self._fed += len(chunk)
            return 0
        if self._pending:
            start = newline + 1
            self._buffer(chunk[:start])
            self._finish_line(bytes(self._pending), self._fed + start)
        end = chunk.rfind(b"\n") + 1
        self._add_lines(chunk, start, end, self._fed)
        self._line_start = self._fed + end
        self._buffer(chunk[end:])
        self._fed += len(chunk)
        return len(self._ends) - before

    def settle(self) -> int:
        """Add the events after the last newline as rows; return their number.

        Call it at the end of the file: a last line may lack its newline. It is an
        event only if it is one from its first byte on: what is nested in an
        unfinished line, or follows a torn event in it, is none before its newline.
        """
        before = len(self._settled)
        text = self._pending
        while self._scanner is not None:
            self._scanner.scan(text)
            begin, end = self._settled[-1] if self._settled else 0, self._scanner.end
            if self._scanner.error is None and end is None:
                break
            if end is None or not self._is_next_event(begin, end):
                # The line is examined again when it is complete.
                self._scanner = None
                break
            self._add(
                bytes(text[begin:end]), 0, self._line_start + begin, [end - begin]
            )
            self._settled.append(end)
            self._scanner = JsonScanner(end)
        return len(self._settled) - before

    def assert_sound(self) -> None:
        """Assert the invariants of the index. For tests; O(n)."""
        assert all(a < b for a, b in zip(self._ends, self._ends[1:], strict=False))
        assert self._rows_end <= self._fed
        assert self._line_start + len(self._pending) <= self._fed

    @property
    def _rows_end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _buffer(self, tail: bytes) -> None:
        if len(self._pending) < MAX_LINE_BYTES:
            self._pending += tail

    def _is_next_event(self, begin: int, end: int) -> bool:
        text = self._pending
        return (
            end < MAX_LINE_BYTES
            and not _goes_on(text, _after_blanks(text, end))
            and (not begin or _begins_record(text, _after_blanks(text, begin)))
            and _is_event(bytes(text[begin:end]))
        )

    def _add(self, block: bytes, start: int, base: int, ends: Sequence[int]) -> None:
        """Add rows of `block`, which begin at `start`; `base` is its offset."""
        if self._added is not None:
            self._added(block, start, ends)
        if ends:
            self._make_wide(base + ends[-1])
        self._ends.extend([base + end for end in ends])

    def _make_wide(self, offset: int) -> None:
        """Replace the array by one of 8 bytes a row if the next offset needs it."""
        if offset > _MAX_NARROW and self._ends.typecode == "I":
            wide = array("Q")
            # In steps: one call would hold the interpreter for long.
            for first in range(0, len(self._ends), _ROWS_AT_ONCE):
                wide.extend(self._ends[first : first + _ROWS_AT_ONCE].tolist())
            self._ends = wide

    def _add_lines(self, chunk: bytes, start: int, end: int, base: int) -> None:
        """Add a row for each line of `chunk[start:end]`, which ends with a newline.

        `base` is the offset of the chunk in the file. In nearly all chunks each line
        has one beginning and one end of an event: then no line is examined.
        """
        long = self._fed > _LONG_LINE_BYTES * len(self._ends)
        ends, whole = (_scan_long_lines if long else _scan_short_lines)(
            chunk, start, end, self._head
        )
        if whole and chunk.count(self._head, start, end) == len(ends):
            self._add(chunk, start, base, ends)
            return
        for stop in ends:
            line = chunk[start:stop]
            self._add(line, 0, base + start, _row_ends(line, self._head))
            start = stop

    def _finish_line(self, line: bytes, end: int) -> None:
        """Add a line that began in an earlier chunk and ends at the offset `end`."""
        size = end - self._line_start
        ends = [size] if size >= MAX_LINE_BYTES else _row_ends(line, self._head)
        settled = self._settled
        if settled:
            last = len(settled) - 1
            if len(ends) == len(settled) and not line[settled[last] :].strip(_BLANK):
                settled[last] = ends[last]
                self._make_wide(self._line_start + ends[last])
                self._ends[-1] = self._line_start + ends[last]
            self.outdated = self.outdated or ends[: last + 1] != settled
        begin = settled[-1] if settled else 0
        self._add(line, begin, self._line_start, ends[len(settled) :])
        self._pending.clear()
        self._settled = []
        self._scanner = JsonScanner()


def _scan_long_lines(
    chunk: bytes, start: int, end: int, head: bytes
) -> tuple[array[int], bool]:
    """Return the ends of lines, and whether all begin with `head` and end with `}`."""
    find, starts = chunk.find, chunk.startswith
    ends = array("Q")
    good = 0
    newline = find(b"\n", start, end)
    while newline != -1:
        good += starts(head, start) and chunk[newline - 1] == _CLOSE
        start = newline + 1
        ends.append(start)
        newline = find(b"\n", start, end)
    return ends, good == len(ends)


def _scan_short_lines(
    chunk: bytes, start: int, end: int, head: bytes
) -> tuple[array[int], bool]:
    """Return the same as `_scan_long_lines`, in half the time if lines are short.

    Copies each line, but runs no Python code for it.
    """
    lines = BytesIO(chunk)
    lines.seek(start)
    ends = array("Q", accumulate(map(len, lines), initial=start))
    del ends[0]
    if end < len(chunk):
        # The bytes behind the last newline.
        del ends[-1]
    joints = chunk.count(b"}\n" + head, start, end)
    all_begin = chunk.startswith(head, start, end) and joints == len(ends) - 1
    return ends, all_begin and chunk.endswith(b"}\n", start, end)


def _row_ends(line: bytes, head: bytes) -> list[int]:
    """Return the ends of the rows within a line that has its newline.

    Most lines that begin with `head` are one row without being parsed: they end with
    `}`, and no other record of that thread begins in them.
    """
    if len(line) >= MAX_LINE_BYTES:
        return [len(line)]
    bare = line.strip(_BLANK)
    if not bare:
        return []
    start = head if bare.startswith(head) else _LINE_START
    whole = bare.endswith(b"}") and bare.find(start, 1) == -1
    # A parse of a long line would hold the interpreter: each is scanned in steps.
    whole = whole or (len(line) < _LONGEST_PARSED and _is_event(line))
    return [len(line)] if whole else _split(line)


def _split(line: bytes) -> list[int]:
    """Return the ends of the rows within a line that is not one event.

    A record begins in the middle of a line where the text before it cannot go on as
    JSON: the record before was torn there. Where a value may follow (after `[`, after
    a colon), it is taken for a part of the torn one, since a torn line may end after
    an object nested in it. If other bytes are no JSON, the search goes on behind them.

    What was nested in a damaged line is followed by a comma or a bracket: it is no
    event. A record that is not at the beginning of the line, or behind events from
    there on, is one only if the line ends with it or the next record follows at once.
    """
    ends: list[int] = []
    done = at = 0
    unbroken = True
    while at != -1:
        scanner = JsonScanner(at)
        scanner.scan(line)
        if scanner.end is not None:
            following = _after_blanks(line, scanner.end)
            if at == 0 and following == len(line):
                return [len(line)]
            glued = _begins_record(line, following)
            alone = glued or following == len(line)
            if unbroken:
                alone = not _goes_on(line, following)
            if alone and _is_event(line[at : scanner.end]):
                if line[done:at].strip(_BLANK):
                    ends.append(at)
                ends.append(scanner.end)
                done = scanner.end
        elif scanner.error is not None:
            unbroken = glued = False
            following = max(scanner.error - _CUT_STRING, at + 1)
        else:
            break
        unbroken = unbroken and glued
        at = line.find(_LINE_START, following)
    if line[done:].strip(_BLANK):
        ends.append(len(line))
    elif ends:
        ends[-1] = len(line)
    return ends


def _goes_on(text: bytes | bytearray, at: int) -> bool:
    """Return whether the text at an offset is that behind a nested object."""
    return text.startswith((b",", b"]", b"}"), at)


def _begins_record(text: bytes | bytearray, at: int) -> bool:
    return text.startswith(_LINE_START, at)


def _after_blanks(text: bytes | bytearray, at: int) -> int:
    found = _NOT_BLANK.search(text, at)
    return len(text) if found is None else found.start()


def _is_event(line: bytes) -> bool:
    try:
        decode(line)
    except CorruptLineError:
        return False
    return True
