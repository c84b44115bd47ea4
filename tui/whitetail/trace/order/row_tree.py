"""A tree of rows whose depth-first order is kept while it grows."""

from __future__ import annotations

from array import array

from whitetail.trace.order.block_list import BlockList
from whitetail.trace.order.sort_keys import CALL_BITS, call_bits, keys_of_call

_MOVED, _BEFORE_EARLIER = 1, 2
"""Flags: the row got its parent later; it was put before an earlier row."""


class RowTree:
    """Rows with parents; siblings are sorted by their sort keys.

    Top-level rows are in file order. Adding or moving a row costs O(log n) steps, each
    of a few levels, and a change of `BlockList`. 37 bytes per row.
    """

    def __init__(self) -> None:
        self.order = BlockList()
        """All rows, each right before its descendants."""
        self._parent = array("i")
        self._size = array("I")
        """The number of descendants of a row, plus 1 for itself."""
        self._sort_key = array("Q")
        self._max_key = array("Q")
        """The greatest sort key that a child had that was not moved then."""
        self._flags = array("B")

    def __len__(self) -> int:
        return len(self._parent)

    def parent(self, row: int) -> int:
        """Return the parent of a row; -1 for a top-level row."""
        return self._parent[row]

    def descendant_count(self, row: int) -> int:
        """Return the number of descendants of a row, at any depth."""
        return self._size[row] - 1

    def sort_key(self, row: int) -> int:
        """Return the sort key of a row; 0 if it was always at the top level."""
        return self._sort_key[row]

    def sibling_before(self, row: int) -> int:
        """Return the child of a row's parent before the row; -1 for the first one."""
        parent = self._parent[row]
        before = self.order[self.order.index(row) - 1]
        return -1 if before == parent else self._child_above(before, parent)

    def call_key(self, row: int) -> int:
        """Return the key of the call to which a row belongs; 0 for none.

        It is made of the row of the reply and the number of its call.
        """
        parent = self._parent[row]
        bits = call_bits(self._sort_key[row]) if parent >= 0 else 0
        return parent << CALL_BITS | bits if bits else 0

    def positions_of_call(self, key: int) -> range:
        """Return the positions of a call's rows, without its result, and below them."""
        parent, bits = key >> CALL_BITS, key & ((1 << CALL_BITS) - 1)
        first_key, end_key = keys_of_call(bits)
        first = self._position_under(parent, first_key)
        return range(first, self._position_under(parent, end_key))

    def rows_of_call(self, key: int) -> list[int]:
        """Return a call's rows, without its result, and those below them, in order."""
        positions = self.positions_of_call(key)
        return self.order[positions.start : positions.stop]

    def depth(self, row: int) -> int:
        """Return the number of ancestors of a row."""
        depth = 0
        while (row := self._parent[row]) >= 0:
            depth += 1
        return depth

    def add(self, parent: int = -1, sort_key: int = 0) -> int:
        """Add the next row under a parent, or at the top level; return its position."""
        row = len(self._parent)
        self._parent.append(-1)
        self._size.append(1)
        self._sort_key.append(sort_key)
        self._max_key.append(0)
        self._flags.append(0)
        position = row
        if parent >= 0:
            position = self._position_under(parent, sort_key)
            self._attach(row, parent)
        self.order.insert(position)
        return position

    def move(self, row: int, parent: int, sort_key: int) -> tuple[int, int]:
        """Move a row without descendants under a parent; return both positions."""
        old, new = self.order.index(row), self._position_under(parent, sort_key)
        above = row
        while (above := self._parent[above]) >= 0:
            self._size[above] -= 1
        self._flags[row] |= _MOVED
        self._sort_key[row] = sort_key
        self._attach(row, parent)
        new -= old < new
        self.order.move(row, new)
        return old, new

    def is_moved(self, row: int) -> bool:
        """Return whether causal order put a row elsewhere than file order.

        That is so if it got its parent later, or if it is before earlier rows. Rows
        that were only passed by others have not moved.
        """
        if self._parent[row] < 0:
            return False
        if self._flags[row] & _MOVED or self._is_before_earlier(row):
            return True
        top = row
        while self._parent[top] >= 0:
            top = self._parent[top]
        after = self.order.index(top) + self._size[top]
        return after < len(self.order) and self.order[after] < row

    def later_rows_before(self, row: int) -> list[int]:
        """Return the rows that are right before a top-level row, but were added later.

        They are moved, perhaps because of that row alone.
        """
        position = self.order.index(row)
        if not position:
            return []
        top = self._child_above(self.order[position - 1], -1)
        above = self.order[self.order.index(top) + 1 : position]
        return [each for each in above if each > row]

    def check(self) -> None:
        """Assert that every row is in order once, under its parent and sorted."""
        self.order.check()
        assert len(self.order) == len(self)
        for position, row in enumerate(self.order):
            inner = self.order[position + 1 : position + self._size[row]]
            children = [each for each in inner if self._parent[each] == row]
            assert children == sorted(children, key=lambda each: self._sort_key[each])
            assert sum(self._size[each] for each in children) == self._size[row] - 1
        top = [row for row in self.order if self._parent[row] < 0]
        assert top == sorted(top)

    def _attach(self, row: int, parent: int) -> None:
        """Set the parent of a row, and count the row in all rows above it."""
        self._parent[row] = parent
        child = row
        while (above := self._parent[child]) >= 0:
            if not self._flags[row] & _MOVED:
                if self._sort_key[child] < self._max_key[above]:
                    self._flags[row] |= _BEFORE_EARLIER
                self._max_key[above] = max(self._max_key[above], self._sort_key[child])
            self._size[above] += 1
            child = above

    def _is_before_earlier(self, row: int) -> bool:
        """Return whether a row is before an earlier one of its branch, not moved."""
        if not self._flags[row] & _BEFORE_EARLIER:
            return False
        child = row
        while (above := self._parent[child]) >= 0:
            first = self.order.index(child) + self._size[child]
            end = self.order.index(above) + self._size[above]
            if self._has_earlier(row, first, end):
                return True
            child = above
        # Those that were there have moved since, and all others are later.
        self._flags[row] &= ~_BEFORE_EARLIER
        return False

    def _has_earlier(self, row: int, first: int, end: int) -> bool:
        """Return whether a row earlier than `row` is in a range, and has not moved."""
        while first < end:
            each = self.order[first]
            if each < row and not self._flags[each] & _MOVED:
                return True
            # What is below a later row is later, too, or has moved.
            first += self._size[each] if each > row else 1
        return False

    def _position_under(self, parent: int, sort_key: int) -> int:
        """Return the position for a new child, by binary search."""
        parents, sort_keys = self._parent, self._sort_key

        def key(row: int) -> int:
            while parents[row] != parent:
                row = parents[row]
            return sort_keys[row]

        low = self.order.index(parent) + 1
        high = low + self._size[parent] - 1
        if low < high and key(self.order[high - 1]) < sort_key:
            return high
        return self.order.bisect(key, sort_key, low, high)

    def _child_above(self, row: int, parent: int) -> int:
        """Return the child of `parent` that is a row's ancestor, or the row itself."""
        while self._parent[row] != parent:
            row = self._parent[row]
        return row
