"""The `seq` and kind of each row, read without its content.

Keeps the part of promise 10 that a page costs the page: rows are filtered here.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import orjson

from whitetail_store.errors import CorruptLineError
from whitetail_store.event import (
    MAX_LINE_BYTES,
    MAX_SEQ,
    decode_numbered,
    epoch_seconds,
)

# Below this a parse of the line is faster than the search at its two edges.
_SHORT_LINE_BYTES = 1024
# The keys before and after `content` are within this many bytes of an edge.
_EDGE_BYTES = 512
_HEAD = re.compile(rb'"event_type": "([^"\\\0-\x1f]*)", "category": "([^"\\\0-\x1f]*)"')
# From this size on, a line with edges as DeerFlow writes them is not parsed at all: a
# parse would hold the interpreter, for 15 ms if the line has 2 MiB.
_LONG_LINE_BYTES = 1 << 16
_BODY = b', "content": '
_SEQ = b', "seq": '
_CREATED_AT = b', "created_at": "'
# All numbers of so many digits are valid seqs.
_SEQ_DIGITS = len(str(MAX_SEQ)) - 1


class EventKind(NamedTuple):
    """Type and category of an event; both empty for a row that is no event."""

    event_type: str
    category: str


NO_EVENT = EventKind("", "")


@dataclass(frozen=True, slots=True)
class Envelopes:
    """The `seq` and kind of each row, as they were at the last refresh.

    A log that is refreshed meanwhile adds rows, but changes none of these.
    """

    seqs: Sequence[int]
    """The seq of each row, perhaps of further rows, too.

    A row that is no event repeats the seq before it.
    """
    kinds: tuple[EventKind, ...]
    """The kinds of the rows; the first one is that of a row that is no event."""
    ascending: bool
    """Whether each event has a higher seq than the one before it."""
    last_seq: int
    """The highest seq, 0 if there is none; a bad line can have it, too."""
    foreign_rows: Mapping[str, Sequence[int]]
    """The rows that belong to other runs, by run id, in ascending order."""
    _counts: tuple[int, ...]
    _codes: array[int]
    _marked: dict[int, int]
    _size: int

    def __len__(self) -> int:
        return self._size

    @property
    def events(self) -> int:
        """The number of rows that are events."""
        return self._size - self._counts[0] - len(self._marked_codes())

    def kind(self, row: int) -> EventKind:
        """Return the kind of a row."""
        return self.kinds[self._codes[range(self._size)[row]]]

    def count(self, category: str) -> int:
        """Return the number of events of a category."""
        counts = list(self._counts)
        for code in self._marked_codes():
            counts[code] -= 1
        pairs = zip(self.kinds, counts, strict=True)
        return sum(count for kind, count in pairs if kind.category == category)

    def rows(self, wanted: Iterable[EventKind], among: Iterable[int]) -> Iterator[int]:
        """Yield those of the rows `among` whose kind is `wanted`, in the same order."""
        kinds = set(wanted)
        codes = {code for code, kind in enumerate(self.kinds) if kind in kinds}
        return (row for row in among if self._codes[row] in codes)

    def between(self, after: int | None, before: int | None) -> range:
        """Return the rows with a seq above `after` and below `before`.

        Only rows in ascending order can be searched; of others, all are returned.
        """
        start, stop = 0, self._size
        if self.ascending:
            if after is not None:
                start = bisect_right(self.seqs, after, start, stop)
            if before is not None:
                stop = bisect_left(self.seqs, before, start, stop)
        return range(start, stop)

    def mark_bad(self, row: int) -> None:
        """Mark a row as no event: its edges are good, but its content is bad.

        Any thread may call it. All envelopes of the log then count it as a bad line.
        """
        code = self._codes[row]
        if code:
            self._marked.setdefault(row, code)
            self._codes[row] = 0

    def _marked_codes(self) -> list[int]:
        # A copy, since another thread can mark a row meanwhile.
        marked = list(self._marked.items())
        return [code for row, code in marked if row < self._size]


class EnvelopeIndex:
    """Collects the `seq` and kind of each row, in flat arrays of 12 bytes a row.

    DeerFlow's writer puts both at the two edges of a line. A long line is therefore
    an event if its edges are; its content is not parsed. If a later read finds that
    the content is bad, the reader reports that with `mark_bad`. One thread at a time
    may add rows; others may use the `Envelopes` meanwhile.
    """

    def __init__(self, run_id: str, prefix: bytes) -> None:
        """Expect rows of `run_id`, most of which begin with the bytes `prefix`."""
        self._run_id = run_id
        self._prefix = prefix
        self._seqs = array("q")
        self._codes = array("I")
        self._kinds = [NO_EVENT]
        self._counts = [0]
        self._highest = 0
        self._ascending = True
        self._foreign_rows: dict[str, list[int]] = {}
        self._marked: dict[int, int] = {}
        self._code_of: dict[EventKind, int] = {NO_EVENT: 0}
        self._code_of_head: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def envelopes(self) -> Envelopes:
        """Return the envelopes of the rows so far."""
        return Envelopes(
            self._seqs,
            tuple(self._kinds),
            self._ascending,
            self._highest,
            dict(self._foreign_rows),
            tuple(self._counts),
            self._codes,
            self._marked,
            len(self),
        )

    def add_rows(self, block: bytes, start: int, ends: Sequence[int]) -> None:
        """Add the next rows: those of `block[start:]`, which end at `ends`."""
        done = 0
        while done < len(ends):
            if ends[done] - start >= _SHORT_LINE_BYTES:
                added = self._add_by_edges(block, start, ends, done)
                done += added
                start = ends[done - 1] if added else start
            if done < len(ends):
                line = block[start : ends[done]]
                if not self._add_long(line):
                    self._add_parsed(line)
                start = ends[done]
                done += 1

    def add_by_edges(self, edges: bytes) -> bool:
        """Add the next row if its two edges suffice; return whether they did.

        `edges` is the beginning of the line followed by its end.
        """
        return self._add_by_edges(edges, 0, [len(edges)], 0) == 1

    def add_bad_row(self) -> None:
        """Add the next row as one that is no event."""
        self._append(self._seqs[-1] if self._seqs else 0, 0)

    def _add_by_edges(
        self, block: bytes, end: int, ends: Sequence[int], first: int
    ) -> int:
        """Add rows, from `ends[first]` on, while they have the edges DeerFlow writes.

        The first one begins at `end`. Returns the number of rows added. A single loop
        without function calls, since most of the time to open a run is spent here.
        """
        starts, find, rfind = block.startswith, block.find, block.rfind
        prefix, codes, counts = self._prefix, self._code_of_head, self._counts
        skip, add_seq, add_code = len(prefix), self._seqs.append, self._codes.append
        last = self._seqs[-1] if self._seqs else 0
        before = len(self)
        for stop in islice(ends, first, None):
            head = end + skip
            code = codes.get(block[head : find(_BODY, head, head + _EDGE_BYTES)])
            tail = rfind(_SEQ, stop - _EDGE_BYTES, stop) + len(_SEQ)
            digits, _, after = block[tail:stop].partition(_CREATED_AT)
            if (
                code is None
                or stop - end < _SHORT_LINE_BYTES
                or not starts(prefix, end)
                or not digits.isdigit()
                or len(digits) > _SEQ_DIGITS
                or digits.startswith(b"0")
                or after.partition(b'"')[2] != b"}\n"
            ):
                break
            end = stop
            seq = int(digits)
            if seq <= last:
                self._ascending = False
            last = seq
            counts[code] += 1
            add_seq(seq)
            add_code(code)
        added = len(self) - before
        if added:
            new = last if self._ascending else max(self._seqs[before:])
            self._highest = max(self._highest, new)
        return added

    def _add_long(self, line: bytes) -> bool:
        """Add a long row whose kind is new by its edges; return whether they did."""
        if len(line) < _LONG_LINE_BYTES or not line.startswith(self._prefix):
            return False
        head = _HEAD.match(line, len(self._prefix))
        if head is None or head[0] in self._code_of_head:
            return False
        try:
            kind = EventKind(head[1].decode(), head[2].decode())
        except UnicodeDecodeError:
            return False
        self._code_of_head[head[0]] = self._code(kind)
        return self._add_by_edges(line, 0, [len(line)], 0) == 1

    def _add_parsed(self, line: bytes) -> None:
        record = _decode_envelope(line)
        if record is None:
            self.add_bad_row()
            return
        event_type = record.get("event_type")
        if not isinstance(event_type, str):
            # A bad line, whose number must not be given again.
            self._highest = max(self._highest, record["seq"])
            self.add_bad_row()
            return
        run_id, category = record.get("run_id"), record.get("category")
        if isinstance(run_id, str) and run_id not in ("", self._run_id):
            self._foreign_rows.setdefault(run_id, []).append(len(self))
        kind = EventKind(event_type, category if isinstance(category, str) else "")
        code = self._code(kind)
        if self._seqs and record["seq"] <= self._seqs[-1]:
            self._ascending = False
        self._highest = max(self._highest, record["seq"])
        self._append(record["seq"], code)
        if line.startswith(self._prefix):
            match = _HEAD.match(line, len(self._prefix))
            if match and (match[1], match[2]) == tuple(map(str.encode, kind)):
                self._code_of_head[match[0]] = code

    def _append(self, seq: int, code: int) -> None:
        self._counts[code] += 1
        self._seqs.append(seq)
        self._codes.append(code)

    def _code(self, kind: EventKind) -> int:
        code = self._code_of.setdefault(kind, len(self._kinds))
        if code == len(self._kinds):
            self._counts.append(0)
            self._kinds.append(kind)
        return code


def time_of_line(line: bytes) -> float | None:
    """Return when an event was written, in seconds since the epoch.

    None if it has no time, or is no event. Of a long line only the end is looked at,
    if it is what DeerFlow writes.
    """
    tail = line[max(0, len(line) - _EDGE_BYTES) :]
    value, _, end = tail[tail.rfind(_CREATED_AT) + len(_CREATED_AT) :].partition(b'"')
    if end == b"}\n" and _CREATED_AT in tail and value.isascii():
        return epoch_seconds(value.decode())
    record = _decode_envelope(line)
    created_at = None if record is None else record.get("created_at")
    return epoch_seconds(created_at) if isinstance(created_at, str) else None


def _decode_envelope(line: bytes) -> dict[str, Any] | None:
    """Return a row's record with a valid seq; None if it has none.

    Large integers in its content may be rounded; only the other keys are used.
    """
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        record = orjson.loads(line)
        if (
            type(record) is dict
            and type(record.get("seq")) is int
            and 1 <= record["seq"] <= MAX_SEQ
        ):
            return record
    except ValueError:
        pass
    try:
        return decode_numbered(line)
    except CorruptLineError:
        return None
