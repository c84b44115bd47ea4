"""The `seq` and kind of each row, read without its content.

Keeps the part of promise 10 that a page costs the page: rows are filtered here.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import orjson

from whitetail_store.errors import CorruptLineError
from whitetail_store.event import decode
from whitetail_store.index import MAX_LINE_BYTES

# Below this a parse of the line is faster than the search at its two edges.
_SHORT_LINE_BYTES = 1024
# The keys before and after `content` are within this many bytes of an edge.
_EDGE_BYTES = 512
_HEAD = re.compile(rb'"event_type": "([^"\\]*)", "category": "([^"\\]*)"')
_BODY = b', "content": '
_SEQ = b', "seq": '
_CREATED_AT = b', "created_at": "'


class EventKind(NamedTuple):
    """Type and category of an event; both empty for a row that is no event."""

    event_type: str
    category: str


NO_EVENT = EventKind("", "")


class Envelopes:
    """The `seq` and kind of each row, in flat arrays of 12 bytes a row.

    DeerFlow's writer puts both at the two edges of a line. A long line is therefore
    an event if its edges are; its content is not parsed. If a later read finds that
    the content is bad, the reader reports that with `mark_bad`.
    """

    def __init__(self, run_id: str, prefix: bytes) -> None:
        """Expect rows of `run_id`, most of which begin with the bytes `prefix`."""
        self.seqs = array("q")
        """The seq of each row; a row that is no event repeats the one before it."""
        self.ascending = True
        """Whether each event has a higher seq than the one before it."""
        self.foreign_rows: dict[str, list[int]] = {}
        """The rows that belong to other runs, by run id, in ascending order."""
        self.counts: list[int] = [0]
        """The number of rows of each kind, by code."""
        self.kinds: list[EventKind] = [NO_EVENT]
        """The kinds seen so far, by code; code 0 is no event."""
        self._run_id = run_id
        self._prefix = prefix
        self._codes = array("I")
        self._code_of: dict[EventKind, int] = {NO_EVENT: 0}
        self._code_of_head: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def last_seq(self) -> int:
        """The highest seq; 0 without events."""
        if self.ascending:
            return max(self.seqs[-1], 0) if self.seqs else 0
        return max(self.seqs, default=0)

    @property
    def events(self) -> int:
        """The number of rows that are events."""
        return len(self) - self.counts[0]

    def kind(self, row: int) -> EventKind:
        """Return the kind of a row."""
        return self.kinds[self._codes[row]]

    def count(self, category: str) -> int:
        """Return the number of events of a category."""
        # Not strict: another thread may be adding a kind.
        pairs = zip(self.kinds, self.counts, strict=False)
        return sum(count for kind, count in pairs if kind.category == category)

    def rows(self, wanted: Iterable[EventKind], among: Iterable[int]) -> Iterator[int]:
        """Yield those of the rows `among` whose kind is `wanted`, in the same order."""
        codes = {self._code_of[kind] for kind in wanted}
        return (row for row in among if self._codes[row] in codes)

    def add_rows(self, block: bytes, ends: Sequence[int]) -> None:
        """Add the next rows: those of the bytes `block`, which end at `ends`."""
        done = start = 0
        while done < len(ends):
            if ends[done] - start >= _SHORT_LINE_BYTES:
                done += self._add_by_edges(block, ends, done)
                start = ends[done - 1] if done else 0
            if done < len(ends):
                self._add_parsed(block[start : ends[done]])
                start = ends[done]
                done += 1

    def add_by_edges(self, edges: bytes) -> bool:
        """Add the next row if its two edges suffice; return whether they did.

        `edges` is the beginning of the line followed by its end.
        """
        return self._add_by_edges(edges, [len(edges)], 0) == 1

    def add_bad_row(self) -> None:
        """Add the next row as one that is no event."""
        self._append(self.seqs[-1] if self.seqs else 0, 0)

    def _add_by_edges(self, block: bytes, ends: Sequence[int], first: int) -> int:
        """Add rows, from `ends[first]` on, while they have the edges DeerFlow writes.

        Returns the number of rows added. A single loop without function calls,
        since most of the time to open a run is spent here.
        """
        starts, find, rfind = block.startswith, block.find, block.rfind
        prefix, codes, counts = self._prefix, self._code_of_head, self.counts
        skip, add_seq, add_code = len(prefix), self.seqs.append, self._codes.append
        last = self.seqs[-1] if self.events else -(2**63)
        end = ends[first - 1] if first else 0
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
                or len(digits) > 18
                or not after.endswith(b'"}\n')
            ):
                break
            end = stop
            seq = int(digits)
            if seq <= last:
                self.ascending = False
            last = seq
            counts[code] += 1
            add_seq(seq)
            add_code(code)
        return len(self) - before

    def mark_bad(self, row: int) -> None:
        """Mark a row as no event: its edges are good, but its content is bad."""
        self.counts[self._codes[row]] -= 1
        self.counts[0] += 1
        self._codes[row] = 0

    def _add_parsed(self, line: bytes) -> None:
        record = _decode_envelope(line)
        if record is None:
            self.add_bad_row()
            return
        run_id, category = record.get("run_id"), record.get("category")
        if isinstance(run_id, str) and run_id not in ("", self._run_id):
            self.foreign_rows.setdefault(run_id, []).append(len(self))
        kind = EventKind(
            record["event_type"], category if isinstance(category, str) else ""
        )
        code = self._code(kind)
        self._append(record["seq"], code)
        if line.startswith(self._prefix):
            match = _HEAD.match(line, len(self._prefix))
            if match and (match[1], match[2]) == tuple(map(str.encode, kind)):
                self._code_of_head[match[0]] = code

    def _append(self, seq: int, code: int) -> None:
        if (
            code
            and self.seqs
            and seq <= self.seqs[-1]
            and len(self.seqs) > self.counts[0]
        ):
            self.ascending = False
        self.seqs.append(seq)
        self._codes.append(code)
        self.counts[code] += 1

    def _code(self, kind: EventKind) -> int:
        code = self._code_of.setdefault(kind, len(self.kinds))
        if code == len(self.kinds):
            self.counts.append(0)
            self.kinds.append(kind)
        return code


def _decode_envelope(line: bytes) -> dict[str, Any] | None:
    """Return a row's record; None if it is no event.

    Large integers in its content may be rounded; only the other keys are used.
    """
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        record = orjson.loads(line)
        if (
            type(record) is dict
            and type(record.get("seq")) is int
            and -(2**63) <= record["seq"] < 2**63
            and isinstance(record.get("event_type"), str)
        ):
            return record
    except ValueError:
        pass
    try:
        return decode(line)
    except CorruptLineError:
        return None
