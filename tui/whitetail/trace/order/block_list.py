"""An order of rows that can be changed at any place, some of them hidden."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

_FULL = 256


class BlockList(Sequence[int]):
    """Rows, numbered from 0, each at one place of an order; lines are those shown.

    Kept in blocks of some hundred rows: a change, a row at a place, and the
    place of a row cost one block and, after a change, a count of the blocks
    behind it. Nine bytes a row.
    """

    def __init__(self) -> None:
        self._blocks: list[array[int]] = []
        """The rows, in blocks that are never empty."""
        self._names: list[int] = []
        """The number of each block, which it keeps wherever it stands."""
        self._at: list[int] = []
        """Where the block of a number stands."""
        self._home = array("I")
        """The number of the block that holds a row."""
        self._starts: list[int] = []
        """The place of each block's first row, as far as they are known."""
        self._lines: list[int] = []
        """How many lines are before each block, as far as `_starts` goes."""
        self._shown: list[int] = []
        """How many lines each block has."""
        self._hidden = bytearray()
        self._size = 0
        self._hides = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[int]:
        for block in self._blocks:
            yield from block

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(self._size))]
        if place < 0:
            place += self._size
        if not 0 <= place < self._size:
            raise IndexError(f"no place {place} of {self._size}")
        at = self._block_at(place)
        return self._blocks[at][place - self._starts[at]]

    def __contains__(self, row: object) -> bool:
        return isinstance(row, int) and 0 <= row < self._size

    def index(self, row: int, start: int = 0, stop: int | None = None) -> int:
        """Return the place of a row.

        Raises:
            ValueError: There is no such row, or it stands elsewhere.

        """
        if row not in self:
            raise ValueError(f"no row {row} of {self._size}")
        at = self._at[self._home[row]]
        self._count(at)
        place = self._starts[at] + self._blocks[at].index(row)
        if place < start or (stop is not None and place >= stop):
            raise ValueError(f"row {row} is elsewhere")
        return place

    @property
    def line_count(self) -> int:
        """How many rows are shown."""
        return self._size - self._hides

    def line_of(self, row: int) -> int:
        """Return the line of a row; of a hidden one, that of the last shown before."""
        at = self._at[self._home[row]]
        self._count(at)
        block = self._blocks[at]
        before = block[: block.index(row) + 1]
        return self._lines[at] + sum(not self._hidden[each] for each in before) - 1

    def rows_on_lines(self, first: int, last: int) -> list[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        last = min(last, self.line_count)
        if first >= last:
            return []
        self._count(len(self._blocks) - 1)
        at = bisect_right(self._lines, first) - 1
        # Blocks without a line begin where the next one does.
        skip, rows = first - self._lines[at], list[int]()
        while len(rows) < last - first + skip:
            rows += [row for row in self._blocks[at] if not self._hidden[row]]
            at += 1
        return rows[skip : last - first + skip]

    def is_hidden(self, row: int) -> bool:
        """Tell whether a row has no line."""
        return bool(self._hidden[row])

    def set_hidden(self, row: int, hidden: bool) -> None:
        """Take a row's line away, or give it back."""
        if self._hidden[row] != hidden:
            at = self._at[self._home[row]]
            self._hidden[row] = hidden
            self._hides += 1 if hidden else -1
            self._shown[at] += -1 if hidden else 1
            del self._starts[at + 1 :], self._lines[at + 1 :]

    def append(self) -> None:
        """Put the next row, whose number is the length so far, at the end."""
        self.insert(self._size)

    def insert(self, place: int) -> None:
        """Put the next row at a place, shown; those from there on make room."""
        self._home.append(0)
        self._hidden.append(False)
        self._put(place, self._size)

    def move(self, row: int, place: int) -> None:
        """Take a row out, and put it at a place as they are counted without it."""
        at = self._at[self._home[row]]
        block = self._blocks[at]
        block.remove(row)
        self._shown[at] -= not self._hidden[row]
        del self._starts[at + 1 :], self._lines[at + 1 :]
        self._size -= 1
        if not block:
            self._drop(at)
        self._put(place, row)

    def check(self) -> None:
        """Assert that every row has one place, and is found there."""
        assert sorted(self) == list(range(self._size))
        assert [self.index(row) for row in self] == list(range(self._size))
        assert all(self._blocks)
        assert [self._at[name] for name in self._names] == list(range(len(self._names)))
        lines = [row for row in self if not self._hidden[row]]
        assert self.rows_on_lines(0, self._size) == lines
        assert [self.line_of(row) for row in lines] == list(range(self.line_count))

    def _put(self, place: int, row: int) -> None:
        if not self._blocks:
            self._add(0, [])
        at = len(self._blocks) - 1 if place == self._size else self._block_at(place)
        self._count(at)
        block = self._blocks[at]
        block.insert(place - self._starts[at], row)
        self._home[row] = self._names[at]
        self._shown[at] += not self._hidden[row]
        del self._starts[at + 1 :], self._lines[at + 1 :]
        self._size += 1
        if len(block) > _FULL:
            # At the end, where runs grow, full blocks stay full.
            cut = _FULL if place + 1 == self._size else _FULL // 2
            half = block[cut:]
            del block[cut:]
            self._shown[at] = self._lines_of(block)
            self._add(at + 1, half)

    def _add(self, at: int, rows: Iterable[int]) -> None:
        name = len(self._at)
        self._at.append(at)
        self._blocks.insert(at, array("I", rows))
        self._names.insert(at, name)
        self._shown.insert(at, self._lines_of(self._blocks[at]))
        for row in self._blocks[at]:
            self._home[row] = name
        self._renumber(at)

    def _drop(self, at: int) -> None:
        del self._blocks[at], self._names[at], self._shown[at]
        del self._starts[at:], self._lines[at:]
        self._renumber(at)

    def _lines_of(self, block: Iterable[int]) -> int:
        return sum(not self._hidden[row] for row in block)

    def _renumber(self, at: int) -> None:
        for number in range(at, len(self._names)):
            self._at[self._names[number]] = number

    def _block_at(self, place: int) -> int:
        if not self._starts or place >= self._starts[-1]:
            self._count_to(place)
        return bisect_right(self._starts, place) - 1

    def _count(self, at: int) -> None:
        starts, lines = self._starts, self._lines
        if not starts:
            starts.append(0)
            lines.append(0)
        while len(starts) <= at:
            before = len(starts) - 1
            starts.append(starts[before] + len(self._blocks[before]))
            lines.append(lines[before] + self._shown[before])

    def _count_to(self, place: int) -> None:
        starts = self._starts
        self._count(max(len(starts) - 1, 0))
        while len(starts) < len(self._blocks) and starts[-1] <= place:
            self._count(len(starts))
