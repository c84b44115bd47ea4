"""A list of rows that can be changed and searched at any position."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

from whitetail.trace.order.shown_rows import BLOCK_ROWS, ShownRows


class BlockList(Sequence[int]):
    """The rows from 0 to n - 1 in any order; those that are shown are on lines.

    A position counts all rows, a line only those that are shown. Kept in blocks of
    some hundred rows: inserting or moving a row, the row at a position, and the
    position of a row cost one block and, after a change, a count of the blocks before
    it. Nine bytes per row.
    """

    def __init__(self, block_rows: int = BLOCK_ROWS) -> None:
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
        self._size = 0
        self.lines = ShownRows(self)
        """The rows that are not folded away; new ones are shown."""
        self._all_lines = [self.lines]

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

    def add_lines(self) -> ShownRows:
        """Return other lines of these rows, on which none is shown yet."""
        lines = ShownRows(self)
        lines.add_rows(self._size)
        self._all_lines.append(lines)
        return lines

    def remove_lines(self, lines: ShownRows) -> None:
        """Report changes to these lines no more."""
        self._all_lines.remove(lines)

    def line_of(self, row: int) -> int:
        """Return the line of a row; for a hidden row, that of the last line before."""
        return self.lines.lines_before(row) + (row in self.lines) - 1

    @property
    def block_count(self) -> int:
        """The number of blocks."""
        return len(self._blocks)

    def block(self, at: int) -> Sequence[int]:
        """Return the rows of a block in order."""
        return self._blocks[at]

    def block_of(self, row: int) -> int:
        """Return the index of the block that holds a row."""
        return self._block_index[self._block_of[row]]

    def append(self) -> None:
        """Add the next row, which is the length so far, at the end."""
        self.insert(self._size)

    def insert(self, position: int) -> None:
        """Add the next row at a position."""
        self._block_of.append(0)
        for lines in self._all_lines:
            lines.add_row(shown=lines is self.lines)
        self._put(position, self._size)

    def move(self, row: int, position: int) -> None:
        """Move a row to a position, counted without the row."""
        at = self.block_of(row)
        block = self._blocks[at]
        block.remove(row)
        for lines in self._all_lines:
            lines.row_removed(row, at)
        del self._starts[at + 1 :]
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
        for shown in self._all_lines:
            lines = [row for row in self if row in shown]
            assert shown.rows_on_lines(0, self._size) == lines
            assert [shown.lines_before(row) for row in lines] == [*range(shown.count)]

    def _put(self, position: int, row: int) -> None:
        if not self._blocks:
            self._insert_block(0, [])
        at_end = position == self._size
        at = len(self._blocks) - 1 if at_end else self._block_at(position)
        self._count_until_block(at)
        block = self._blocks[at]
        block.insert(position - self._starts[at], row)
        self._block_of[row] = self._block_ids[at]
        for lines in self._all_lines:
            lines.row_put(row, at)
        del self._starts[at + 1 :]
        self._size += 1
        if len(block) > self._block_rows:
            # Runs grow at the end: the full block stays full, the new one gets a row.
            cut = self._block_rows if at_end else self._block_rows // 2
            rest = block[cut:]
            del block[cut:]
            self._insert_block(at + 1, rest)

    def _insert_block(self, at: int, rows: Iterable[int]) -> None:
        """Insert a block of rows that were in the one before."""
        block_id = len(self._block_index)
        self._block_index.append(at)
        self._blocks.insert(at, array("I", rows))
        self._block_ids.insert(at, block_id)
        for row in self._blocks[at]:
            self._block_of[row] = block_id
        self._renumber_from(at)
        for lines in self._all_lines:
            lines.block_inserted(at)

    def _remove_block(self, at: int) -> None:
        del self._blocks[at], self._block_ids[at], self._starts[at:]
        self._renumber_from(at)
        for lines in self._all_lines:
            lines.block_removed(at)

    def _renumber_from(self, at: int) -> None:
        for index in range(at, len(self._block_ids)):
            self._block_index[self._block_ids[index]] = index

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
        starts = self._starts
        if not starts:
            starts.append(0)
        for before in range(len(starts) - 1, at):
            starts.append(starts[before] + len(self._blocks[before]))

    def _count_until_position(self, position: int) -> None:
        starts = self._starts
        self._count_until_block(max(len(starts) - 1, 0))
        while len(starts) < len(self._blocks) and starts[-1] <= position:
            self._count_until_block(len(starts))
