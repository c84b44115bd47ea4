"""A run as an outline: rows in causal order, of which some are folded away."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from whitetail.trace.order.causality import Placement
from whitetail.trace.order.row_times import RowTimes
from whitetail.trace.order.row_tree import RowTree


@dataclass(slots=True)
class Folds:
    """The rows that the user has folded and unfolded in a run."""

    closed: set[int] = field(default_factory=set)
    """Rows whose descendants are hidden."""
    opened: set[int] = field(default_factory=set)
    """Bookkeeping rows that are shown one by one."""

    def clear(self) -> None:
        """Forget all choices: the run is another file now."""
        self.closed.clear()
        self.opened.clear()


class Outline:
    """The rows of one run in causal order, and the lines on which they are shown.

    Two kinds of rows are hidden, until they are unfolded: the descendants of a folded
    row, and bookkeeping right after other bookkeeping with the same parent. A row costs
    O(log n) steps and some 65 bytes.
    """

    def __init__(self, folds: Folds | None = None) -> None:
        self.folds = Folds() if folds is None else folds
        self._tree = RowTree()
        self.times = RowTimes()
        self._bookkeeping = bytearray()
        self._note = array("I")
        """The index of each row's note in `_notes`."""
        self._notes = [""]
        self._note_index = {"": 0}

    def __len__(self) -> int:
        return len(self._tree)

    @property
    def line_count(self) -> int:
        """The number of lines."""
        return self._tree.order.line_count

    def add_placements(self, placements: Iterable[Placement]) -> None:
        """Add new rows, and move those whose parent was found later."""
        tree = self._tree
        for placement in placements:
            if placement.row == len(tree):
                self._add(placement)
            else:
                following = self._row_after(tree.order.index(placement.row))
                tree.adopt(placement.row, placement.parent, placement.sort_key)
                self._note[placement.row] = 0
                self._update_hidden(following)
            self._update_hidden(placement.row)
            self._update_hidden(self._row_after(tree.order.index(placement.row)))

    def rows_on_lines(self, first: int, last: int) -> list[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        return self._tree.order.rows_on_lines(first, last)

    def line_of(self, row: int) -> int:
        """Return the line of a row, or of the row into which it is folded."""
        return self._tree.order.line_of(row)

    def position_of(self, row: int) -> int:
        """Return the position of a row in causal order, from 0."""
        return self._tree.order.index(row)

    def order(self) -> array[int]:
        """Return all rows, hidden ones too, in causal order."""
        return array("I", self._tree.order)

    def parent(self, row: int) -> int | None:
        """Return the row that caused a row; None at the top level."""
        parent = self._tree.parent(row)
        return None if parent < 0 else parent

    def descendants(self, row: int, limit: int) -> list[int]:
        """Return the first descendants of a row, at any depth, in causal order."""
        first = self._tree.order.index(row) + 1
        count = min(self.descendant_count(row), limit)
        return self._tree.order[first : first + count]

    def descendant_count(self, row: int) -> int:
        """Return the number of descendants of a row, at any depth."""
        return self._tree.descendant_count(row)

    def depth(self, row: int) -> int:
        """Return the number of ancestors of a row, 32 at most."""
        return self._tree.depth(row)

    def is_moved(self, row: int) -> bool:
        """Return whether a row is elsewhere than in file order."""
        return self._tree.is_moved(row)

    def join_note(self, row: int) -> str:
        """Return why a row could not be joined to its cause; empty if it was."""
        return self._notes[self._note[row]]

    def position_note(self, row: int) -> str:
        """Return a sentence that explains a row's position; empty if not needed."""
        if note := self.join_note(row):
            return f"in file order: {note}"
        if self.is_moved(row):
            return "in causal order: under its cause, elsewhere than in the file"
        return ""

    def folded_count(self, row: int) -> int:
        """Return how many rows are folded into a row."""
        if row in self.folds.closed:
            return self.descendant_count(row)
        order = self._tree.order
        if not self._bookkeeping[row] or order.is_hidden(row):
            return 0
        line = order.line_of(row) + 1
        next_row = order.rows_on_lines(line, line + 1)
        end = order.index(next_row[0]) if next_row else len(order)
        return end - order.index(row) - 1

    def is_open(self, row: int) -> bool:
        """Return whether a row has descendants that are not folded away."""
        return self.descendant_count(row) > 0 and row not in self.folds.closed

    def fold(self, row: int) -> bool:
        """Fold a row, or the bookkeeping around it; False if nothing was open."""
        row = self.group_head(row)
        if self._bookkeeping[row] and (group := list(self._group(row, opened=True))):
            self.folds.opened.difference_update(group)
            for each in group:
                self._update_hidden(each)
        elif self.is_open(row):
            self.folds.closed.add(row)
            self._update_hidden_under(row)
        else:
            return False
        return True

    def unfold(self, row: int) -> bool:
        """Unfold a row; False if nothing was folded."""
        if not self.folded_count(row):
            return False
        if row in self.folds.closed:
            self.folds.closed.remove(row)
            self._update_hidden_under(row)
        else:
            group = list(self._group(row, opened=False))
            self.folds.opened.update(group)
            for each in group:
                self._update_hidden(each)
        return True

    def group_head(self, row: int) -> int:
        """Return the first row of the group of bookkeeping around a row, or the row."""
        while (
            self._bookkeeping[row]
            and (before := self._bookkeeping_before(row)) is not None
        ):
            row = before
        return row

    def reveal(self, row: int) -> None:
        """Unfold everything that hides a row."""
        ancestor = self._tree.parent(row)
        while ancestor >= 0:
            self.unfold(ancestor)
            ancestor = self._tree.parent(ancestor)
        if self._tree.order.is_hidden(row):
            self.unfold(self.group_head(row))

    def check(self) -> None:
        """Assert that all rows are in order, and that exactly the folded are hidden."""
        self._tree.check()
        for row in range(len(self)):
            assert self._tree.order.is_hidden(row) == self._is_folded(row)

    def _add(self, placement: Placement) -> None:
        row = placement.row
        self._tree.add(placement.parent, placement.sort_key)
        self.times.add(placement)
        self._bookkeeping.append(placement.bookkeeping)
        index = self._note_index.setdefault(placement.note, len(self._notes))
        if index == len(self._notes):
            self._notes.append(placement.note)
        self._note.append(index)
        if placement.bookkeeping and self._bookkeeping_before(row) in self.folds.opened:
            self.folds.opened.add(row)

    def _update_hidden_under(self, row: int) -> None:
        first = self._tree.order.index(row) + 1
        for position in range(first, first + self.descendant_count(row)):
            self._update_hidden(self._tree.order[position])

    def _update_hidden(self, row: int) -> None:
        if row >= 0:
            self._tree.order.set_hidden(row, self._is_folded(row))

    def _is_folded(self, row: int) -> bool:
        """Return whether a row is to be hidden. Its parent is up to date."""
        parent = self._tree.parent(row)
        if parent >= 0 and (
            parent in self.folds.closed or self._tree.order.is_hidden(parent)
        ):
            return True
        closed = self._bookkeeping[row] and row not in self.folds.opened
        return bool(closed) and self._bookkeeping_before(row) is not None

    def _bookkeeping_before(self, row: int) -> int | None:
        """Return the row before a row, if it is bookkeeping with the same parent."""
        position = self._tree.order.index(row)
        before = self._tree.order[position - 1] if position else row
        siblings = self._tree.parent(before) == self._tree.parent(row)
        return (
            before if before != row and self._bookkeeping[before] and siblings else None
        )

    def _group(self, row: int, *, opened: bool) -> Iterator[int]:
        """Yield the bookkeeping right after a row, as far as it is opened or not."""
        after = self._row_after(self._tree.order.index(row))
        while (
            after >= 0
            and self._bookkeeping[after]
            and self._tree.parent(after) == self._tree.parent(row)
            and (after in self.folds.opened) == opened
        ):
            yield after
            after = self._row_after(self._tree.order.index(after))

    def _row_after(self, position: int) -> int:
        """Return the row after a position; -1 if it is the last."""
        order = self._tree.order
        return order[position + 1] if position + 1 < len(order) else -1
