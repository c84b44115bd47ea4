"""The rows that a filter leaves, as lines in the order that is shown."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import compress
from operator import or_
from time import monotonic

from whitetail.run.row_filter import ALWAYS, NEVER
from whitetail.trace.order.outline import Outline
from whitetail.trace.order.placement import Placement
from whitetail.trace.order.row_order import RowOrder

_MATCHES, _LISTED = 1, 2
_LISTED_FLAGS = bytes(bool(mark & _LISTED) for mark in range(256))
_MATCHES_ONLY = bytes(mark & _MATCHES for mark in range(256))
_MANY_ROWS = 200
"""So many new lines cost less if all lines are collected again."""
_STEP_ROWS = 500
"""How many rows are matched again before the clock is looked at."""


class FilteredOrder:
    """The rows that match, and in causal order those that they are under.

    A row of a subagent is also under the first row of the subagent.

    Two bytes per row and four per line. Folds are ignored: what matches is shown.

    Whether a row is slow or moved can change while the run grows, but not for many
    rows at once: a slow one is not slow any more once the run has become long enough,
    and a row is moved, or not any more, when a top-level row is put under its parent.
    """

    def __init__(self, order: RowOrder) -> None:
        self._order = order
        self._results = bytearray()
        """Of each row the bits of its `RowFilter`; 0 before it was matched."""
        self._marks = bytearray()
        self._lines = array("I")
        self._slow: list[tuple[float, int]] = []
        """A heap of the rows that match, or do not, because they are slow: durations.

        A row can be in it again.
        """
        self._moved_matters = False
        """Whether there is a row that matches, or does not, because it is moved."""
        self._again = range(0)
        """Rows to match again, once the outline has them."""
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
            and outline.outer(following[0]) == row
        )

    def add(self, first: int, results: bytes) -> Sequence[int]:
        """Set the results of consecutive rows; return those that match newly."""
        last = first + len(results)
        self._reach(last)
        self._results[first:last] = results
        outline = self._order.outline
        known = last if outline is None else min(last, len(outline))
        if known < last:
            start = min(self._again.start, known) if self._again else known
            self._again = range(start, max(self._again.stop, last))
        may_change = map(or_, results, self._marks[first:known])
        return self._change(self._changing(compress(range(first, known), may_change)))

    def match_all_again(self) -> None:
        """Have `settle` match all rows again: there is an outline now."""
        self._slow.clear()
        self._again = range(len(self._results))

    def settle(self, seconds: float) -> bool:
        """Match rows again of which it may have changed that they are slow or moved.

        Stops after a time; returns whether some are left.
        """
        outline, end = self._order.outline, monotonic() + seconds
        if outline is None:
            return False
        changes = self._changing(self._no_longer_slow(outline))
        again, known = self._again, min(self._again.stop, len(outline))
        while again.start < known and monotonic() < end:
            step = range(again.start, min(again.start + _STEP_ROWS, known))
            results = self._results[step.start : step.stop]
            changes += self._changing(compress(step, results))
            again = range(step.stop, again.stop)
        self._change(changes)
        self._again = again
        return again.start < known or self._may_settle_slow(outline)

    def relist(self) -> None:
        """Collect all lines again: the order has changed."""
        marks = self._marks = self._marks.translate(_MATCHES_ONLY)
        del self._lines[:]
        if self.match_count:
            self._list(list(compress(range(len(marks)), marks)))

    @contextmanager
    def moving(self, placements: Iterable[Placement]) -> Iterator[None]:
        """Return a context for a change of the outline by these placements."""
        outline = self._order.outline
        known = 0 if outline is None else len(outline)
        self._reach(known)
        placements = list(placements)
        moved = [each.row for each in placements if each.row < known]
        passed = list[int]()
        if outline is not None and self._moved_matters:
            for row in moved:
                passed += outline.later_rows_before(row)
        relisted = []
        if self._order.causal:
            relisted = [row for row in moved if self.is_listed(row)]
        for row in relisted:
            del self._lines[self._index(row)]
            self._marks[row] &= ~_LISTED
        yield
        if relisted:
            self._list(relisted)
        self._change(self._changing([*moved, *passed]))
        nested = self._order.causal_outline
        if nested is not None:
            self._reach(len(nested))
            for each in placements:
                if each.subagent is not None:
                    self._update_subagent(nested, each.row)

    def check(self) -> None:
        """Assert that the lines are those that a new object would have."""
        assert not self.settle(0)
        other = FilteredOrder(self._order)
        other.add(0, bytes(self._results))
        assert self._lines == other.all_rows()
        assert self.match_count == other.match_count
        assert self.newest == other.newest
        marks = zip(self._marks, other._marks, strict=False)
        assert all(mark == expected for mark, expected in marks)

    def _changing(self, rows: Iterable[int]) -> list[int]:
        """Return those of some rows that match and did not, or the reverse."""
        marks = self._marks
        return [
            row for row in rows if self._matches(row) != bool(marks[row] & _MATCHES)
        ]

    def _change(self, changes: Iterable[int]) -> list[int]:
        """Have rows match that do not, and the reverse; return those that match now."""
        marks = self._marks
        new: list[int] = []
        revoked: list[int] = []
        for row in set(changes):
            marks[row] ^= _MATCHES
            (new if marks[row] & _MATCHES else revoked).append(row)
        self.match_count += len(new) - len(revoked)
        if new:
            self.newest = max(self.newest, max(new))
            self._list(new)
        if self.newest in revoked:
            self.newest = marks.rfind(_MATCHES | _LISTED)
        if len(revoked) > _MANY_ROWS:
            self.relist()
            return new
        for row in revoked:
            self._unlist(row)
        return new

    def _may_settle_slow(self, outline: Outline) -> bool:
        return bool(self._slow) and not outline.times.is_slow(self._slow[0][0])

    def _no_longer_slow(self, outline: Outline) -> list[int]:
        """Return some rows that were slow in the shorter run."""
        rows: list[int] = []
        while len(rows) < _MANY_ROWS and self._may_settle_slow(outline):
            rows.append(heappop(self._slow)[1])
        return rows

    def _matches(self, row: int) -> bool:
        result = self._results[row]
        if result in (NEVER, ALWAYS):
            return result == ALWAYS
        outline, facts = self._order.outline, 0
        if outline is not None and row < len(outline):
            seconds = outline.times.duration(row)
            if (result ^ result >> 1) & 0b101 and outline.times.is_slow(seconds):
                facts |= 1
                heappush(self._slow, (seconds, row))
            if (result ^ result >> 2) & 0b011:
                self._moved_matters = True
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
                row = outline.outer(row) if row < len(outline) else None
        if len(new) <= _MANY_ROWS:
            for row in new:
                self._lines.insert(self._index(row), row)
            return
        order = outline.order()
        order.extend(range(len(order), len(marks)))
        listed = marks.translate(_LISTED_FLAGS)
        self._lines = array("I", compress(order, map(listed.__getitem__, order)))

    def _unlist(self, row: int | None) -> None:
        """Remove the line of a row that no longer matches, and of what it is under.

        Lines stay that match, or have others under them.
        """
        outline, marks = self._order.causal_outline, self._marks
        while row is not None and marks[row] == _LISTED and not self.has_children(row):
            del self._lines[self._index(row)]
            marks[row] = 0
            known = outline is not None and row < len(outline)
            row = outline.outer(row) if known and outline is not None else None

    def _update_subagent(self, outline: Outline, row: int) -> None:
        """List the first row of a row's subagent above its lines: it can be another."""
        is_first = outline.subagent(row) is not None
        first = row if is_first else outline.outer(row)
        if first is None:
            return
        at = self._index(first)
        for line in self._lines[at : at + 1]:
            if line != first and outline.outer(line) == first:
                self._list([first])
                self._unlist(line)

    def _list_in_file_order(self, rows: Sequence[int]) -> None:
        for row in rows:
            self._marks[row] |= _LISTED
        first, last = min(rows), max(rows) + 1
        listed = self._marks[first:last].translate(_LISTED_FLAGS)
        begin, end = bisect_left(self._lines, first), bisect_left(self._lines, last)
        self._lines[begin:end] = array("I", compress(range(first, last), listed))
