"""The rows that a filter leaves, as lines in the order that is shown."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from heapq import heappop, heappush
from itertools import compress
from operator import or_
from time import monotonic

from whitetail.run.nested_lines import NestedLines
from whitetail.run.row_filter import ALWAYS, NEVER
from whitetail.trace.order.outline import Outline
from whitetail.trace.order.placement import Placement
from whitetail.trace.order.row_order import RowOrder
from whitetail.trace.order.shown_rows import FileBlocks, ShownRows

_STEP_ROWS = 500
"""How many rows are matched again, or listed, before the clock is looked at."""
_SLOW_ROWS = 200
"""How many rows that are not slow any more are looked at before the clock is."""


class FilteredOrder:
    """The rows that match, and in causal order those that they are under.

    Three bytes per row. Folds are ignored: what matches is shown. Both orders are kept,
    so that to change between them costs nothing.

    Whether a row is slow or moved can change while the run grows, but not for many
    rows at once: a slow one is not slow any more once the run has become long enough,
    and a row is moved, or not any more, when a top-level row is put under its parent.
    """

    def __init__(self, order: RowOrder) -> None:
        self._order = order
        self._results = bytearray()
        """Of each row the bits of its `RowFilter`; 0 before it was matched."""
        self._blocks = FileBlocks()
        self._matching = ShownRows(self._blocks)
        """The rows that match, in file order."""
        self._nested: NestedLines | None = None
        """These and what they are under, in causal order; None without an outline."""
        self._unlisted = range(0)
        """Rows whose matches are not in causal order yet."""
        self._slow: list[tuple[float, int]] = []
        """A heap of the rows that match, or do not, because they are slow: durations.

        A row can be in it again.
        """
        self._moved_matters = False
        """Whether there is a row that matches, or does not, because it is moved."""
        self._again = range(0)
        """Rows to match again, once the outline has them."""
        self.newest = -1
        """The row that matches and was written last; -1 if none matches."""
        self.outline_added()

    def close(self) -> None:
        """Follow no more how the outline changes."""
        if self._nested is not None:
            self._nested.close()
            self._nested = None

    @property
    def match_count(self) -> int:
        """How many rows match, so far."""
        return self._matching.count

    @property
    def line_count(self) -> int:
        """The number of lines."""
        return self._lines.count

    def all_rows(self) -> Callable[[], Sequence[int]]:
        """Return a function that returns the rows on all lines, as they are now.

        It may be called in another thread.
        """
        lines, outline = self._lines, self._order.outline
        rows: Sequence[int] = range(len(lines.flags))
        if outline is not None and lines is not self._matching:
            rows = outline.order()
        flags = bytes(lines.flags)
        return lambda: array("I", compress(rows, map(flags.__getitem__, rows)))

    def row_on_line(self, line: int) -> int:
        """Return the row on a line; 0 if there is no such line."""
        return next(iter(self.rows_on_lines(line, line + 1)), 0)

    def rows_on_lines(self, first: int, last: int) -> Sequence[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        return self._lines.rows_on_lines(first, last)

    def line_of(self, row: int) -> int:
        """Return the line of a row; the nearest one if the row is not listed."""
        lines = self._lines
        at = lines.lines_before(row)
        if row in lines or not 0 < at < lines.count:
            return max(0, min(at, lines.count - 1))
        near = row, *lines.rows_on_lines(at - 1, at + 1)
        in_file_order = lines is self._matching
        position, before, after = (
            near if in_file_order else map(self._order.position_of, near)
        )
        return at if after - position <= position - before else at - 1

    def position_of(self, row: int) -> int:
        """Return how many lines are before a row, which need not be listed."""
        return self._lines.lines_before(row)

    def is_listed(self, row: int) -> bool:
        """Return whether a row is on a line."""
        return row in self._lines

    def is_context(self, row: int) -> bool:
        """Return whether a row is only listed because of those under it."""
        return row in self._lines and row not in self._matching

    def has_children(self, row: int) -> bool:
        """Return whether the line after a row's line is under the row."""
        nested = self._nested
        return (
            nested is not None and self._lines is nested.lines and nested.has_under(row)
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
        may_change = map(or_, results, self._matching.flags[first:known])
        return self._change(self._changing(compress(range(first, known), may_change)))

    def match_all_again(self) -> None:
        """Have `settle` match all rows again: there is an outline now."""
        self._slow.clear()
        self._again = range(len(self._results))

    def outline_added(self) -> None:
        """Have `settle` list the matches in causal order: there is an outline now.

        Until that is done, they are listed in file order.
        """
        if self._order.outline is not None:
            self._nested = NestedLines(self._order.outline, self._matching)
            self._unlisted = range(len(self._results))

    def settle(self, seconds: float) -> bool:
        """List rows in causal order, and match those again that became slow or moved.

        Stops after a time; returns whether some are left.
        """
        outline, end = self._order.outline, monotonic() + seconds
        if outline is None or self._nested is None:
            return False
        self._change(self._changing(self._no_longer_slow(outline)))
        while self._unlisted and monotonic() < end:
            step = self._unlisted[:_STEP_ROWS]
            self._unlisted = self._unlisted[_STEP_ROWS:]
            flags = self._matching.flags[step.start : step.stop]
            self._nested.add(compress(step, flags))
        while (step := self._known_again(outline)) and monotonic() < end:
            self._again = range(step.stop, self._again.stop)
            results = self._results[step.start : step.stop]
            self._change(self._changing(compress(step, results)))
        left = self._unlisted or self._known_again(outline)
        return bool(left) or self._may_settle_slow(outline)

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
        nested = self._nested
        with nullcontext() if nested is None else nested.moving(moved):
            yield
        self._change(self._changing([*moved, *passed]))
        if outline is not None and nested is not None:
            self._reach(len(outline))
            for each in placements:
                if each.subagent is not None:
                    nested.update_subagent(each.row)

    def check(self) -> None:
        """Assert that the lines are those that a new object would have."""
        assert not self.settle(0)
        other = FilteredOrder(self._order)
        other.add(0, bytes(self._results))
        assert self.newest == other.newest
        assert self._matching.flags == other._matching.flags
        if self._nested is not None and other._nested is not None:
            assert self._nested.lines.flags == other._nested.lines.flags
        other.close()

    @property
    def _lines(self) -> ShownRows:
        """The lines in the order that is shown."""
        if self._nested is None or self._unlisted or not self._order.causal:
            return self._matching
        return self._nested.lines

    def _changing(self, rows: Iterable[int]) -> list[int]:
        """Return those of some rows that match and did not, or the reverse."""
        matching = self._matching
        return [row for row in rows if self._matches(row) != (row in matching)]

    def _change(self, changes: Iterable[int]) -> list[int]:
        """Have rows match that do not, and the reverse; return those that match now."""
        matching = self._matching
        new: list[int] = []
        revoked: list[int] = []
        for row in set(changes):
            matches = row not in matching
            matching.set(row, matches)
            (new if matches else revoked).append(row)
        if self._nested is not None:
            self._nested.add(new)
            for row in revoked:
                self._nested.remove(row)
        self.newest = matching.flags.rfind(1)
        return new

    def _may_settle_slow(self, outline: Outline) -> bool:
        return bool(self._slow) and not outline.times.is_slow(self._slow[0][0])

    def _no_longer_slow(self, outline: Outline) -> list[int]:
        """Return some rows that were slow in the shorter run."""
        rows: list[int] = []
        while len(rows) < _SLOW_ROWS and self._may_settle_slow(outline):
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

    def _known_again(self, outline: Outline) -> range:
        """Return the next rows to match again, as far as the outline has them."""
        known = range(self._again.start, min(self._again.stop, len(outline)))
        return known[:_STEP_ROWS]

    def _reach(self, rows: int) -> None:
        if (new := rows - len(self._results)) > 0:
            self._results += bytes(new)
            self._blocks.row_count = rows
            self._matching.add_rows(new)
