"""A run's rows under their causes, line by line, with what is folded away."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf, isnan, nan

from whitetail.trace.order.causality import Placement
from whitetail.trace.order.row_tree import RowTree

_SLOW = 10.0
_SHARE = 0.1
_MOST = 1e12


@dataclass(slots=True)
class Folds:
    """What a person folded and opened in a run; nothing else changes it."""

    closed: set[int] = field(default_factory=set)
    """Rows whose rows below are hidden."""
    opened: set[int] = field(default_factory=set)
    """Bookkeeping that is shown, one by one."""


class Outline:
    """The rows of a run in causal order, and which of them are lines.

    The rows under a folded one are hidden, and so is bookkeeping right behind
    other bookkeeping of the same parent, until it is opened. Costs a row
    O(log n) steps; some 60 bytes are kept of it.
    """

    def __init__(self, folds: Folds | None = None) -> None:
        self.folds = Folds() if folds is None else folds
        self._tree = RowTree()
        self._origin = nan
        self._time = array("f")
        """Seconds since the first time that was told: as exact as a bar is long."""
        self._took = array("f")
        self._noise = bytearray()
        self._note = array("I")
        """Which of `_notes` is to be said of a row."""
        self._notes = [""]
        self._numbers = {"": 0}
        self.start = inf
        """The earliest moment of the run, in seconds since the epoch."""
        self.end = -inf
        """The latest; before the earliest, if no row has a time."""

    def __len__(self) -> int:
        return len(self._tree)

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        return self._tree.order.line_count

    def add_placements(self, placed: Iterable[Placement]) -> None:
        """Take in what a story has told."""
        nest = self._tree
        for each in placed:
            if each.row == len(nest):
                self._add(each)
            else:
                behind = self._next(nest.order.index(each.row))
                nest.adopt(each.row, each.parent, each.sort_key)
                self._note[each.row] = 0
                self._settle(behind)
            self._settle(each.row)
            self._settle(self._next(nest.order.index(each.row)))

    def rows_on_lines(self, first: int, last: int) -> list[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        return self._tree.order.rows_on_lines(first, last)

    def line_of(self, row: int) -> int:
        """Return a row's line, or that of the row it is folded into."""
        return self._tree.order.line_of(row)

    def position_of(self, row: int) -> int:
        """Return a row's place in causal order, from 0."""
        return self._tree.order.index(row)

    def order(self) -> array[int]:
        """Return all rows, hidden ones too, in causal order."""
        return array("I", self._tree.order)

    def parent(self, row: int) -> int | None:
        """Return the row that caused a row, where that is known."""
        parent = self._tree.parent(row)
        return None if parent < 0 else parent

    def descendants(self, row: int, most: int) -> list[int]:
        """Return the first rows under a row, at any depth, in causal order."""
        place = self._tree.order.index(row)
        return self._tree.order[
            place + 1 : place + 1 + min(self.descendant_count(row), most)
        ]

    def descendant_count(self, row: int) -> int:
        """Return how many rows stand under a row, at any depth."""
        return self._tree.descendant_count(row)

    def depth(self, row: int) -> int:
        """Return how many rows stand above a row, 32 at the most."""
        return self._tree.depth(row)

    def is_moved(self, row: int) -> bool:
        """Tell whether a row stands elsewhere than the file has it."""
        return self._tree.is_moved(row)

    def join_note(self, row: int) -> str:
        """Return what is to be said of a row's place; mostly nothing."""
        return self._notes[self._note[row]]

    def position_note(self, row: int) -> str:
        """Return what a person should know of a row's place; mostly nothing."""
        if note := self.join_note(row):
            return f"stands where the file has it: {note}"
        if self.is_moved(row):
            return "stands under its cause; the file has it elsewhere"
        return ""

    def folded_count(self, row: int) -> int:
        """Return how many rows are folded into a row."""
        if row in self.folds.closed:
            return self.descendant_count(row)
        order = self._tree.order
        if not self._noise[row] or order.is_hidden(row):
            return 0
        line = order.line_of(row) + 1
        after = order.rows_on_lines(line, line + 1)
        end = order.index(after[0]) if after else len(order)
        return end - order.index(row) - 1

    def is_open(self, row: int) -> bool:
        """Tell whether there are rows under a row, and they are not folded away."""
        return self.descendant_count(row) > 0 and row not in self.folds.closed

    def time(self, row: int) -> float:
        """Return when a row was written, in seconds since the epoch, or NaN.

        Some hundredths of a second are lost in a run of days.
        """
        return self._origin + self._time[row]

    def duration(self, row: int) -> float:
        """Return how long what a row tells of went on, in seconds, or NaN."""
        return self._took[row]

    def is_slow(self, row: int) -> bool:
        """Tell whether a row took a good part of the run: a tenth, and 10 s."""
        return self._took[row] >= max(_SLOW, _SHARE * (self.end - self.start))

    def fold(self, row: int) -> bool:
        """Fold a row, or the bookkeeping that it is among; False if none was open."""
        row = self.group_head(row)
        if self._noise[row] and (gang := list(self._gang(row, opened=True))):
            self.folds.opened.difference_update(gang)
            for each in gang:
                self._settle(each)
        elif self.is_open(row):
            self.folds.closed.add(row)
            self._settle_under(row)
        else:
            return False
        return True

    def unfold(self, row: int) -> bool:
        """Unfold a row; False if nothing was folded."""
        if not self.folded_count(row):
            return False
        if row in self.folds.closed:
            self.folds.closed.remove(row)
            self._settle_under(row)
        else:
            gang = list(self._gang(row, opened=False))
            self.folds.opened.update(gang)
            for each in gang:
                self._settle(each)
        return True

    def group_head(self, row: int) -> int:
        """Return the first of the bookkeeping that a row is among, or the row."""
        while self._noise[row] and (before := self._before(row)) is not None:
            row = before
        return row

    def reveal(self, row: int) -> None:
        """Unfold whatever hides a row."""
        above = self._tree.parent(row)
        while above >= 0:
            self.unfold(above)
            above = self._tree.parent(above)
        if self._tree.order.is_hidden(row):
            self.unfold(self.group_head(row))

    def check(self) -> None:
        """Assert that all rows are in order, and just those hidden that should be."""
        self._tree.check()
        for row in range(len(self)):
            assert self._tree.order.is_hidden(row) == self._hides(row)

    def _add(self, placed: Placement) -> None:
        row = placed.row
        self._tree.add(placed.parent, placed.sort_key)
        if isnan(self._origin):
            self._origin = placed.time
        self._time.append(_small(placed.time - self._origin))
        self._took.append(_small(placed.duration))
        self._noise.append(placed.bookkeeping)
        number = self._numbers.setdefault(placed.note, len(self._notes))
        if number == len(self._notes):
            self._notes.append(placed.note)
        self._note.append(number)
        # Where there is no time, these stay.
        self.start = min(self.start, placed.time)
        self.end = max(self.end, placed.time)
        if placed.bookkeeping and self._before(row) in self.folds.opened:
            self.folds.opened.add(row)

    def _settle_under(self, row: int) -> None:
        place = self._tree.order.index(row)
        for at in range(place + 1, place + 1 + self.descendant_count(row)):
            self._settle(self._tree.order[at])

    def _settle(self, row: int) -> None:
        """Hide a row that is to be hidden, or show it."""
        if row >= 0:
            self._tree.order.set_hidden(row, self._hides(row))

    def _hides(self, row: int) -> bool:
        parent = self._tree.parent(row)
        if parent >= 0 and (
            parent in self.folds.closed or self._tree.order.is_hidden(parent)
        ):
            return True
        noise = self._noise[row] and row not in self.folds.opened
        return bool(noise) and self._before(row) is not None

    def _before(self, row: int) -> int | None:
        """Return the bookkeeping right before a row, of the same parent, if it is."""
        place = self._tree.order.index(row)
        before = self._tree.order[place - 1] if place else row
        akin = self._tree.parent(before) == self._tree.parent(row)
        return before if before != row and self._noise[before] and akin else None

    def _gang(self, row: int, *, opened: bool) -> Iterator[int]:
        """Yield the bookkeeping that follows a row, opened or not."""
        after = self._next(self._tree.order.index(row))
        while (
            after >= 0
            and self._noise[after]
            and self._tree.parent(after) == self._tree.parent(row)
            and (after in self.folds.opened) == opened
        ):
            yield after
            after = self._next(self._tree.order.index(after))

    def _next(self, place: int) -> int:
        order = self._tree.order
        return order[place + 1] if place + 1 < len(order) else -1


