"""What a list needs of each row, read without its body."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from math import nan
from typing import Any, NamedTuple

import orjson

from .errors import CorruptLineError
from .event import decode, seconds
from .index import LONGEST

# Below this a whole parse is faster than the search for a line's two ends.
_SHORT = 1024
_ENDS = 512
_HEAD = re.compile(rb'"event_type": "([^"\\]*)", "category": "([^"\\]*)", "content": ')
_TAIL = re.compile(rb', "seq": (\d{1,18}), "created_at": "([^"\\]*)"\}\s*\Z')


class Kind(NamedTuple):
    """What sort of event a row is; both empty for a row that is none."""

    event_type: str
    category: str


BAD = Kind("", "")


class Envelopes:
    """Sequence number, time and kind of each row, in flat arrays.

    A line that DeerFlow's writer wrote has them at its two ends, so a long one is
    believed on the strength of these: it counts as an event until a read of its
    body finds otherwise and says so through `spoil`.
    """

    def __init__(self, run_id: str, prefix: bytes) -> None:
        """Expect rows of `run_id`, most of them beginning with `prefix`."""
        self.seq = array("q")
        """Each row's number; a row that is no event repeats the one before it."""
        self.time = array("d")
        """Seconds since the epoch, NaN where a row gives none."""
        self.ordered = True
        """Whether numbers only rise."""
        self.strays: dict[str, list[int]] = {}
        """Rows that belong to other runs, by run id."""
        self.counts: list[int] = [0]
        """How many rows are of each kind, by code."""
        self.kinds: list[Kind] = [BAD]
        """The kinds seen so far, by code; code 0 is no event."""
        self._run_id = run_id
        self._prefix = prefix
        self._codes = array("I")
        self._code_of: dict[Kind, int] = {BAD: 0}
        self._code_of_head: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def last_seq(self) -> int:
        """The highest number, 0 without events."""
        if self.ordered:
            return max(self.seq[-1], 0) if self.seq else 0
        return max(self.seq, default=0)

    @property
    def events(self) -> int:
        """How many rows are events."""
        return len(self) - self.counts[0]

    def kind(self, row: int) -> Kind:
        """Return what sort of event a row is."""
        return self.kinds[self._codes[row]]

    def count(self, category: str) -> int:
        """Return how many events are of a category."""
        pairs = zip(self.kinds, self.counts, strict=True)
        return sum(count for kind, count in pairs if kind.category == category)

    def rows(self, wanted: Iterable[Kind], among: Iterable[int]) -> Iterator[int]:
        """Yield those of some rows that are of the wanted kinds."""
        codes = {self._code_of[kind] for kind in wanted}
        return (row for row in among if self._codes[row] in codes)

    def add(self, line: bytes) -> None:
        """Take in the next row."""
        if len(line) < _SHORT or not self.add_ends(line):
            self._add_parsed(line)

    def add_ends(self, line: bytes) -> bool:
        """Take in the next row if its two ends say all; its middle may be left out."""
        if not line.startswith(self._prefix):
            return False
        tail = _TAIL.search(line, max(0, len(line) - _ENDS))
        if tail is None:
            return False
        start = len(self._prefix)
        stop = line.find(b', "content": ', start, start + _ENDS)
        head = line[start:stop]
        code = self._code_of_head.get(head)
        if code is None:
            match = _HEAD.match(line, start)
            if stop == -1 or match is None:
                return False
            try:
                kind = Kind(match[1].decode(), match[2].decode())
            except UnicodeDecodeError:
                return False
            code = self._code_of_head[head] = self._code(kind)
        try:
            time = seconds(tail[2].decode())
        except UnicodeDecodeError:
            return False
        self._append(int(tail[1]), time, code)
        return True

    def spoil(self, row: int) -> None:
        """Note that a row is no event after all."""
        self.counts[self._codes[row]] -= 1
        self.counts[0] += 1
        self._codes[row] = 0

    def _add_parsed(self, line: bytes) -> None:
        record = _envelope_of(line)
        if record is None:
            self._append(self.seq[-1] if self.seq else 0, None, 0)
            return
        run_id, category = record.get("run_id"), record.get("category")
        created_at = record.get("created_at")
        if isinstance(run_id, str) and run_id not in ("", self._run_id):
            self.strays.setdefault(run_id, []).append(len(self))
        kind = Kind(record["event_type"], category if isinstance(category, str) else "")
        time = seconds(created_at) if isinstance(created_at, str) else None
        self._append(record["seq"], time, self._code(kind))

    def _append(self, seq: int, time: float | None, code: int) -> None:
        if code and self.seq and seq <= self.seq[-1] and len(self.seq) > self.counts[0]:
            self.ordered = False
        self.seq.append(seq)
        self.time.append(nan if time is None else time)
        self._codes.append(code)
        self.counts[code] += 1

    def _code(self, kind: Kind) -> int:
        code = self._code_of.setdefault(kind, len(self.kinds))
        if code == len(self.kinds):
            self.kinds.append(kind)
            self.counts.append(0)
        return code


def _envelope_of(line: bytes) -> dict[str, Any] | None:
    """Return a row's record, its body perhaps not exact; None if it is no event."""
    if len(line) > LONGEST:
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
