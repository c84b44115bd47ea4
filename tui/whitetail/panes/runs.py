"""The pane that lists the runs of a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from whitetail.panes.line_list import Cell
from whitetail.panes.selectable_list import SelectableList
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import (
    STATUS_SIGNS,
    RunEntry,
)
from whitetail.view.text import fit
from whitetail.view.units import clock, count, date_and_clock, duration, money, size
from whitetail_store import RunKey

_SIGN_CELLS = 2
_MIN_PROMPT_CELLS = 18
_COST_CELLS = len(" 12.34+")
"""The width of a cost without its currency."""
_UNKNOWN = "\u2013"
_LONG_TIME_CELLS = len(" Aug 03'24 14:03")
_MIN_WIDTH_FOR_CLOCK = 90
"""From this width on, the time of day is shown of other days, too."""


class _Column(NamedTuple):
    """A column of numbers, right of the prompt."""

    name: str
    cells: int
    """The width with the space before it. 0 for costs: it depends on the currency."""


# From left to right.
_COLUMNS = (
    _STARTED := _Column("start", 7),
    _LENGTH := _Column("took", 7),
    _TOKENS := _Column("tokens", 7),
    _COST := _Column("cost", 0),
    _TOOLS := _Column("tools", 6),
    _ERRORS := _Column("errors", 7),
    _EVENTS := _Column("events", 7),
    _SIZE := _Column("size", 8),
    _VERDICT := _Column("verdict", 10),
)
# The first columns that fit are shown.
_BY_PRIORITY = (
    *(_STARTED, _TOKENS, _LENGTH, _ERRORS, _COST),
    *(_TOOLS, _VERDICT, _EVENTS, _SIZE),
)
_WANTED_COLUMNS = 5
"""How many of them the list is wide enough for: those up to the cost."""


class RunsPane(SelectableList[RunKey]):
    """The runs of a thread. The most recently started one comes first.

    The top border names the columns.
    """

    BORDER_TITLE = "2 Runs"

    def __init__(self, id: str, now: Callable[[], float]) -> None:  # noqa: A002
        """Show ages relative to `now`, which returns seconds since the epoch."""
        super().__init__(id)
        self._now = now
        self._entries: Sequence[RunEntry] = ()
        self._currency = ""

    @property
    def chosen(self) -> list[RunEntry]:
        """The selected runs. Without a selection, the one under the cursor."""
        return [self._entries[line] for line in self.chosen_lines]

    @property
    def under_cursor(self) -> RunEntry:
        """The run under the cursor.

        Raises:
            IndexError: The list is empty.

        """
        return self._entries[self.cursor]

    def show(self, entries: Sequence[RunEntry]) -> None:
        """Show these runs. The cursor stays on its run."""
        if entries == self._entries:
            return
        before, self._entries = self._entries, entries
        keys = [entry.key for entry in entries]
        if keys != [entry.key for entry in before]:
            self.rearrange(keys)
            return
        for line, (old, new) in enumerate(zip(before, entries, strict=True)):
            if old != new:
                self.refresh_line(line)

    def show_costs(self, currency: str) -> None:
        """Show a column of costs in a currency. Hide it if `currency` is empty."""
        self._currency = currency
        self.label_columns()
        self.refresh()

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return a run's sign, its prompt, and the numbers of the columns that fit."""
        entry = self._entries[line]
        columns = self._visible_columns()
        numbers = [self._number(entry, column) for column in columns]
        number_cells = sum(map(self._cells, columns))
        prompt_cells = min(width, self.line_cells) - _SIGN_CELLS - number_cells
        sign, tone = STATUS_SIGNS[entry.status]
        return [
            (f"{sign} ", tone),
            (
                fit(entry.prompt, max(0, prompt_cells)),
                "plain" if entry.prompt_known else "muted",
            ),
            *numbers,
        ]

    def _visible_columns(self) -> list[_Column]:
        """Return the columns that fit, from left to right."""
        left = self.line_cells - _SIGN_CELLS - _MIN_PROMPT_CELLS
        fitting = set()
        for column in _BY_PRIORITY:
            cells = self._cells(column)
            if cells > left:
                break
            left -= cells
            fitting.add(column)
        return [
            column for column in _COLUMNS if column in fitting and self._cells(column)
        ]

    def _cells(self, column: _Column) -> int:
        if column is _STARTED and self.line_cells >= _MIN_WIDTH_FOR_CLOCK:
            return _LONG_TIME_CELLS
        if column is not _COST:
            return column.cells
        return _COST_CELLS + cell_len(self._currency) if self._currency else 0

    @property
    def wanted_cells(self) -> int:
        """The width of the longest line with the numbers that come first."""
        prompts = max((cell_len(entry.prompt) for entry in self._entries), default=0)
        return self.least_cells - _MIN_PROMPT_CELLS + max(prompts, _MIN_PROMPT_CELLS)

    @property
    def least_cells(self) -> int:
        """The width at which the numbers that come first fit, and prompts are cut."""
        numbers = sum(map(self._cells, _BY_PRIORITY[:_WANTED_COLUMNS]))
        return _SIGN_CELLS + _MIN_PROMPT_CELLS + numbers

    def header(self, width: int) -> str:
        """Return the names of the columns that fit now."""
        columns = self._visible_columns()
        return "".join(f"{each.name:>{self._cells(each)}}" for each in columns)

    def _number(self, entry: RunEntry, column: _Column) -> Cell:
        text, tone = self._value(entry, column)
        return " " * (self._cells(column) - cell_len(text)) + text, tone

    def _value(self, entry: RunEntry, column: _Column) -> Cell:
        """Return the text of a column. Empty if the value has not been read yet."""
        metrics = entry.metrics
        text, tone = "", "muted"
        if column is _STARTED:
            text = self._start(entry)
        elif column is _LENGTH:
            text = self._length(entry)
        elif column is _EVENTS:
            text = "" if entry.events is None else count(entry.events)
        elif column is _SIZE:
            text = size(entry.size)
        elif column is _VERDICT:
            text, tone = str(entry.status), STATUS_SIGNS[entry.status][1]
        elif metrics is None:
            pass
        elif column is _TOKENS:
            tone = "plain"
            text = _total(metrics.tokens, lambda amount: count(int(amount)))
        elif column is _COST:
            tone = "plain"
            text = _total(metrics.cost, lambda amount: money(amount, self._currency))
        elif column is _TOOLS:
            text, tone = count(metrics.calls), "plain" if metrics.calls else "muted"
        elif column is _ERRORS:
            text, tone = count(metrics.errors), "error" if metrics.errors else "muted"
        return text, tone

    def _start(self, entry: RunEntry) -> str:
        is_long = self._cells(_STARTED) > _STARTED.cells
        return (date_and_clock if is_long else clock)(entry.started, self._now())

    def _length(self, entry: RunEntry) -> str:
        if entry.started is None or entry.ended is None:
            return ""
        now = self._now() if entry.status is RunStatus.RUNNING else entry.ended
        return duration(max(now, entry.ended) - entry.started)


def _total(total: Total | None, format_amount: Callable[[float], str]) -> str:
    """Return a total, followed by `+` if a part of it is unknown."""
    if total is None:
        return _UNKNOWN
    return format_amount(total.amount) + ("" if total.complete else "+")
