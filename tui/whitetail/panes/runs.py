"""The pane of a thread's runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content

from whitetail.panes.line_list import Cell
from whitetail.panes.selectable_list import SelectableList
from whitetail.trace.run_summary import RunState
from whitetail.trace.stats.totals import Total
from whitetail.view.lists.entries import (
    STATE_SIGNS,
    STATE_TONES,
    STATUS_SIGNS,
    RunEntry,
)
from whitetail.view.text import fit
from whitetail.view.units import clock, count, duration, money, size
from whitetail_store import RunKey

_PROMPT = 18
_UNKNOWN = "\u2013"


class _Column(NamedTuple):
    """A number behind the prompt."""

    name: str
    cells: int
    """How wide it is, with the blank before it; that of costs varies."""


# As they stand.
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
# As they get room.
_RANKS = (
    *(_STARTED, _TOKENS, _LENGTH, _ERRORS, _COST),
    *(_TOOLS, _VERDICT, _EVENTS, _SIZE),
)


class RunsPane(SelectableList[RunKey]):
    """A thread's runs, the one begun last first.

    The border above the numbers says what they are.
    """

    BORDER_TITLE = "2 Runs"

    def __init__(self, id: str, now: Callable[[], float]) -> None:  # noqa: A002
        super().__init__(id)
        self._now = now
        self._entries: Sequence[RunEntry] = ()
        self._currency = ""

    @property
    def chosen(self) -> list[RunEntry]:
        """The runs that are selected, else the one under the cursor."""
        return [self._entries[line] for line in self.chosen_lines]

    def show(self, entries: Sequence[RunEntry]) -> None:
        """Show these runs; the cursor stays with its run."""
        if entries == self._entries:
            return
        before, self._entries = self._entries, entries
        keys = [entry.key for entry in entries]
        if keys != [entry.key for entry in before]:
            self.border_subtitle = f"{len(entries):,}"
            self.rearrange(keys)
            return
        for line, (old, new) in enumerate(zip(before, entries, strict=True)):
            if old != new:
                self.refresh_line(line)

    def show_costs(self, currency: str) -> None:
        """Make room for what runs cost, in a currency."""
        self._currency = currency
        self._name_columns()
        self.refresh()

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return a run's sign and prompt, and of its numbers those that have room."""
        entry = self._entries[line]
        columns = self._columns()
        numbers = [self._number(entry, column) for column in columns]
        taken = sum(map(self._cells, columns))
        prompt = max(0, min(width, self._room) - 2 - taken)
        sign, tone = _sign(entry)
        return [
            (f"{sign} ", tone),
            (fit(entry.prompt, prompt), "plain" if entry.prompt_known else "muted"),
            *numbers,
        ]

    def on_resize(self) -> None:
        """Name the columns that have room."""
        self._name_columns()

    def on_focus(self) -> None:
        """Draw the border above the columns as that around them."""
        self._name_columns()

    def on_blur(self) -> None:
        """Draw the border above the columns as that around them."""
        self._name_columns()

    @property
    def _room(self) -> int:
        """How wide a line is, in cells, whether or not there is a scrollbar."""
        return max(0, self.size.width - 2)

    def _columns(self) -> list[_Column]:
        """Return the columns that there is room for, as they stand."""
        room = self._room - 2 - _PROMPT
        shown = set()
        for column in _RANKS:
            cells = self._cells(column)
            if cells > room:
                break
            room -= cells
            shown.add(column)
        return [
            column for column in _COLUMNS if column in shown and self._cells(column)
        ]

    def _cells(self, column: _Column) -> int:
        if column is not _COST:
            return column.cells
        # As wide as `$12.34+`, and the blank before it.
        return 7 + cell_len(self._currency) if self._currency else 0

    def _name_columns(self) -> None:
        columns = self._columns()
        names = "".join(f"{each.name:>{self._cells(each)}}" for each in columns)
        # The title begins two cells behind the lines, and ends where they end.
        gap = self._room - 2 - len(self.BORDER_TITLE or "") - len(names.lstrip())
        line = "$border" if self.has_focus else "$surface-lighten-2"
        self.border_title = Content.assemble(
            str(self.BORDER_TITLE),
            (f" {'─' * (gap - 2)} " if names else "", line),
            (names.lstrip(), "not bold"),
        )

    def _number(self, entry: RunEntry, column: _Column) -> Cell:
        text, tone = self._told(entry, column)
        return " " * (self._cells(column) - cell_len(text)) + text, tone

    def _told(self, entry: RunEntry, column: _Column) -> Cell:
        """Return what a column says of a run: nothing while it is not known."""
        figures = entry.metrics
        text, tone = "", "muted"
        if column is _STARTED:
            text = clock(entry.started, self._now())
        elif column is _LENGTH:
            text = self._length(entry)
        elif column is _EVENTS:
            text = "" if entry.events is None else count(entry.events)
        elif column is _SIZE:
            text = size(entry.size)
        elif column is _VERDICT:
            text, tone = str(entry.status or entry.state), _sign(entry)[1]
        elif figures is None:
            pass
        elif column is _TOKENS:
            text = _sum(figures.tokens, lambda amount: count(int(amount)))
        elif column is _COST:
            text = _sum(figures.cost, lambda amount: money(amount, self._currency))
        elif column is _TOOLS:
            text = count(figures.calls)
        elif column is _ERRORS:
            text, tone = count(figures.errors), "error" if figures.errors else "muted"
        return text, tone

    def _length(self, entry: RunEntry) -> str:
        if entry.started is None or entry.ended is None:
            return ""
        now = self._now() if entry.state is RunState.RUNNING else entry.ended
        return duration(max(now, entry.ended) - entry.started)


def _sign(entry: RunEntry) -> Cell:
    if entry.status is not None:
        return STATUS_SIGNS[entry.status]
    return STATE_SIGNS[entry.state], STATE_TONES[entry.state]


def _sum(told: Total | None, say: Callable[[float], str]) -> str:
    """Return a sum, with a `+` if there is more that nobody knows."""
    if told is None:
        return _UNKNOWN
    return say(told.amount) + ("" if told.complete else "+")
