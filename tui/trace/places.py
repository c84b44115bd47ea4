"""An order of rows that can be changed at any place."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

_FULL = 256


class Places(Sequence[int]):
    """Rows, numbered from 0, each at one place of an order.

    Kept in blocks of some hundred rows: a change, a row at a place, and the
    place of a row cost one block and, after a change, a count of the blocks
    behind it. Eight bytes a row.
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
        self._size = 0

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

    def append(self) -> None:
        """Put the next row, whose number is the length so far, at the end."""
        self._home.append(0)
        self._put(self._size, self._size)

    def insert(self, place: int) -> None:
        """Put the next row at a place; those from there on make room."""
        self._home.append(0)
        self._put(place, self._size)

    def move(self, row: int, place: int) -> None:
        """Take a row out, and put it at a place as they are counted without it."""
        at = self._at[self._home[row]]
        block = self._blocks[at]
        block.remove(row)
        del self._starts[at + 1 :]
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

    def _put(self, place: int, row: int) -> None:
        if not self._blocks:
            self._add(0, [])
        at = len(self._blocks) - 1 if place == self._size else self._block_at(place)
        self._count(at)
        block = self._blocks[at]
        block.insert(place - self._starts[at], row)
        self._home[row] = self._names[at]
        del self._starts[at + 1 :]
        self._size += 1
        if len(block) > _FULL:
            # At the end, where runs grow, full blocks stay full.
            cut = _FULL if place + 1 == self._size else _FULL // 2
            half = block[cut:]
            del block[cut:]
            self._add(at + 1, half)

    def _add(self, at: int, rows: Iterable[int]) -> None:
        name = len(self._at)
        self._at.append(at)
        self._blocks.insert(at, array("I", rows))
        self._names.insert(at, name)
        for row in self._blocks[at]:
            self._home[row] = name
        self._renumber(at)

    def _drop(self, at: int) -> None:
        del self._blocks[at], self._names[at], self._starts[at:]
        self._renumber(at)

    def _renumber(self, at: int) -> None:
        for number in range(at, len(self._names)):
            self._at[self._names[number]] = number

    def _block_at(self, place: int) -> int:
        if not self._starts or place >= self._starts[-1]:
            self._count_to(place)
        return bisect_right(self._starts, place) - 1

    def _count(self, at: int) -> None:
        starts = self._starts
        if not starts:
            starts.append(0)
        while len(starts) <= at:
            starts.append(starts[-1] + len(self._blocks[len(starts) - 1]))

    def _count_to(self, place: int) -> None:
        starts = self._starts
        self._count(max(len(starts) - 1, 0))
        while len(starts) < len(self._blocks) and starts[-1] <= place:
            self._count(len(starts))
