"""The pane of a run's events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events, on
from textual.binding import BindingType
from textual.reactive import reactive
from textual.scrollbar import ScrollTo, ScrollUp
from textual.strip import Strip

from whitetail.keymap import shown_key
from whitetail.keys import EVENTS, bindings
from whitetail.panes.base import (
    NOTHING_FOLDED,
    NOTHING_TO_FOLD,
    PaneMessage,
    title_with_columns,
)
from whitetail.panes.events_border import empty_line, order_label, title
from whitetail.panes.line_list import Cell, LineList
from whitetail.panes.palette import palette
from whitetail.panes.row_list import RowList
from whitetail.run.protocols import CachedRow, RowSource
from whitetail.view.lists.event_line import duration_header, event_line
from whitetail.view.lists.event_time import TimeFormat, event_time
from whitetail.view.lists.mark import NO_MARK, EventMark
from whitetail.view.matches import TextMatcher
from whitetail.view.units import count


class EventsPane(RowList):
    """The events of a run, one a line, in causal order once that is known.

    Events that were not read yet are drawn as dots. The cursor and the top of the view
    stay at their events while lines are added, removed or sorted above them.
    """

    HELP_GROUP = EVENTS
    BINDINGS: ClassVar[list[BindingType]] = bindings("events")
    BORDER_TITLE = "3 Events"

    following: reactive[bool] = reactive(False)
    """Whether the cursor stays on the newest event."""
    times: reactive[TimeFormat] = reactive(TimeFormat.CLOCK)
    """How times are shown."""
    sought: reactive[TextMatcher | None] = reactive(None)
    """The text that is marked in the events; None for none."""
    marks: reactive[Mapping[int, EventMark]] = reactive({})
    """The bookmarks and notes, by row."""
    unseen: reactive[int] = reactive(0, repaint=False)
    """How many events were added since following stopped."""
    next_run: reactive[bool] = reactive(False, repaint=False)
    """Whether the thread has a newer run, to which the mark at the foot leads."""

    class NextRunWanted(PaneMessage):
        """The user wants to go to the thread's newer run."""

    @dataclass
    class Failed(PaneMessage):
        """Events could not be read."""

        error: Exception

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id)
        self._kept_row: int | None = None
        """The row at which the cursor stays while a filter is applied."""
        self._end_wanted = False
        """Whether the last line is to be visible as soon as the pane has a size."""

    def show(
        self,
        source: RowSource | None,
        *,
        following: bool = False,
        row: int = 0,
    ) -> None:
        """Show the events of a source, with the cursor on a row; None shows nothing."""
        if self._source is not None:
            self._source.subscribe(None)
        self._source = source
        if source is not None:
            source.subscribe(self)
        self._kept_row = None
        self.unseen, self.next_run = 0, False
        self.following = following
        self._end_wanted = not following and not self.size
        self.resize_to(self.count)
        before = self.cursor
        if not following:
            self.show_line(self.count - 1)
        self.cursor = self.newest if following or source is None else source.line(row)
        if self.cursor == before:
            self.show_line(self.cursor)
            if self.count:
                self.post_message(self.Highlighted(self))
        self.refresh()
        self._want()
        self.label()

    def go_to(self, row: int) -> None:
        """Put the cursor on a row, unfold what hides it, and stop following."""
        self.following, self._kept_row = False, None
        if self._source is not None:
            self._source.reveal(row)
            self.cursor = self._source.line(row)

    def keep_row(self) -> None:
        """Keep the cursor near its row until the user moves it, whatever is listed."""
        if self._kept_row is None:
            self._kept_row = self.row

    def toggle_order(self) -> None:
        """Change between causal order and file order."""
        if self._source is not None:
            self._source.toggle_order()
            self.label()

    def move_to(self, line: int) -> None:
        """Put the cursor on a line; leaving the newest event stops following."""
        line, self._kept_row = self.validate_cursor(line), None
        if line != self.newest:
            self.following = False
        self.cursor = line

    # LinesListener.

    @contextmanager
    def lines_changing(self) -> Iterator[int | None]:
        """Keep the cursor and the top of the view at their rows."""
        source = self._source
        if source is None:
            yield None
            return
        before, visible = self.row, self.visible_lines
        row = before if self._kept_row is None else self._kept_row
        line = self.cursor if self.cursor in visible else visible.start
        held, y = source.row(line), line - self.scroll_offset.y
        yield None if self.following or not self.count else row
        self.resize_to(self.count)
        self._scroll_top(max(0, source.line(held) - y))
        self.set_reactive(LineList.cursor, self.validate_cursor(source.line(row)))
        if self._kept_row is not None:
            self.show_line(self.cursor)
        if self.row != before:
            self.post_message(self.Highlighted(self))
        self.refresh()
        self._want()

    def lines_changed(self, new_rows: int) -> None:
        """Go to the newest event, or count the new ones."""
        if new_rows:
            self.resize_to(self.count)
            if not self.following:
                self.unseen += new_rows
        if self.following:
            self.cursor = self.newest
        self.label()
        self.refresh()
        self._want()

    def lines_failed(self, error: Exception) -> None:
        """Post that events could not be read."""
        self.label()
        self.post_message(self.Failed(self, error))

    def render_line(self, y: int) -> Strip:
        """Return the line at a row of the view; without events, why there are none."""
        width = self.scrollable_content_region.width
        state = None if self._source is None else self._source.filter
        if self._has_mark(y + self.scroll_offset.y):
            # Also below the last event of a run that is shorter than the pane.
            mark = _mark(self.unseen, next_run=self.next_run)
            text, tone = f"{mark:^{width}}", "accent"
        elif state is None or self.count:
            return super().render_line(y)
        else:
            text, tone = empty_line(state, y), "muted"
        style = palette(self).style(tone)
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return an event's number, time, kind, caller and summary."""
        source = self._source
        if source is None:
            return []
        row = source.row(line)
        cached = source.cached(row)
        if cached is None:
            return [(f"{'·':>{self._digits}}", "muted")]
        time_text = _time(source, self.times, line, cached)
        context, callers = source.context(row), source.has_callers
        sizes = self._digits, time_text, width, self.marks.get(row, NO_MARK)
        cells = event_line(cached.summary, context, *sizes, has_callers=callers)
        if source.is_context(row):
            cells = [(text, "context") for text, _ in cells]
        return cells if self.sought is None else self.sought.marked(cells)

    def watch_following(self, following: bool) -> None:
        """Go to the newest event."""
        self.set_class(following, "-following")
        if following:
            self.unseen = 0
            self.cursor = self.newest
        self._want()

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Move the mark out of the cursor's way; remove it at the newest event."""
        super().watch_cursor(before, cursor)
        if cursor == self.newest:
            self.unseen = 0
        self._refresh_mark()

    def watch_unseen(self) -> None:
        """Draw the mark that counts the new events."""
        self._refresh_mark()

    def watch_next_run(self) -> None:
        """Draw the mark that names the new run."""
        self._refresh_mark()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Have the events read that became visible."""
        super().watch_scroll_y(old_value, new_value)
        self._want()

    def on_resize(self) -> None:
        """Keep the cursor visible, and have the events read that became visible."""
        if self._end_wanted and self.size:
            self._end_wanted = False
            self.resize_to(self.count)
            self.show_line(self.count - 1)
        super().on_resize()
        self.label_columns()
        self._want()

    def on_click(self, event: events.Click) -> None:
        """Go where the mark leads if it was clicked; else put the cursor there."""
        offset = event.get_content_offset(self)
        if offset and self._has_mark(offset.y + self.scroll_offset.y):
            self.action_bottom()
        else:
            super().on_click(event)

    @on(events.MouseScrollUp)
    @on(ScrollUp)
    @on(ScrollTo)
    def _stop_following(self) -> None:
        """Stop following when the view is scrolled by other means than the cursor."""
        self.following = False

    def action_bottom(self) -> None:
        """Go to the newest event and follow; or to the new run of the thread."""
        if self.next_run:
            self.post_message(self.NextRunWanted(self))
        else:
            self.following = True

    def action_fold(self) -> None:
        """Fold the event under the cursor, or go to its parent."""
        source = self._source
        if source is None or not source.row_count:
            return
        if source.fold(self.row):
            self.post_message(self.Highlighted(self))
        elif (parent := source.parent(self.row)) is not None:
            self.move_to(source.line(parent))
        else:
            self.notify(NOTHING_TO_FOLD, markup=False)

    def action_unfold(self) -> None:
        """Unfold the event under the cursor, or go to its first child."""
        source = self._source
        if source is None or not source.row_count:
            return
        if source.unfold(self.row):
            self.post_message(self.Highlighted(self))
        elif source.has_open_children(self.row):
            self.move_to(self.cursor + 1)
        else:
            self.notify(NOTHING_FOLDED, markup=False)

    @property
    def _last_visible(self) -> int:
        return self.scroll_offset.y + self.scrollable_content_region.height - 1

    @property
    def _digits(self) -> int:
        """The width of the column of seqs."""
        seq_width = self._source.seq_width if self._source else 0
        return max(len(str(self.row_count)), seq_width) + 1

    def _want(self) -> None:
        """Have the visible events read."""
        if self._source is not None and self.is_mounted:
            top = self.scroll_offset.y
            height = self.scrollable_content_region.height
            at_end = self.following and self.newest == self.count - 1
            self._source.want(range(top, top + height), at_end=at_end)

    def label(self) -> None:
        """Show in the border the filter, and in which order the events are."""
        self.label_columns()
        self.border_subtitle = "" if self._source is None else order_label(self._source)

    def label_columns(self) -> None:
        """Show in the border the filter; without one, the names of columns."""
        source, name = self._source, str(self.BORDER_TITLE)
        if source is not None and source.filter is not None:
            self.border_title = title(name, source, self.size.width)
            return
        names = duration_header(self._digits, self.size.width) if source else ""
        gap = len(names) - len(names.lstrip()) - len(name) - 2
        self.border_title = title_with_columns(
            name, names.lstrip(), gap, focused=self.has_focus
        )

    def _has_mark(self, line: int) -> bool:
        last = self._last_visible
        return bool(self.unseen or self.next_run) and line == (
            last - 1 if self.cursor == last else last
        )

    def _refresh_mark(self) -> None:
        self.refresh_line(self._last_visible - 1)
        self.refresh_line(self._last_visible)


def _mark(unseen: int, *, next_run: bool) -> str:
    key = shown_key("bottom")
    if next_run:
        return f"▼ new run · {key}"
    return f"▼ {count(unseen)} new · {key} follows"


def _time(
    source: RowSource, time_format: TimeFormat, line: int, cached: CachedRow
) -> str:
    before = source.cached(source.row(line - 1)) if line else None
    previous = before.time if before else cached.time
    return event_time(time_format, cached.time, source.start_time, previous)
