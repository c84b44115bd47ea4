"""The rows that a filter leaves, as lines in the order that is shown."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import compress
from operator import or_

from whitetail.run.row_filter import ALWAYS, NEVER
from whitetail.trace.order.causality import Placement
from whitetail.trace.order.row_order import RowOrder

_MATCHES, _LISTED = 1, 2
_LISTED_FLAGS = bytes(bool(mark & _LISTED) for mark in range(256))
_MANY_ROWS = 200
"""So many new lines cost less if all lines are collected again."""


class FilteredOrder:
    """The rows that match, and in causal order those that they are under.

    Two bytes per row and four per line. Folds are ignored: what matches is shown.
    """

    def __init__(self, order: RowOrder) -> None:
        self._order = order
        self._results = bytearray()
        """Of each row the bits of its `RowFilter`; 0 before it was matched."""
        self._marks = bytearray()
        self._lines = array("I")
        self.match_count = 0
        """How many rows match, so far."""
        self.newest = -1
        """The row that matches and was written last; -1 if none matches."""

    @property
    def line_count(self) -> int:
        """The number of lines."""
        return len(self._lines)

    def all_rows(self) -> Sequence[int]:
        """Return the rows on all lines; later changes do not change the result."""
        return self._lines[:]

    def row_on_line(self, line: int) -> int:
        """Return the row on a line; 0 if there is no such line."""
        return self._lines[line] if 0 <= line < len(self._lines) else 0

    def rows_on_lines(self, first: int, last: int) -> Sequence[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        return self._lines[max(first, 0) : max(last, 0)]

    def line_of(self, row: int) -> int:
        """Return the line of a row; the nearest one if the row is not listed."""
        at = self._index(row)
        if at == len(self._lines) or self._lines[at] == row or not at:
            return max(0, min(at, len(self._lines) - 1))
        position_of = self._order.position_of
        position, before, after = map(position_of, (row, *self._lines[at - 1 : at + 1]))
        return at if after - position <= position - before else at - 1

    def position_of(self, row: int) -> int:
        """Return how many lines are before a row, which need not be listed."""
        return self._index(row)

    def is_listed(self, row: int) -> bool:
        """Return whether a row is on a line."""
        return row < len(self._marks) and bool(self._marks[row] & _LISTED)

    def is_context(self, row: int) -> bool:
        """Return whether a row is only listed because of those under it."""
        return row < len(self._marks) and self._marks[row] == _LISTED

    def has_children(self, row: int) -> bool:
        """Return whether the line after a row's line is under the row."""
        outline = self._order.causal_outline
        following = self._lines[(at := self._index(row)) + 1 : at + 2]
        return (
            outline is not None
            and bool(following)
            and following[0] < len(outline)
            and outline.parent(following[0]) == row
        )

    def add(self, first: int, results: bytes) -> Sequence[int]:
        """Set the results of consecutive rows; return those that match newly."""
        last = first + len(results)
        self._reach(last)
        self._results[first:last] = results
        marks = self._marks
        new: list[int] = []
        revoked = False
        may_change = map(or_, results, marks[first:last])
        for row in compress(range(first, last), may_change):
            matched = self._matches(row)
            if matched and not marks[row] & _MATCHES:
                marks[row] |= _MATCHES
                new.append(row)
            revoked = revoked or (bool(marks[row] & _MATCHES) and not matched)
        if revoked:
            self.collect()
        elif new:
            self.match_count += len(new)
            self.newest = max(self.newest, new[-1])
            self._list(new)
        return new

    def collect(self) -> None:
        """Collect all lines again: the order, or what is slow or moved, has changed."""
        self._reach(self._order.row_count)
        matching = [
            row
            for row in compress(range(len(self._results)), self._results)
            if self._matches(row)
        ]
        self._marks = bytearray(len(self._marks))
        for row in matching:
            self._marks[row] = _MATCHES
        self.match_count = len(matching)
        self.newest = matching[-1] if matching else -1
        del self._lines[:]
        if matching:
            self._list(matching)

    @contextmanager
    def moving(self, placements: Iterable[Placement]) -> Iterator[None]:
        """Return a context for a change of the outline by these placements."""
        outline = self._order.causal_outline
        known = 0 if outline is None else len(outline)
        moved = [
            each.row
            for each in placements
            if each.row < known and self.is_listed(each.row)
        ]
        for row in moved:
            del self._lines[self._index(row)]
            self._marks[row] &= ~_LISTED
        yield
        if moved:
            self._list(moved)

    def check(self) -> None:
        """Assert that the lines are those that a new object would have."""
        other = FilteredOrder(self._order)
        other.add(0, bytes(self._results))
        assert self._lines == other.all_rows()
        assert self.match_count == other.match_count
        assert self.newest == other.newest
        marks = zip(self._marks, other._marks, strict=False)
        assert all(mark == expected for mark, expected in marks)

    def _matches(self, row: int) -> bool:
        result = self._results[row]
        if result in (NEVER, ALWAYS):
            return result == ALWAYS
        outline, facts = self._order.outline, 0
        if outline is not None and row < len(outline):
            if (result ^ result >> 1) & 0b101:
                facts |= outline.times.is_slow(outline.times.duration(row))
            if (result ^ result >> 2) & 0b011:
                facts |= outline.is_moved(row) << 1
        return bool(result >> facts & 1)

    def _index(self, row: int) -> int:
        """Return the line of a row, or the one at which it would be inserted."""
        position_of = self._order.position_of
        return bisect_left(self._lines, position_of(row), key=position_of)

    def _reach(self, rows: int) -> None:
        self._marks.extend(bytes(max(0, rows - len(self._marks))))
        self._results.extend(bytes(max(0, rows - len(self._results))))

    def _list(self, rows: Sequence[int]) -> None:
        """List rows that match, with what they are under."""
        outline = self._order.causal_outline
        if outline is None:
            self._list_in_file_order(rows)
            return
        marks = self._marks
        self._reach(len(outline))
        new: list[int] = []
        for each in rows:
            row: int | None = each
            while row is not None and not marks[row] & _LISTED:
                marks[row] |= _LISTED
                new.append(row)
                row = outline.parent(row) if row < len(outline) else None
        if len(new) <= _MANY_ROWS:
            for row in new:
                self._lines.insert(self._index(row), row)
            return
        order = outline.order()
        order.extend(range(len(order), len(marks)))
        listed = marks.translate(_LISTED_FLAGS)
        self._lines = array("I", compress(order, map(listed.__getitem__, order)))

    def _list_in_file_order(self, rows: Sequence[int]) -> None:
        for row in rows:
            self._marks[row] |= _LISTED
        first, last = min(rows), max(rows) + 1
        listed = self._marks[first:last].translate(_LISTED_FLAGS)
        begin, end = bisect_left(self._lines, first), bisect_left(self._lines, last)
        self._lines[begin:end] = array("I", compress(range(first, last), listed))