def _small(seconds: float) -> float:
    """Return seconds that have room in four bytes; others are none."""
    return seconds if -_MOST < seconds < _MOST else nan


@dataclass(slots=True)
class RowOrder:
    """The lines of a run's rows."""

    row_count: int = 0
    """How many rows there are, folded ones among them."""
    outline: Outline | None = None
    """What is known of their places, once all of them were read."""
    causal: bool = True
    """Whether rows stand under their causes, where these are known."""

    @property
    def causal_outline(self) -> Outline | None:
        """The outline, if it says what lines there are."""
        return self.outline if self.causal else None

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        return (
            self.causal_outline.line_count
            if self.causal_outline is not None
            else self.row_count
        )

    def row_on_line(self, line: int) -> int:
        """Return the row on a line; 0 where there is none."""
        return next(iter(self.rows_on_lines(line, line + 1)), 0)

    def line_of(self, row: int) -> int:
        """Return the line of a row, or of the one that it is folded into."""
        if self.causal_outline is not None and 0 <= row < len(self.causal_outline):
            return self.causal_outline.line_of(row)
        return max(row, 0)

    def position_of(self, row: int) -> int:
        """Return how many rows, folded ones among them, stand before a row."""
        if self.causal_outline is not None and 0 <= row < len(self.causal_outline):
            return self.causal_outline.position_of(row)
        return row

    def rows_on_lines(self, first: int, last: int) -> Sequence[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        if self.causal_outline is not None:
            return self.causal_outline.rows_on_lines(max(first, 0), last)
        return range(max(first, 0), last)

    def all_rows(self) -> Sequence[int]:
        """Return all rows as they stand, folded ones among them."""
        return (
            self.causal_outline.order()
            if self.causal_outline is not None
            else range(self.row_count)
        )
