"""The two panes of a run that is open: its events, and the one under the cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Event

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from whitetail.panes.detail import DetailPane
from whitetail.panes.events import EventsPane
from whitetail.panes.throttle import Throttle
from whitetail.run.open_run import Growth, OpenRun
from whitetail.run.protocols import RunRows
from whitetail.run.run_lines import RunLines
from whitetail.run.search import RowTest, contains_text, failed, find_row
from whitetail.run.snapshot import EventSnapshot, RelativeRows, read_snapshot
from whitetail.trace.order.outline import Folds
from whitetail.trace.stats.pricing import Prices
from whitetail.view.brief import plural
from whitetail.view.detail.format import DetailFormat
from whitetail.view.folding import unfolded_lines
from whitetail.view.lists.event import summarize
from whitetail.view.styled import Document
from whitetail.view.text import one_line
from whitetail_store import Finding, LogChangedError, RunKey, StoreError

_BLANK_AFTER_S = 0.15
"""A run that takes longer to open leaves the panes empty meanwhile."""
_SNAPSHOT_INTERVAL_S, _FOLLOWING_INTERVAL_S = 0.1, 1.0
"""How often the event pane is filled anew: while following, events rush by."""
_MAX_COPIED_CHARS = 70_000
"""Terminals and multiplexers drop longer texts (OSC 52)."""
_MAX_COPIED_LINES = 5_000


class RunView(Container):
    """Shows a run that is open, and takes the user through it.

    The run is read by an `OpenRun`; the panes get values and sequences of it.
    """

    format: reactive[DetailFormat] = reactive(DetailFormat.RENDERED)
    """How the event under the cursor is shown."""
    activity: reactive[str] = reactive("")
    """What the status line says of the run."""

    @dataclass
    class Read(Message):
        """The run has another number of rows, or all of them were read."""

        run: OpenRun

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.events = EventsPane("events")
        self.detail = DetailPane("detail")
        self.run: OpenRun | None = None
        """The run that is open; None if none is, or while it is being opened."""
        self._key: RunKey | None = None
        self._opening: OpenRun | None = None
        self._lines: RunLines | None = None
        self._snapshot: EventSnapshot | None = None
        self._folds: dict[RunKey, Folds] = {}
        self._following = False
        self._stop_search = Event()
        self._test: RowTest | None = None
        self._searched = ""
        self._show_faults = False
        self._refill = Throttle(self, _SNAPSHOT_INTERVAL_S, self._read_snapshot)

    @property
    def key(self) -> RunKey | None:
        """The run that is open or being opened."""
        return self._key

    def open(self, rows: RunRows, *, following: bool) -> None:
        """Show another run; `following` keeps the cursor on its newest event."""
        self._leave()
        self._key = rows.key
        self._following = following
        run = OpenRun(rows, self._folds.setdefault(rows.key, Folds()))
        self._opening = run
        run.subscribe(self)
        run.start()
        self.set_timer(_BLANK_AFTER_S, lambda: self._blank(run))

    def close(self) -> None:
        """Show no run."""
        self._leave()
        self._key = None
        self.events.show(None)
        self._show_snapshot(None)
        self.activity = ""

    def touch(self) -> None:
        """Read what was written since: the source of the run has changed."""
        if self._opening is not None:
            self._opening.touch()

    # Keys.

    def toggle_following(self) -> None:
        """Follow the newest event, or stop following."""
        self.events.following = not self.events.following

    def next_time_format(self) -> None:
        """Show times in the next format."""
        self.events.times = self.events.times.next
        self._searched = f"times: {self.events.times}"
        self._show_activity()

    def toggle_order(self) -> None:
        """Change between causal order and file order."""
        self.events.toggle_order()

    def find(self, query: str) -> None:
        """Go to the next event with a text, which may be the one under the cursor."""
        self._test = contains_text(query)
        self._searched = f"/{one_line(query, 30)}"
        self._search(self._test, 0, 1, self._searched)

    def find_next(self, step: int) -> None:
        """Go to the next match of the last search; the previous one with step -1."""
        if self._test is not None:
            self._search(self._test, step, step, self._searched)

    def next_error(self, step: int) -> None:
        """Go to the next event that is an error; the previous one with step -1."""
        if self.run is not None:
            test = failed(self.run.failed_rows(), self.run.rows_read)
            self._search(test, step, step, "errors")

    def show_overview(
        self, prices: Prices, is_growing: Callable[[RunKey], bool]
    ) -> None:
        """Show the run's status, usage and timeline.

        `is_growing` returns whether a run is being written.
        """
        from whitetail.screens.overview import OverviewScreen

        if self.run is not None:
            growing = partial(is_growing, self.run.key)
            screen = OverviewScreen(self.run, prices, growing)
            self.app.push_screen(screen, self._go_to)

    def list_faults(self) -> None:
        """List the problems of the run, once all of it was read."""
        run = self.run
        if run is None:
            return
        if not run.read_whole:
            self._show_faults = True
            run.read_all()
            self._show_activity()
        elif not run.faults:
            self.notify("This run's file has no problems.", markup=False)
        else:
            from whitetail.screens.findings import FindingsScreen

            self.app.push_screen(FindingsScreen(run.faults), self._go_to)

    def copy(self, part: str) -> None:
        """Copy the event's text, its raw `line` or the `path` of the run's file."""
        if part == "path":
            if self.run is not None:
                self._copy(self.run.rows.location, "the path")
        elif self._snapshot is not None:
            raw = part == "line"
            document = _document(
                self._snapshot, DetailFormat.RAW if raw else DetailFormat.PLAIN
            )
            lines = islice(unfolded_lines(document(0)), _MAX_COPIED_LINES)
            # A raw line is shown in pieces that belong together.
            text = ("" if raw else "\n").join(
                "".join(text for text, _ in line) for line in lines
            )
            self._copy(text, "the raw line" if raw else "the event")

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

    def watch_format(self) -> None:
        """Show the event in its new format."""
        self._show_document()

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
        causal = self._lines is None or self._lines.causal
        if self._lines is not None:
            self._lines.close()
        self.run = run
        self._lines = RunLines(run, causal=causal)
        if not again:
            self._searched, self._show_faults = "", False
        row = max(0, run.row_count - 1) if again else run.conclusion_row
        self.events.show(self._lines, following=following, row=row)
        if not run.row_count:
            self._show_snapshot(None)
        self._show_activity()
        self.post_message(self.Read(run))

    @contextmanager
    def order_changing(self, growth: Growth) -> Iterator[None]:
        """Do nothing: the lines keep the view where it is."""
        yield

    def rows_added(self) -> None:
        """Post the new number of rows."""
        if self.run is not None:
            self.post_message(self.Read(self.run))

    def run_progressed(self) -> None:
        """Post that the run was read; list its faults if the user asked for them."""
        run = self.run
        if run is None or not run.read_whole:
            return
        self.post_message(self.Read(run))
        self._show_activity()
        if self._show_faults:
            self._show_faults = False
            self.list_faults()

    def run_failed(self, error: Exception) -> None:
        """Show why the run can't be read."""
        self._show_error(error)

    # The run.

    def _leave(self) -> None:
        """Stop reading the run that is open."""
        self._stop_search.set()
        if self._lines is not None:
            self._lines.close()
            self._lines = None
        if self._opening is not None:
            self._opening.close()
        self.run = self._opening = None

    def _blank(self, run: OpenRun) -> None:
        if self._opening is run and self.run is None:
            self.events.show(None)
            self._show_snapshot(None)
            self.activity = "reading…"

    def _go_to(self, row: int | None) -> None:
        if row is not None:
            self.events.go_to(row)
            self.events.focus()

    # The event under the cursor.

    @work(exclusive=True, group="event")
    async def _read_snapshot(self) -> None:
        """Read the event under the cursor with its relatives, and show it."""
        run, row = self.run, self.events.row
        if run is None or row >= run.row_count:
            return
        relative_rows = None
        if run.outline is not None and row < len(run.outline):
            relative_rows = RelativeRows.of(row, run.outline, run_ended=run.ended)
        try:
            snapshot = await asyncio.to_thread(
                _read_snapshot, run.rows, row, relative_rows
            )
        except LogChangedError:
            self.touch()
        except (StoreError, OSError, IndexError) as error:
            self._show_error(error)
        else:
            if run is self.run:
                self._show_snapshot(snapshot)

    def _show_snapshot(self, snapshot: EventSnapshot | None) -> None:
        if snapshot is None or snapshot != self._snapshot:
            self._snapshot = snapshot
            self._show_document()

    def _show_document(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            self.detail.border_title = Content("4 Event")
            self.detail.show(None)
            return
        summary = summarize(snapshot.event)
        rendered = self.format is DetailFormat.RENDERED
        suffix = "" if rendered else f" · {self.format}"
        title = f"4 Event {summary.seq} · {summary.kind}{suffix}"
        self.detail.border_title = Content(title)
        self.detail.show(_document(snapshot, self.format))

    # Search.

    @work(exclusive=True, group="search")
    async def _search(self, test: RowTest, skip: int, step: int, name: str) -> None:
        """Search in a thread, in the order that is shown, from the cursor's row on."""
        run, lines = self.run, self._lines
        self._stop_search.set()
        self._stop_search = stop = Event()
        if run is None or lines is None:
            return
        self.activity = f"{name}: searching…"
        start = lines.position(self.events.row) + skip
        try:
            found = await asyncio.to_thread(
                find_row, run.rows, lines.positions(), start, step, test, stop
            )
        except (StoreError, OSError, IndexError) as error:
            self._show_activity()
            self._show_error(error)
            return
        if run is not self.run:
            return
        if found is None:
            self.activity = f"{name}: none in this run"
            return
        self.activity = f"{name}{' (from the other end)' if found.wrapped else ''}"
        self.events.go_to(found.row)

    # The status line, the clipboard, errors.

    def _show_activity(self) -> None:
        following = self.events.following
        self._refill.every = (
            _FOLLOWING_INTERVAL_S if following else _SNAPSHOT_INTERVAL_S
        )
        faults: list[Finding] = list(self.run.faults) if self.run else []
        parts = [
            self._searched,
            "looking for problems…" if self._show_faults else "",
            f"{plural(len(faults), 'fault')}: !" if faults else "",
            "● following" if following else "",
        ]
        self.activity = " · ".join(filter(None, parts))

    def _copy(self, text: str, name: str) -> None:
        if len(text) > _MAX_COPIED_CHARS:
            self.notify(
                f"Only the first {_MAX_COPIED_CHARS:,} characters of {len(text):,} "
                "were copied.",
                severity="warning",
                markup=False,
            )
            text = text[:_MAX_COPIED_CHARS]
        # A lone surrogate, as the name of a folder may have, can't be encoded.
        self.app.copy_to_clipboard(text.encode(errors="replace").decode())
        self.notify(f"Copied {name}.", timeout=2, markup=False)

    def _show_error(self, error: Exception) -> None:
        self.notify(
            one_line(f"The run can't be read: {error}. ctrl+r tries again."),
            severity="error",
            markup=False,
        )


def _read_snapshot(
    rows: RunRows, row: int, relative_rows: RelativeRows | None
) -> EventSnapshot:
    """Return a row and its relatives, once the modules that lay it out are loaded.

    Called in a thread: the first screen needs none of those modules, and loading
    them in the event loop would block it.

    Raises:
        StoreError, OSError, IndexError: The rows can't be read.

    """
    from whitetail.view.detail import document  # noqa: F401

    return read_snapshot(rows, row, relative_rows)


def _document(snapshot: EventSnapshot, format: DetailFormat) -> Document:  # noqa: A002
    """Return the event of a snapshot as a document in the given format."""
    from whitetail.view.detail.document import document

    return document(snapshot.event, snapshot.line, format, snapshot.relatives)
