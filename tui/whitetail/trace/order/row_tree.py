"""Rows that stand under rows, in an order that grows."""

from __future__ import annotations

from array import array

from whitetail.trace.order.block_list import BlockList

_DEEPEST = 32
_LATE, _AHEAD = 1, 2


class RowTree:
    """Rows, numbered from 0, of which some stand under others, sorted by rank.

    Those at the top stand by their numbers. A row costs O(log n) steps, each a
    few levels deep, and a change of `BlockList`; 37 bytes are kept of it.
    """

    def __init__(self) -> None:
        self.order = BlockList()
        """All rows, each right before those under it."""
        self._parent = array("i")
        self._size = array("I")
        """How many rows stand under a row, itself included."""
        self._rank = array("Q")
        self._top = array("Q")
        """The last rank under a row, but for rows that were there before it."""
        self._flags = array("B")

    def __len__(self) -> int:
        return len(self._parent)

    def parent(self, row: int) -> int:
        """Return the row above a row, or -1."""
        return self._parent[row]

    def descendant_count(self, row: int) -> int:
        """Return how many rows stand under a row, at any depth."""
        return self._size[row] - 1

    def depth(self, row: int) -> int:
        """Return how many rows stand above a row, 32 at the most."""
        depth = 0
        while (row := self._parent[row]) >= 0:
            depth += 1
        return depth

    def takes(self, row: int) -> bool:
        """Tell whether rows may stand under a row: not where it is too deep."""
        return self.depth(row) < _DEEPEST

    def add(self, parent: int = -1, rank: int = 0) -> None:
        """Put the next row under another, or at the top."""
        row = len(self._parent)
        self._parent.append(-1)
        self._size.append(1)
        self._rank.append(rank)
        self._top.append(0)
        self._flags.append(0)
        if parent < 0:
            self.order.append()
        else:
            self.order.insert(self._enter(row, parent))

    def adopt(self, row: int, parent: int, rank: int) -> None:
        """Put a row of the top that nothing stands under below a later one."""
        self._flags[row] |= _LATE
        self._rank[row] = rank
        place = self._enter(row, parent)
        self.order.move(row, place - (self.order.index(row) < place))

    def is_moved(self, row: int) -> bool:
        """Tell whether a row is out of the order of numbers, and by its own doing.

        That is so if it stands under a later one, or before earlier ones; those
        that were passed by have not moved.
        """
        if self._parent[row] < 0 or self._flags[row]:
            return self._parent[row] >= 0
        top = row
        while self._parent[top] >= 0:
            top = self._parent[top]
        after = self.order.index(top) + self._size[top]
        return after < len(self.order) and self.order[after] < row

    def check(self) -> None:
        """Assert that every row stands once, below its parent and among its kin."""
        self.order.check()
        assert len(self.order) == len(self)
        for place, row in enumerate(self.order):
            inner = self.order[place + 1 : place + self._size[row]]
            kin = [each for each in inner if self._parent[each] == row]
            assert kin == sorted(kin, key=lambda each: self._rank[each])
            assert sum(self._size[each] for each in kin) == self.descendant_count(row)
        top = [row for row in self.order if self._parent[row] < 0]
        assert top == sorted(top)

    def _enter(self, row: int, parent: int) -> int:
        """Count a row in above it, and return the place that it is to have."""
        self._parent[row] = parent
        place = self._place(parent, self._rank[row])
        top = row
        while (above := self._parent[top]) >= 0:
            if not self._flags[row] & _LATE:
                if self._rank[top] < self._top[above]:
                    self._flags[row] |= _AHEAD
                self._top[above] = max(self._top[above], self._rank[top])
            self._size[above] += 1
            top = above
        return place

    def _place(self, parent: int, rank: int) -> int:
        low = self.order.index(parent) + 1
        high = low + self._size[parent] - 1
        if low < high and self._rank[self._kin(self.order[high - 1], parent)] < rank:
            return high
        while low < high:
            middle = (low + high) // 2
            if self._rank[self._kin(self.order[middle], parent)] < rank:
                low = middle + 1
            else:
                high = middle
        return low

    def _kin(self, row: int, parent: int) -> int:
        """Return which row directly under a parent a row stands under, or is."""
        while self._parent[row] != parent:
            row = self._parent[row]
        return row
