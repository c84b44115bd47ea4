"""What a list needs of each row, read without its body."""

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

# Below this a whole parse is faster than the search for a line's two ends.
_SHORT_LINE_BYTES = 1024
_EDGE_BYTES = 512
_HEAD = re.compile(rb'"event_type": "([^"\\]*)", "category": "([^"\\]*)"')
_BODY = b', "content": '
_SEQ = b', "seq": '
_CREATED_AT = b', "created_at": "'


class EventKind(NamedTuple):
    """What sort of event a row is; both empty for a row that is none."""

    event_type: str
    category: str


NO_EVENT = EventKind("", "")


class Envelopes:
    """Sequence number and kind of each row, in flat arrays.

    A line that DeerFlow's writer wrote has them at its two ends, so a long one is
    believed on the strength of these: it counts as an event until a read of its
    body finds otherwise and says so through `spoil`.
    """

    def __init__(self, run_id: str, prefix: bytes) -> None:
        """Expect rows of `run_id`, most of them beginning with `prefix`."""
        self.seqs = array("q")
        """Each row's number; a row that is no event repeats the one before it."""
        self.ascending = True
        """Whether numbers only rise."""
        self.foreign_rows: dict[str, list[int]] = {}
        """Rows that belong to other runs, by run id."""
        self.counts: list[int] = [0]
        """How many rows are of each kind, by code."""
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
        """The highest number, 0 without events."""
        if self.ascending:
            return max(self.seqs[-1], 0) if self.seqs else 0
        return max(self.seqs, default=0)

    @property
    def events(self) -> int:
        """How many rows are events."""
        return len(self) - self.counts[0]

    def kind(self, row: int) -> EventKind:
        """Return what sort of event a row is."""
        return self.kinds[self._codes[row]]

    def count(self, category: str) -> int:
        """Return how many events are of a category."""
        pairs = zip(self.kinds, self.counts, strict=True)
        return sum(count for kind, count in pairs if kind.category == category)

    def rows(self, wanted: Iterable[EventKind], among: Iterable[int]) -> Iterator[int]:
        """Yield those of some rows that are of the wanted kinds."""
        codes = {self._code_of[kind] for kind in wanted}
        return (row for row in among if self._codes[row] in codes)

    def add_rows(self, block: bytes, ends: Sequence[int]) -> None:
        """Take in the next rows, which fill a block and end where it says."""
        done = start = 0
        while done < len(ends):
            if ends[done] - start >= _SHORT_LINE_BYTES:
                done += self._add_by_edges(block, ends, done)
                start = ends[done - 1] if done else 0
            if done < len(ends):
                self._add_parsed(block[start : ends[done]])
                start = ends[done]
                done += 1

    def add_by_edges(self, both: bytes) -> bool:
        """Take in the next row if its two ends say all; its middle is left out."""
        return self._add_by_edges(both, [len(both)], 0) == 1

    def add_bad_row(self) -> None:
        """Take the next row for none that is an event."""
        self._append(self.seqs[-1] if self.seqs else 0, 0)

    def _add_by_edges(self, block: bytes, ends: Sequence[int], first: int) -> int:
        """Take in rows as far as they begin and end as DeerFlow's writer makes them.

        Returns how many. One loop without calls: it is what opening a run costs.
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
            number, _, rest = block[tail:stop].partition(_CREATED_AT)
            if (
                code is None
                or stop - end < _SHORT_LINE_BYTES
                or not starts(prefix, end)
                or not number.isdigit()
                or len(number) > 18
                or not rest.endswith(b'"}\n')
            ):
                break
            end = stop
            seq = int(number)
            if seq <= last:
                self.ascending = False
            last = seq
            counts[code] += 1
            add_seq(seq)
            add_code(code)
        return len(self) - before

    def mark_bad(self, row: int) -> None:
        """Note that a row is no event after all."""
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
            self.kinds.append(kind)
            self.counts.append(0)
        return code


def _decode_envelope(line: bytes) -> dict[str, Any] | None:
    """Return a row's record, its body perhaps not exact; None if it is no event."""
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
