"""The two panes of a run that is open: its events, and the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from whitetail.keymap import shown_key
from whitetail.panes.detail import DetailPane
from whitetail.panes.events import EventsPane
from whitetail.panes.throttle import Throttle
from whitetail.run.listener import RunListener
from whitetail.run.open_run import FindRow, OpenRun
from whitetail.run.protocols import RunRows
from whitetail.run.run_lines import RunLines
from whitetail.run.snapshot import EventSnapshot
from whitetail.screens.event import read_event_of, shown
from whitetail.screens.run_filter import RunFilter
from whitetail.screens.run_marks import RunMarks
from whitetail.screens.searched_run import SearchedRun
from whitetail.state.database import StateDatabase
from whitetail.trace.order.outline import Folds
from whitetail.view.brief import plural, reason
from whitetail.view.detail.format import DetailFormat
from whitetail_store import LogChangedError, RunKey, StoreError

_BLANK_AFTER_S = 0.15
"""The panes are empty while a run needs longer to open."""
_INTERVAL_S, _FOLLOWING_INTERVAL_S = 0.1, 1.0
"""How often the event pane is filled again: while following, events rush by."""


class RunView(SearchedRun, RunListener):
    """Shows a run that is open, and leads the user through it.

    The run is read by an `OpenRun`; the panes get values and sequences of it.
    """

    format: reactive[DetailFormat] = reactive(DetailFormat.RENDERED)
    """How the event under the cursor is shown."""
    activity: reactive[str] = reactive("")
    """What the status line says of the run."""

    exporting: reactive[str] = reactive("", init=False)
    """What the status line says of an export that is being written."""

    @dataclass
    class Read(Message):
        """The run has another number of rows, or all of them were read."""

        run: OpenRun

    def __init__(
        self,
        id: str,  # noqa: A002
        may_be_written: Callable[[RunKey], bool],
        database: StateDatabase,
    ) -> None:
        """`may_be_written`: whether more events may come; `database`: the marks."""
        super().__init__(id=id)
        self._may_be_written = may_be_written
        self.events = EventsPane("events")
        self.detail = DetailPane("detail")
        self.filter = RunFilter(self.events, self._show_activity)
        """The filter of the events, in this run and the next ones."""
        self.run: OpenRun | None = None
        """The run that is open; None if none is, or while it is being opened."""
        self._opening: OpenRun | None = None
        self.lines: RunLines | None = None
        self.snapshot: EventSnapshot | None = None
        """The event under the cursor; None if it was not read yet."""
        self._shown_row = -1
        """The row of that event; -1 for none."""
        self.folds: dict[RunKey, Folds] = {}
        """The rows that the user has folded and unfolded, by run."""
        self.find_rows: dict[RunKey, FindRow] = {}
        """How the row is found at which the user left a run, until it is opened."""
        self.marks = RunMarks(self, database)
        """The bookmarks and notes of the run that is open."""
        self._left_at: dict[RunKey, tuple[bool, int]] = {}
        """Whether each run was followed when it was left, and at which row."""
        self._following = False
        self.causal_first = True
        """Whether a run that is opened is listed in causal order."""
        self._row: int | None = None
        """The row at which the run begins; None for the one that concludes it."""
        self._finder = self._new_search(self._show_activity, self._show_error)
        self._faults_wanted = False
        self._refill = Throttle(self, _INTERVAL_S, self._read_snapshot)

    @property
    def key(self) -> RunKey | None:
        """The run that is open or being opened."""
        return None if self._opening is None else self._opening.key

    def open(self, rows: RunRows, *, following: bool, as_before: bool = False) -> None:
        """Show another run; `following` keeps the cursor on its newest event.

        `as_before`: show it as when it was left, if it was open before.
        """
        self._leave()
        self._following, self._row = following, None
        if as_before and rows.key in self._left_at:
            self._following, self._row = self._left_at[rows.key]
        self._faults_wanted = False
        find, folds = self.find_rows.pop(rows.key, None), self.folds
        run = OpenRun(rows, folds.setdefault(rows.key, Folds()), find_row=find)
        self._opening = run
        run.subscribe(self)
        run.start()
        self.set_timer(_BLANK_AFTER_S, lambda: self._blank(run))

    def close(self) -> None:
        """Show no run."""
        self._leave()
        self._show_nothing("")

    def touch(self) -> None:
        """Read what was written since: the source of the run has changed."""
        if self._opening is not None:
            self._opening.touch()

    def pass_time(self) -> None:
        """Stop to show that a run is followed once no more events may come."""
        if self.events.following:
            self._show_activity()

    # Keys.

    def next_time_format(self) -> None:
        """Show times in the next format."""
        self.events.times = times = self.events.times.next
        self.activity = f"times: {times}"

    def list_faults(self) -> None:
        """List the faults of the run, once it is open and all of it was read."""
        self._faults_wanted = True
        self._list_wanted_faults()
        self._show_activity()

    # Textual.

    def compose(self) -> ComposeResult:
        """Yield the panes."""
        yield self.events
        yield self.detail

    def on_mount(self) -> None:
        """Show in the status line when following begins and ends."""
        self.watch(self.events, "following", self._show_activity, init=False)

    def on_unmount(self) -> None:
        """Stop reading and searching."""
        self._leave()

    def watch_exporting(self) -> None:
        """Show how far the export is."""
        self._show_activity()

    def watch_format(self) -> None:
        """Show the event in its new format."""
        self.show_document()

    @on(EventsPane.Highlighted)
    def _event_highlighted(self) -> None:
        self._refill.request()

    @on(EventsPane.Failed)
    def _events_failed(self, message: EventsPane.Failed) -> None:
        if isinstance(message.error, LogChangedError):
            self.touch()
        else:
            self._show_error(message.error)

    # RunListener.

    def run_opened(self) -> None:
        """Show the run, or its new rows after the file was replaced."""
        run = self._opening
        if run is None:
            return
        again = run is self.run
        following = self.events.following if again else self._following
        self._keep_position()
        causal = self.causal_first if self.lines is None else self.lines.causal
        if self.lines is not None:
            self.lines.close()
        self.run, self.lines = run, RunLines(run, causal=causal)
        row = max(0, run.row_count - 1) if again else run.first_row
        if again and not self.events.row_count and run.key in self._left_at:
            following, row = self._left_at[run.key]
        elif not again and self._row is not None:
            row = self._row
        row = min(row, run.row_count)
        self.events.show(self.lines, following=following, row=row)
        self.filter.run_opened(self.lines)
        self.marks.run_opened()
        if not run.row_count:
            self._show_snapshot(None)
        self._show_activity()
        self.post_message(self.Read(run))
        self._list_wanted_faults()

    def rows_added(self) -> None:
        """Post the new number of rows; the run may have ended with them."""
        if self.run is not None:
            self.post_message(self.Read(self.run))
            self.pass_time()

    def run_progressed(self) -> None:
        """Post that the run was read; list its faults if the user asked for them."""
        if self.run is not None and self.run.read_whole:
            self.post_message(self.Read(self.run))
            self._show_activity()
            self._list_wanted_faults()

    def run_failed(self, error: Exception) -> None:
        """Show why the run cannot be read."""
        self._show_error(error)

    # The run.

    def _leave(self) -> None:
        """Stop reading the run that is open."""
        self._finder.stop()
        self._keep_position()
        if self.lines is not None:
            self.lines.close()
        if self._opening is not None:
            self._opening.close()
        self.run = self._opening = self.lines = None
        self.filter.run_closed()
        self.marks.run_closed()

    def _keep_position(self) -> None:
        """Remember where the user is in the run that is shown."""
        if self.run is not None and self.events.row_count:
            self._left_at[self.run.key] = self.events.following, self.events.row

    def _blank(self, run: OpenRun) -> None:
        if self._opening is run and self.run is None:
            self._show_nothing("reading…")

    def _show_nothing(self, activity: str) -> None:
        self.events.show(None)
        self._show_snapshot(None)
        self.activity = activity

    def go_to(self, row: int | None) -> None:
        """Put the cursor on a row, and give the events the focus; not if None."""
        if row is not None:
            self.events.go_to(row)
            self.events.focus()

    # The event under the cursor.

    @work(exclusive=True, group="event")
    async def _read_snapshot(self) -> None:
        """Read the event under the cursor with its relatives, and show it."""
        run, row = self.run, self.events.row
        try:
            snapshot = await self.read_event()
        except LogChangedError:
            self.touch()
        except (StoreError, OSError, IndexError) as error:
            self._show_error(error)
        else:
            if run is not None and run is self.run and snapshot is not None:
                self._show_snapshot(snapshot, row)
                if row == self._match:
                    self._match = None
                    self.detail.show_match()

    async def read_event(self) -> EventSnapshot | None:
        """Return the event under the cursor with its relatives; None if there is none.

        The one that the pane shows can be an earlier one.

        Raises:
            StoreError, OSError, IndexError: The rows cannot be read.

        """
        run, row = self.run, self.events.row
        if run is None or row >= run.row_count:
            return None
        return await read_event_of(run, row, run_ended=not self.may_grow)

    def _show_snapshot(self, snapshot: EventSnapshot | None, row: int = -1) -> None:
        before, self._shown_row = self._shown_row, row
        same_note = self.marks.note(before) == self.marks.note(row)
        if snapshot is None or snapshot != self.snapshot or not same_note:
            self.snapshot = snapshot
            self.show_document()

    def show_document(self) -> None:
        """Show the event under the cursor, with its note."""
        note = self.marks.note(self._shown_row)
        title, document = shown(self.snapshot, self.format, note)
        self.detail.show(document)
        self.detail.border_title = Content(title)

    # The status line and errors.

    @property
    def may_grow(self) -> bool:
        """Whether more events of the run may come, or no run is open."""
        run = self.run
        return run is None or (not run.ended and self._may_be_written(run.key))

    def _show_activity(self) -> None:
        following = self.events.following
        self._refill.every = _FOLLOWING_INTERVAL_S if following else _INTERVAL_S
        faults = len(self.run.faults) if self.run else 0
        failed = self.run.failed if self.run else None
        parts = [
            f"cannot be read: {reason(failed)}" if failed else "",
            self._finder.label,
            self.filter.label,
            self.exporting,
            "looking for faults…" if self._faults_wanted else "",
            f"{plural(faults, 'fault')} ({shown_key('faults')} lists them)"
            if faults
            else "",
            "● following" if following and self.may_grow else "",
        ]
        self.activity = " · ".join(filter(None, parts))

    def _show_error(self, error: Exception) -> None:
        self._show_activity()
        again = f"{shown_key('reload')} tries again"
        text = f"The run cannot be read: {reason(error)}. {again}."
        self.notify(text, severity="error", markup=False)
