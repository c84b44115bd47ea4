"""The filter of the run that is open, which stays when another run is opened."""

from __future__ import annotations

from collections.abc import Callable

from whitetail.keymap import shown_key
from whitetail.panes.events import EventsPane
from whitetail.run.run_lines import RunLines


class RunFilter:
    """The text of a filter, and whether it is switched on."""

    def __init__(self, events: EventsPane, changed: Callable[[], None]) -> None:
        """Filter nothing yet; `changed` is called if the label changes."""
        self.text = ""
        """The query; empty if there is no filter."""
        self._shown = True
        """Whether only what matches is listed."""
        self._kept = False
        """Whether it was set while another run was open."""
        self._events = events
        self._lines: RunLines | None = None
        self._changed = changed

    @property
    def label(self) -> str:
        """What the status line shows of the filter."""
        kept = self.text and self._kept
        return f"the filter stays: {shown_key('back')} clears it" if kept else ""

    def set_text(self, text: str) -> None:
        """Filter by another query from now on; an empty one shows all rows.

        Raises:
            QueryError: It is no query.

        """
        self.text, self._shown, self._kept = text.strip(), True, False
        self._apply()
        self._changed()

    def clear(self) -> bool:
        """Show all rows; return whether there was a filter."""
        filtered = bool(self.text)
        if filtered:
            self.set_text("")
        return filtered

    def toggle(self) -> None:
        """Switch the filter off, or on again."""
        # A row that the filter hides can have switched it off.
        state = None if self._lines is None else self._lines.filter
        self._shown = not (self._shown if state is None else state.shown)
        if self._lines is not None and self.text:
            self._events.keep_row()
            self._lines.show_filtered(self._shown)

    def run_opened(self, lines: RunLines) -> None:
        """Filter the rows of a run that was opened, or was replaced."""
        self._lines = lines
        if self.text:
            self._kept = True
            self._apply()

    def run_closed(self) -> None:
        """Wait for the next run."""
        self._lines = None

    def _apply(self) -> None:
        """Filter the rows of the open run."""
        if self._lines is None:
            return
        if not self.text:
            self._lines.filter_rows(None)
            return
        from whitetail.run.row_filter import RowFilter
        from whitetail.trace.query.parse import parse_query

        row_filter = RowFilter(parse_query(self.text))
        self._events.keep_row()
        self._lines.filter_rows(row_filter, self._events.row)
        if not self._shown:
            self._lines.show_filtered(False)
