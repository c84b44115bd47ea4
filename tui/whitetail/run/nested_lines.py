"""The matches of a filter as lines in causal order, with the rows they are under."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from whitetail.trace.order.outline import Outline
from whitetail.trace.order.shown_rows import ShownRows


class NestedLines:
    """The rows that match and those that they are under, which need not match.

    A row of a subagent is also under the first row of the subagent.
    """

    def __init__(self, outline: Outline, matching: ShownRows) -> None:
        """List nothing yet. `matching` says which rows match."""
        self._outline = outline
        self._matching = matching
        self.lines = outline.rows.add_lines()
        """The lines, in causal order."""

    def close(self) -> None:
        """Follow no more how the outline changes."""
        self._outline.rows.remove_lines(self.lines)

    def has_under(self, row: int) -> bool:
        """Return whether the next line in causal order is under a row."""
        if row >= len(self._outline):
            return False
        after = self.lines.row_after(row)
        return after is not None and self._outline.outer(after) == row

    def add(self, rows: Iterable[int | None]) -> None:
        """List rows, with what they are under."""
        for each in rows:
            row = each
            while row is not None and row not in self.lines:
                self.lines.set(row, True)
                row = self._outline.outer(row)

    def remove(self, row: int | None) -> None:
        """Remove a row that no longer matches, and what it is under.

        Lines stay that match, or have others under them.
        """
        while (
            row is not None
            and row in self.lines
            and row not in self._matching
            and not self.has_under(row)
        ):
            self.lines.set(row, False)
            row = self._outline.outer(row)

    @contextmanager
    def moving(self, rows: Sequence[int]) -> Iterator[None]:
        """Return a context in which rows are moved; list them where they are then.

        What they were under need not be listed any more, and the first row of a
        subagent may have left it.
        """
        outline, lines = self._outline, self.lines
        listed = [row for row in rows if row in lines]
        above = [outline.outer(row) for row in listed]
        left = [
            each
            for row in listed
            if outline.subagent(row) is not None
            for each in outline.subagent_rows(row)
            if each in lines
        ]
        yield
        for row in listed:
            lines.set(row, False)
        self.add(row for row in listed if row in self._matching or self.has_under(row))
        self.add(outline.outer(row) for row in left if row in lines)
        for each in above:
            self.remove(each)

    def update_subagent(self, row: int) -> None:
        """List the first row of a row's subagent above its lines: it can be another."""
        outline = self._outline
        is_first = outline.subagent(row) is not None
        first = row if is_first else outline.outer(row)
        if first is None:
            return
        # One that has just become the first can be a line already, since it matches.
        if (is_first or first not in self.lines) and self.has_under(first):
            self.add([first])
            # One of the others was the first before, and perhaps a line only for that.
            for each in outline.subagent_rows(first):
                self.remove(each)
