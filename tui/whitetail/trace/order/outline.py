"""A run as an outline: rows in causal order, of which some are folded away."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from whitetail.trace.order.block_list import BlockList
from whitetail.trace.order.note_list import NoteList
from whitetail.trace.order.placement import Placement, SubagentPart
from whitetail.trace.order.row_times import RowTimes
from whitetail.trace.order.row_tree import RowTree
from whitetail.trace.order.sort_keys import is_result_key
from whitetail.trace.order.subagent_summary import SubagentSummary

_MOVED_NOTE = "in causal order: below its cause, not at its position in the file"


@dataclass(slots=True)
class Folds:
    """The rows that the user has folded and unfolded in a run."""

    closed: set[int] = field(default_factory=set)
    """Rows whose descendants are hidden."""
    opened: set[int] = field(default_factory=set)
    """Rows of a series that are shown one by one."""
    subagents: dict[int, bool] = field(default_factory=dict[int, bool])
    """Whether a subagent is open, by its key: a choice of the user that is kept."""

    def __bool__(self) -> bool:
        return bool(self.closed or self.opened or self.subagents)

    def opens(self, key: int, subagent: SubagentSummary) -> bool:
        """Return whether a subagent is open: by choice, or else until it has ended."""
        return self.subagents.get(key, not subagent.finished)

    def clear(self) -> None:
        """Forget all choices: the run is another file now."""
        self.closed.clear()
        self.opened.clear()
        self.subagents.clear()


class Outline:
    """The rows of one run in causal order, and the lines on which they are shown.

    Three kinds of rows are hidden, until they are unfolded: the descendants of a folded
    row; those of a series after its first, which are bookkeeping, or the step that
    repeats a subagent's reply; and those of a subagent after its first, once it has
    ended. A row costs O(log n) steps and some 68 bytes.
    """

    def __init__(self, folds: Folds | None = None) -> None:
        self.folds = Folds() if folds is None else folds
        self._tree = RowTree()
        self.rows: BlockList = self._tree.order
        """All rows, hidden ones too, in causal order."""
        self.times = RowTimes()
        self._series = array("I")
        """The number of each row's series; 0 for none."""
        self._subagents: dict[int, SubagentSummary] = {}
        """By the key of the call that started them."""
        self._notes = NoteList()

    def __len__(self) -> int:
        return len(self._tree)

    @property
    def line_count(self) -> int:
        """The number of lines."""
        return self.rows.lines.count

    def add_placements(self, placements: Iterable[Placement]) -> None:
        """Add new rows, and move those whose parent or step was found later."""
        tree = self._tree
        for placement in placements:
            if placement.row == len(tree):
                position = self._add(placement)
            else:
                before, position = tree.move(
                    placement.row, placement.parent, placement.sort_key
                )
                self._notes.clear(placement.row)
                self._series[placement.row] = placement.series
                # The row that followed it is after another row now.
                self._update_hidden(self._row_after(before - (before < position)))
            self._update_hidden(placement.row, position)
            self._update_hidden(self._row_after(position), position + 1)
            if placement.subagent is not None:
                self._add_subagent_part(placement, placement.subagent)

    def rows_on_lines(self, first: int, last: int) -> list[int]:
        """Return the rows on the lines from `first` up to, not including, `last`."""
        return self.rows.lines.rows_on_lines(first, last)

    def line_of(self, row: int) -> int:
        """Return the line of a row, or of the row into which it is folded."""
        return self.rows.line_of(row)

    def position_of(self, row: int) -> int:
        """Return the position of a row in causal order, from 0."""
        return self.rows.index(row)

    def order(self) -> array[int]:
        """Return all rows, hidden ones too, in causal order."""
        return self.rows.copied()

    def parent(self, row: int) -> int | None:
        """Return the row that caused a row; None at the top level."""
        parent = self._tree.parent(row)
        return None if parent < 0 else parent

    def descendants(self, row: int, limit: int) -> list[int]:
        """Return the first descendants of a row, at any depth, in causal order."""
        first = self.rows.index(row) + 1
        count = min(self.descendant_count(row), limit)
        return self.rows[first : first + count]

    def descendant_count(self, row: int) -> int:
        """Return the number of descendants of a row, at any depth."""
        return self._tree.descendant_count(row)

    def depth(self, row: int) -> int:
        """Return the number of ancestors of a row, 32 at most."""
        return self._tree.depth(row)

    def is_moved(self, row: int) -> bool:
        """Return whether a row is elsewhere than in file order."""
        return self._tree.is_moved(row)

    def later_rows_before(self, row: int) -> list[int]:
        """Return the rows that are moved, perhaps only because of a top-level row."""
        return self._tree.later_rows_before(row)

    def join_note(self, row: int) -> str:
        """Return why a row could not be joined to its cause; empty if it was."""
        return self._notes[row]

    def position_note(self, row: int) -> str:
        """Return a sentence that explains a row's position; empty if not needed."""
        if note := self.join_note(row):
            return f"in file order: {note}"
        return _MOVED_NOTE if self.is_moved(row) else ""

    def folded_count(self, row: int) -> int:
        """Return how many rows are folded into a row."""
        if row in self.folds.closed:
            return self.descendant_count(row)
        if row not in self.rows.lines:
            return 0
        if self._is_folded_subagent(key := self._subagent_key(row)):
            return len(self._tree.positions_of_call(key)) - 1
        if not self._series[row]:
            return 0
        line = self.rows.line_of(row) + 1
        next_row = self.rows.lines.rows_on_lines(line, line + 1)
        end = self.rows.index(next_row[0]) if next_row else len(self.rows)
        return end - self.rows.index(row) - 1

    def subagent(self, row: int) -> SubagentSummary | None:
        """Return the subagent of which a row is the first; None for other rows."""
        key = self._subagent_key(row)
        return self._subagents[key] if key and self._heads(key, row) else None

    def subagent_rows(self, row: int) -> Sequence[int]:
        """Return the rows of a row's subagent, in causal order; empty without one."""
        key = self._subagent_key(row)
        return self._tree.rows_of_call(key) if key else ()

    def is_open(self, row: int) -> bool:
        """Return whether rows are listed under a row that can be folded into it."""
        if self.descendant_count(row) > 0 and row not in self.folds.closed:
            return True
        key = self._subagent_key(row)
        if not key or self._is_folded_subagent(key) or not self._heads(key, row):
            return False
        return len(self._tree.positions_of_call(key)) > 1

    def outer(self, row: int) -> int | None:
        """Return the row above a row: the first one of its subagent, or its parent."""
        key = self._subagent_key(row)
        if key and not self._heads(key, row):
            return self.rows[self._tree.positions_of_call(key)[0]]
        return self.parent(row)

    def fold(self, row: int) -> bool:
        """Fold a row, or the series around it; False if nothing was open."""
        row = self.series_head(row)
        if self._series[row] and (group := list(self._group(row, opened=True))):
            self.folds.opened.difference_update(group)
            for each in group:
                self._update_hidden(each)
        elif self.descendant_count(row) > 0 and row not in self.folds.closed:
            self.folds.closed.add(row)
            self._update_hidden_under(row)
        elif self.is_open(row):
            self._open_subagent(self._subagent_key(row), opened=False)
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
        elif self._is_folded_subagent(key := self._subagent_key(row)):
            self._open_subagent(key, opened=True)
        else:
            group = list(self._group(row, opened=False))
            self.folds.opened.update(group)
            for each in group:
                self._update_hidden(each)
        return True

    def series_head(self, row: int) -> int:
        """Return the first row of the series around a row, or the row."""
        while (before := self._before_in_series(row)) is not None:
            row = before
        return row

    def reveal(self, row: int) -> None:
        """Unfold everything that hides a row."""
        parent = self._tree.parent(row)
        if parent >= 0:
            self.reveal(parent)
            if parent in self.folds.closed:
                self.unfold(parent)
            if self._is_folded_subagent(key := self._subagent_key(parent)):
                self._open_subagent(key, opened=True)
        key = self._subagent_key(row)
        if self._is_folded_subagent(key) and not self._heads(key, row):
            self._open_subagent(key, opened=True)
        if row not in self.rows.lines:
            self.unfold(self.series_head(row))

    def check(self) -> None:
        """Assert that all rows are in order, and that exactly the folded are hidden."""
        self._tree.check()
        for row in range(len(self)):
            assert (row not in self.rows.lines) == self._is_folded(row)

    def _add(self, placement: Placement) -> int:
        row = placement.row
        position = self._tree.add(placement.parent, placement.sort_key)
        self.times.add(placement)
        self._series.append(placement.series)
        self._notes.append(placement.note)
        opened = self.folds.opened
        if opened and self._before_in_series(row, position) in opened:
            opened.add(row)
        return position

    def _add_subagent_part(self, placement: Placement, part: SubagentPart) -> None:
        key = self._tree.call_key(placement.row)
        if not key:
            return
        summary = self._subagents.setdefault(key, SubagentSummary())
        finished = summary.finished
        summary.add(part, placement, self.times.time(placement.row))
        # A row before all others is the first one now, on whose line the others are.
        if summary.finished and (not finished or self._heads(key, placement.row)):
            self._update_subagent(key)

    def _subagent_key(self, row: int) -> int:
        """Return the key of the subagent to which a row belongs; 0 for none."""
        key = self._tree.call_key(row)
        known = key in self._subagents and not is_result_key(self._tree.sort_key(row))
        return key if known else 0

    def _heads(self, key: int, row: int) -> bool:
        """Return whether a row is the first one of its subagent."""
        before = self._tree.sibling_before(row)
        return before < 0 or self._tree.call_key(before) != key

    def _is_folded_subagent(self, key: int) -> bool:
        return key > 0 and not self.folds.opens(key, self._subagents[key])

    def _open_subagent(self, key: int, *, opened: bool) -> None:
        self.folds.subagents[key] = opened
        self._update_subagent(key)

    def _update_subagent(self, key: int) -> None:
        rows, is_folded = self._tree.rows_of_call(key), self._is_folded_subagent(key)
        for row in rows[:1] if is_folded else rows:
            self._update_hidden(row)
        for row in rows[1:] if is_folded else ():
            self.rows.lines.set(row, False)

    def _update_hidden_under(self, row: int) -> None:
        for each in self.descendants(row, len(self)):
            self._update_hidden(each)

    def _update_hidden(self, row: int, position: int = -1) -> None:
        if row >= 0:
            self.rows.lines.set(row, not self._is_folded(row, position))

    def _is_folded(self, row: int, position: int = -1) -> bool:
        """Return whether a row is to be hidden. Its parent is up to date."""
        parent = self._tree.parent(row)
        if parent >= 0 and (
            parent in self.folds.closed
            or parent not in self.rows.lines
            or self._is_folded_subagent(self._subagent_key(parent))
        ):
            return True
        key = self._subagent_key(row)
        if self._is_folded_subagent(key) and not self._heads(key, row):
            return True
        if not self._series[row] or row in self.folds.opened:
            return False
        return self._before_in_series(row, position) is not None

    def _before_in_series(self, row: int, position: int = -1) -> int | None:
        """Return the row before a row, if it is of the same series and parent."""
        if not self._series[row]:
            return None
        if position < 0:
            position = self.rows.index(row)
        before = self.rows[position - 1] if position else row
        if before == row or self._series[before] != self._series[row]:
            return None
        return before if self._tree.parent(before) == self._tree.parent(row) else None

    def _group(self, row: int, *, opened: bool) -> Iterator[int]:
        """Yield the rest of a series after a row, as far as it is opened or not."""
        after = self._row_after(self.rows.index(row))
        while (
            after >= 0
            and self._series[after] == self._series[row]
            and self._tree.parent(after) == self._tree.parent(row)
            and (after in self.folds.opened) == opened
        ):
            yield after
            after = self._row_after(self.rows.index(after))

    def _row_after(self, position: int) -> int:
        """Return the row after a position; -1 if it is the last."""
        return self.rows[position + 1] if position + 1 < len(self.rows) else -1
