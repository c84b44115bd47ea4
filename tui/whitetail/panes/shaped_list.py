"""The base class of the lists that can be narrowed and sorted: threads and runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, cast

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip

from whitetail.keymap import shown_key
from whitetail.keys import bindings
from whitetail.panes.base import PaneMessage
from whitetail.panes.line_list import Cell
from whitetail.panes.palette import palette
from whitetail.panes.selectable_list import Key, SelectableList
from whitetail.view.brief import plural
from whitetail.view.lists.columns import Column, Columns, fitting, number_text
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.lists.numbers import NO_NUMBERS, Numbers, add_up, totals_line
from whitetail.view.lists.order import SORT_KEYS, Entry, SortColumn, SortOrder
from whitetail.view.lists.shape import ListShape
from whitetail.view.text import fit, one_line
from whitetail.view.units import DateStyle, clock, date_and_clock, size

if TYPE_CHECKING:
    from whitetail.view.lists.fuzzy import Span
    from whitetail.view.lists.narrow import Narrowing

_COST_CELLS = len(" 12.34+")
"""The width of a cost without its currency."""
_TIME_CELLS, _LONG_TIME_CELLS = 7, len(" Aug 03'24 14:03")
_MIN_CHIP_CELLS, _MAX_CHIP_CELLS = 16, 40
"""The width of the text in the border that narrows the list."""


class ShapedList(SelectableList[Key], Generic[Key, Entry]):
    """Entries with names and numbers, of which a text can choose some.

    The border has the names of the columns, what narrows the list, and the totals over
    all lines. Keys sort it.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("shaped")

    NOUN = ""
    """What the totals call an entry. Empty if they have the number of entries."""
    COLUMNS: tuple[Column, ...] = ()
    """All columns, from left to right."""
    MOST_WANTED: tuple[str, ...] = ()
    """The names of columns, the one that is shown first at the front."""
    SIGN_CELLS, MIN_NAME_CELLS = 2, 18
    MIN_CELLS_FOR_CLOCK = 80
    """From this width on, the time of day is shown of other days, too."""

    dates: reactive[DateStyle] = reactive(DateStyle.NAMES)
    """How times are shown."""

    class OrderChanged(PaneMessage):
        """The user sorts the list by something else."""

    def __init__(self, id: str, now: Callable[[], float]) -> None:  # noqa: A002
        """Show ages relative to `now`, which returns seconds since the epoch."""
        super().__init__(id)
        self._now = now
        self._all: Sequence[Entry] = ()
        self._shown: Sequence[Entry] = ()
        self._shape = ListShape()
        self._totals = NO_NUMBERS
        self._currency = ""
        self._unread_hint = ""

    @property
    def chosen(self) -> list[Entry]:
        """The selected entries. Without a selection, the one under the cursor."""
        return [self._shown[line] for line in self.chosen_lines]

    @property
    def under_cursor(self) -> Entry:
        """The entry under the cursor.

        Raises:
            IndexError: The list is empty.

        """
        return self._shown[self.cursor]

    @property
    def narrowing(self) -> Narrowing | None:
        """What narrows the list; None for nothing."""
        return self._shape.narrowing

    @property
    def order(self) -> SortOrder:
        """How the list is sorted."""
        return self._shape.order

    @property
    def all_entries(self) -> Sequence[Entry]:
        """All entries, also those that are not shown because the list is narrowed."""
        return self._all

    @property
    def totals(self) -> Numbers:
        """The totals over all lines."""
        return self._totals

    @property
    def sort_columns(self) -> list[SortColumn]:
        """What the list can be sorted by: columns that are not hidden, and names."""
        shown = [each.sort for each in self.sized_columns() if each.cells]
        return [
            each for each in SORT_KEYS.values() if each in (*shown, SortColumn.NAME)
        ]

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these entries, or those that match. The cursor stays on its entry."""
        if entries == self._all and self._shape.is_plain:
            return
        self._all = entries
        self._show()

    def narrow(self, narrowing: Narrowing | None) -> None:
        """Show only the entries that match; None for all."""
        self._shape.narrowing = narrowing
        self._show()
        self.label_columns()
        self.refresh()

    def reveal(self, key: Key) -> None:
        """Move the cursor to an entry. If it is hidden, show all entries."""
        known = any(entry.key == key for entry in self._all)
        if known and all(entry.key != key for entry in self._shown):
            self.narrow(None)
        self.go_to(key)

    def sort_by(self, column: SortColumn) -> None:
        """Sort the list by a column."""
        self.sort(SortOrder(column))

    def sort(self, order: SortOrder) -> None:
        """Sort the list."""
        self._shape.order = order
        self._show()
        self.label_columns()
        self.refresh()
        self.post_message(self.OrderChanged(self))

    async def action_narrow(self) -> None:
        """Ask for a text that narrows the list."""
        await self.run_action("screen.narrow")

    def action_reverse(self) -> None:
        """Sort the list in the other direction."""
        self.sort(self._shape.order.reversed)

    def show_costs(self, currency: str) -> None:
        """Show costs in a currency. Hide them if `currency` is empty."""
        self._currency = currency
        self.label_columns()
        self.label_count()
        self.refresh()

    def on_resize(self) -> None:
        """Show as many columns and totals as fit now."""
        super().on_resize()
        self.label_count()

    def hint_at_unread(self, hint: str) -> None:
        """Show a hint behind totals to which runs will not add without a key."""
        if hint != self._unread_hint:
            self._unread_hint = hint
            self.label_count()

    def label_count(self) -> None:
        """Show in the border how many lines there are, and their totals."""
        cells = self.line_cells
        parts = []
        if self.selected:
            chosen = add_up(entry.numbers for entry in self.chosen).size
            parts.append(f"{len(self.selected):,} selected")
            if chosen is not None:
                parts.append(size(chosen))
        narrowed = self.narrowing is not None
        if narrowed:
            parts.append(f"{self.count:,} of {len(self._all):,}")
        elif self.NOUN:
            parts.append(plural(self.count, self.NOUN))
        left = cells - cell_len(" · ".join([*parts, ""]))
        if not self.selected:
            parts.append(self._totals_and_hint(left))
        self.border_subtitle = Content(" · ".join(filter(None, parts)))

    def render_line(self, y: int) -> Strip:
        """Return the line at a row of the view; why there is none if none matches."""
        if self._shape.narrowing is None or self.count or not self._all:
            return super().render_line(y)
        text = one_line(self._shape.narrowing.text, _MAX_CHIP_CELLS)
        narrow = shown_key("lists.narrow")
        hint = f" {shown_key('back')} shows all, {narrow} changes the text."
        lines = ("", f" None matches [{text}].", hint)
        width, style = self.size.width, palette(self).style("muted")
        line = fit(lines[y], width) if y < len(lines) else ""
        return Strip([Segment(line, style)]).adjust_cell_length(width, style)

    def header(self, width: int) -> str:
        """Return the names of the columns that fit now."""
        return self.columns.heads

    @property
    def title_text(self) -> str:
        """The name of the pane, and what narrows it.

        Also what it is sorted by, if that is no column.
        """
        title = f"{super().title_text} {self.columns.hidden_head}".rstrip()
        if self.narrowing is None:
            return title
        left = self.line_cells - 6 - cell_len(title) - cell_len(self.header(0).lstrip())
        cells = max(_MIN_CHIP_CELLS, min(left, _MAX_CHIP_CELLS))
        text = one_line(self.narrowing.text, 2 * _MAX_CHIP_CELLS)
        return f"{title} [{fit(text, cells).rstrip()}]"

    @property
    def columns(self) -> Columns:
        """The columns that fit."""
        room = self.line_cells - self.SIGN_CELLS - self.MIN_NAME_CELLS
        return fitting(self.sized_columns(), room, self.order, self.MOST_WANTED)

    def sized_columns(self) -> list[Column]:
        """Return all columns with their present widths."""
        cost = _COST_CELLS + cell_len(self._currency) if self._currency else 0
        is_long = self.line_cells >= self.MIN_CELLS_FOR_CLOCK
        time_cells = _LONG_TIME_CELLS if is_long else _TIME_CELLS
        widths = {SortColumn.COST: cost, SortColumn.TIME: time_cells}
        return [
            each._replace(cells=widths.get(each.sort, each.cells))
            if each.sort
            else each
            for each in self.COLUMNS
        ]

    def signs(self, entry: Entry) -> list[Cell]:
        """Return the signs before an entry's name, in `SIGN_CELLS` cells."""
        raise NotImplementedError

    def value(self, entry: Entry, column: Column) -> Cell:
        """Return the text of a column. Empty if it has not been read yet."""
        sort, tone = column.sort, "muted"
        if sort is None:
            return "", tone
        if sort is SortColumn.STATUS:
            return str(entry.status), STATUS_SIGNS[entry.status][1]
        if sort is SortColumn.TIME:
            is_long = self.line_cells >= self.MIN_CELLS_FOR_CLOCK
            form = date_and_clock if is_long else clock
            return form(entry.listed_time, self._now(), self.dates), tone
        errors = entry.numbers.errors
        if sort is SortColumn.ERRORS and errors and errors.amount:
            tone = "error"
        elif sort in (SortColumn.RUNS, SortColumn.TOKENS, SortColumn.COST):
            tone = "plain"
        return number_text(entry.numbers, sort, self._currency), tone

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return an entry's signs, its name, and the numbers of the columns that fit.

        The letters of the name that match are marked.
        """
        entry, columns = self._shown[line], self.columns
        name_cells = min(width, self.line_cells) - self.SIGN_CELLS - columns.cells
        name = fit(entry.name, max(0, name_cells))
        spans = self.narrowing.marks(entry.name) if self.narrowing else []
        tone = "plain" if entry.name_known else "muted"
        cells = [*self.signs(entry), *_marked(name, spans, tone)]
        for column in columns.shown:
            text, tone = self.value(entry, column)
            padding = " " * (columns.cells_of(column) - cell_len(text))
            cells.append((padding + text, tone))
        return cells

    def _show(self) -> None:
        before, shown = self._shown, self._shape.of(self._all, time.monotonic())
        self._shown = shown
        self._totals = add_up(entry.numbers for entry in shown)
        keys = [entry.key for entry in shown]
        if len(before) != len(shown) or keys != [entry.key for entry in before]:
            self.rearrange(cast("list[Key]", keys))
            return
        for line in self.visible_lines:
            if before[line] != shown[line]:
                self.refresh_line(line)
        self.label_count()

    def _totals_and_hint(self, cells: int) -> str:
        """Return the totals, and how to complete them if both fit."""
        hint = f" · {self._unread_hint}" if self._unread_hint else ""
        if hint and self._totals.unread:
            line = self._totals_line(cells - cell_len(hint))
            if line:
                return line + hint
        return self._totals_line(cells)

    def _totals_line(self, cells: int) -> str:
        names_runs = bool(self.NOUN) or self.narrowing is None
        return totals_line(self._totals, self._currency, cells, names_runs=names_runs)


def _marked(text: str, spans: Sequence[Span], tone: str) -> list[Cell]:
    """Return a text as cells, of which the given spans are marked."""
    cells: list[Cell] = []
    end = 0
    for first, after in spans:
        after = min(after, len(text.rstrip("… ")))
        if first < after:
            cells += [(text[end:first], tone), (text[first:after], "match")]
            end = after
    return [cell for cell in (*cells, (text[end:], tone)) if cell[0]]
