"""Which rows of a list are on lines, and on which, while the list changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

BLOCK_ROWS = 256
"""Small enough that a block is searched fast, and big enough that blocks are few."""


class Blocks(Protocol):
    """The rows from 0 to n - 1 in an order, in blocks that are never empty."""

    @property
    def block_count(self) -> int:
        """The number of blocks."""
        ...

    def block(self, at: int) -> Sequence[int]:
        """Return the rows of a block in order."""
        ...

    def block_of(self, row: int) -> int:
        """Return the index of the block that holds a row."""
        ...


class FileBlocks:
    """The blocks of rows that are in file order."""

    def __init__(self) -> None:
        self.row_count = 0
        """How many rows there are."""

    @property
    def block_count(self) -> int:
        """The number of blocks."""
        return -(-self.row_count // BLOCK_ROWS)

    def block(self, at: int) -> Sequence[int]:
        """Return the rows of a block in order."""
        first = at * BLOCK_ROWS
        return range(first, min(first + BLOCK_ROWS, self.row_count))

    def block_of(self, row: int) -> int:
        """Return the index of the block that holds a row."""
        return row // BLOCK_ROWS


class ShownRows:
    """Decides which rows of some blocks are shown, each on a line of its own.

    To show or hide a row costs the same however many there are. What looks for a line
    costs a block and, after a change, a count of the blocks before it. A row costs a
    byte. The owner of the blocks reports each change of them.
    """

    def __init__(self, blocks: Blocks) -> None:
        """Show no row."""
        self.flags = bytearray()
        """1 for each row that is shown, 0 for the others."""
        self.count = 0
        """How many rows are shown."""
        self._blocks = blocks
        self._counts: list[int] = []
        """The number of lines of each block."""
        self._starts: list[int] = []
        """The number of lines before each block; only of the first blocks."""

    def __contains__(self, row: int) -> bool:
        return row < len(self.flags) and bool(self.flags[row])

    def set(self, row: int, shown: bool) -> None:
        """Show a row, or hide it."""
        if self.flags[row] != shown:
            self.flags[row] = shown
            change = 1 if shown else -1
            self.count += change
            at = self._blocks.block_of(row)
            self._counts[at] += change
            del self._starts[at + 1 :]

    def lines_before(self, row: int) -> int:
        """Return how many rows are shown before a row, which need not be shown."""
        if not 0 <= row < len(self.flags):
            return 0 if row < 0 else self.count
        at, flags = self._blocks.block_of(row), self.flags
        self._count_until(at)
        block = self._blocks.block(at)
        return self._starts[at] + sum(flags[each] for each in block[: block.index(row)])

    def rows_on_lines(self, first: int, last: int) -> list[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        first, last = max(first, 0), min(last, self.count)
        if first >= last:
            return []
        self._count_until(len(self._counts) - 1)
        at = bisect_right(self._starts, first) - 1
        # Blocks without a line start on the same line as the next block.
        skip, rows = first - self._starts[at], list[int]()
        while len(rows) < last - first + skip:
            rows += self._shown_in(at)
            at += 1
        return rows[skip : last - first + skip]

    def row_after(self, row: int) -> int | None:
        """Return the row on the next line after a row; None if there is none."""
        at = self._blocks.block_of(row)
        block = self._blocks.block(at)
        for each in block[block.index(row) + 1 :]:
            if self.flags[each]:
                return each
        for behind in range(at + 1, len(self._counts)):
            if self._counts[behind]:
                return self._shown_in(behind)[0]
        return None

    # Changes of the blocks.

    def add_rows(self, count: int) -> None:
        """Add the next rows, of which none is shown; the blocks have them."""
        self.flags += bytes(count)
        self._counts += [0] * (self._blocks.block_count - len(self._counts))

    def add_row(self, *, shown: bool) -> None:
        """Add the next row, which the blocks do not have yet."""
        self.flags.append(shown)
        self.count += shown

    def row_put(self, row: int, at: int) -> None:
        """Count a row that was put into a block."""
        self._counts[at] += self.flags[row]
        del self._starts[at + 1 :]

    def row_removed(self, row: int, at: int) -> None:
        """Count a row no more in the block from which it was removed."""
        self._counts[at] -= self.flags[row]
        del self._starts[at + 1 :]

    def block_inserted(self, at: int) -> None:
        """Count the lines of a new block, whose rows were in the one before, if any."""
        count = len(self._shown_in(at))
        self._counts.insert(at, count)
        if at:
            self._counts[at - 1] -= count
        del self._starts[at:]

    def block_removed(self, at: int) -> None:
        """Forget a block, which was empty."""
        del self._counts[at], self._starts[at:]

    def _shown_in(self, at: int) -> list[int]:
        flags = self.flags
        return [row for row in self._blocks.block(at) if flags[row]]

    def _count_until(self, at: int) -> None:
        """Make sure that the lines before a block were counted."""
        starts, counts = self._starts, self._counts
        if not starts:
            starts.append(0)
        for before in range(len(starts) - 1, at):
            starts.append(starts[before] + counts[before])
