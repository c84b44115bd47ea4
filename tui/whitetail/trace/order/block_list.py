"""A list of rows that can be changed and searched at any position, with hidden rows."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

_BLOCK_ROWS = 256
"""Small enough that a block is searched fast, and big enough that blocks are few."""


class BlockList(Sequence[int]):
    """The rows from 0 to n - 1 in any order; rows that are not hidden are lines.

    A position counts all rows, a line only those that are shown. Kept in blocks of
    some hundred rows: inserting or moving a row, the row at a position, and the
    position of a row cost one block and, after a change, a count of the blocks behind
    it. Nine bytes per row.
    """

    def __init__(self, block_rows: int = _BLOCK_ROWS) -> None:
        self._block_rows = block_rows
        self._blocks: list[array[int]] = []
        """The rows, in blocks that are never empty."""
        self._block_ids: list[int] = []
        """The id of each block, which it keeps when others are inserted before it."""
        self._block_index: list[int] = []
        """The index of the block with an id."""
        self._block_of = array("I")
        """The id of the block that holds a row."""
        self._starts: list[int] = []
        """The position of each block's first row; only for the first blocks."""
        self._start_lines: list[int] = []
        """The number of lines before each block; as many as `_starts`."""
        self._line_counts: list[int] = []
        """The number of lines of each block."""
        self._hidden = bytearray()
        self._size = 0
        self._hidden_count = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[int]:
        for block in self._blocks:
            yield from block

    @overload
    def __getitem__(self, position: int) -> int: ...
    @overload
    def __getitem__(self, position: slice) -> list[int]: ...
    def __getitem__(self, position: int | slice) -> int | list[int]:
        if isinstance(position, slice):
            return [self[each] for each in range(*position.indices(self._size))]
        if position < 0:
            position += self._size
        if not 0 <= position < self._size:
            raise IndexError(f"no position {position} of {self._size}")
        at = self._block_at(position)
        return self._blocks[at][position - self._starts[at]]

    def __contains__(self, row: object) -> bool:
        return isinstance(row, int) and 0 <= row < self._size

    def index(self, row: int, start: int = 0, stop: int | None = None) -> int:
        """Return the position of a row.

        Raises:
            ValueError: There is no such row, or not between `start` and `stop`.

        """
        if not 0 <= row < self._size:
            raise ValueError(f"no row {row} of {self._size}")
        at = self._block_index[self._block_of[row]]
        if at >= len(self._starts):
            self._count_until_block(at)
        position = self._starts[at] + self._blocks[at].index(row)
        if position < start or (stop is not None and position >= stop):
            raise ValueError(f"row {row} is elsewhere")
        return position

    def bisect(self, key: Callable[[int], int], value: int, low: int, high: int) -> int:
        """Return the first position in a range whose row has no smaller key.

        `key` must not fall from one row of the range to the next. `high` if there is no
        such position.
        """
        if low >= high:
            return high
        at, last = self._block_at(low), self._block_at(high - 1)
        while at < last:
            middle = (at + last + 1) // 2
            if key(self._blocks[middle][0]) < value:
                at = middle
            else:
                last = middle - 1
        start, block = self._starts[at], self._blocks[at]
        end = min(high - start, len(block))
        return start + bisect_left(block, value, max(low - start, 0), end, key=key)

    def copied(self) -> array[int]:
        """Return all rows in order; later changes do not change the result."""
        rows = array("I")
        for block in self._blocks:
            rows.extend(block)
        return rows

    @property
    def line_count(self) -> int:
        """The number of rows that are shown."""
        return self._size - self._hidden_count

    def line_of(self, row: int) -> int:
        """Return the line of a row; for a hidden row, that of the last line before."""
        at = self._block_index[self._block_of[row]]
        self._count_until_block(at)
        block = self._blocks[at]
        until = block[: block.index(row) + 1]
        shown = sum(not self._hidden[each] for each in until)
        return self._start_lines[at] + shown - 1

    def rows_on_lines(self, first: int, last: int) -> list[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        last = min(last, self.line_count)
        if first >= last:
            return []
        self._count_until_block(len(self._blocks) - 1)
        at = bisect_right(self._start_lines, first) - 1
        # Blocks without a line start on the same line as the next block.
        skip, rows = first - self._start_lines[at], list[int]()
        while len(rows) < last - first + skip:
            rows += [row for row in self._blocks[at] if not self._hidden[row]]
            at += 1
        return rows[skip : last - first + skip]

    def is_hidden(self, row: int) -> bool:
        """Return whether a row is not on a line."""
        return bool(self._hidden[row])

    def set_hidden(self, row: int, hidden: bool) -> None:
        """Hide a row, or show it."""
        if self._hidden[row] != hidden:
            at = self._block_index[self._block_of[row]]
            self._hidden[row] = hidden
            self._hidden_count += 1 if hidden else -1
            self._line_counts[at] += -1 if hidden else 1
            self._forget_counts_after(at)

    def append(self) -> None:
        """Add the next row, which is the length so far, at the end."""
        self.insert(self._size)

    def insert(self, position: int) -> None:
        """Add the next row at a position, shown."""
        self._block_of.append(0)
        self._hidden.append(False)
        self._put(position, self._size)

    def move(self, row: int, position: int) -> None:
        """Move a row to a position, counted without the row."""
        at = self._block_index[self._block_of[row]]
        block = self._blocks[at]
        block.remove(row)
        self._line_counts[at] -= not self._hidden[row]
        self._forget_counts_after(at)
        self._size -= 1
        if not block:
            self._remove_block(at)
        self._put(position, row)

    def check(self) -> None:
        """Assert that every row has one position, and is found there."""
        assert sorted(self) == list(range(self._size))
        assert [self.index(row) for row in self] == list(range(self._size))
        assert all(self._blocks)
        indexes = [self._block_index[block_id] for block_id in self._block_ids]
        assert indexes == list(range(len(self._block_ids)))
        lines = [row for row in self if not self._hidden[row]]
        assert self.rows_on_lines(0, self._size) == lines
        assert [self.line_of(row) for row in lines] == list(range(self.line_count))

    def _put(self, position: int, row: int) -> None:
        if not self._blocks:
            self._insert_block(0, [])
        at_end = position == self._size
        at = len(self._blocks) - 1 if at_end else self._block_at(position)
        self._count_until_block(at)
        block = self._blocks[at]
        block.insert(position - self._starts[at], row)
        self._block_of[row] = self._block_ids[at]
        self._line_counts[at] += not self._hidden[row]
        self._forget_counts_after(at)
        self._size += 1
        if len(block) > self._block_rows:
            # Runs grow at the end: the full block stays full, the new one gets a row.
            cut = self._block_rows if at_end else self._block_rows // 2
            rest = block[cut:]
            del block[cut:]
            self._line_counts[at] = self._count_lines(block)
            self._insert_block(at + 1, rest)

    def _insert_block(self, at: int, rows: Iterable[int]) -> None:
        block_id = len(self._block_index)
        self._block_index.append(at)
        self._blocks.insert(at, array("I", rows))
        self._block_ids.insert(at, block_id)
        self._line_counts.insert(at, self._count_lines(self._blocks[at]))
        for row in self._blocks[at]:
            self._block_of[row] = block_id
        self._renumber_from(at)

    def _remove_block(self, at: int) -> None:
        del self._blocks[at], self._block_ids[at], self._line_counts[at]
        del self._starts[at:], self._start_lines[at:]
        self._renumber_from(at)

    def _count_lines(self, block: Iterable[int]) -> int:
        return sum(not self._hidden[row] for row in block)

    def _renumber_from(self, at: int) -> None:
        for index in range(at, len(self._block_ids)):
            self._block_index[self._block_ids[index]] = index

    def _forget_counts_after(self, at: int) -> None:
        del self._starts[at + 1 :], self._start_lines[at + 1 :]

    def _block_at(self, position: int) -> int:
        """Return the index of the block that holds a position."""
        starts = self._starts
        last = len(starts) - 1
        if last < 0 or position >= starts[last] + len(self._blocks[last]):
            self._count_until_position(position)
        elif position >= starts[last]:
            return last
        return bisect_right(starts, position) - 1

    def _count_until_block(self, at: int) -> None:
        """Make sure that the counts reach to a block."""
        starts, start_lines = self._starts, self._start_lines
        if not starts:
            starts.append(0)
            start_lines.append(0)
        while len(starts) <= at:
            before = len(starts) - 1
            starts.append(starts[before] + len(self._blocks[before]))
            start_lines.append(start_lines[before] + self._line_counts[before])

    def _count_until_position(self, position: int) -> None:
        starts = self._starts
        self._count_until_block(max(len(starts) - 1, 0))
        while len(starts) < len(self._blocks) and starts[-1] <= position:
            self._count_until_block(len(starts))
