"""One run: its events, the one under the cursor in full, and the file behind them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from whitetail.panes.detail import DetailPane
from whitetail.panes.events import EventsPane, TimeFormat
from whitetail.panes.throttle import Throttle
from whitetail.run.reader import RunReader
from whitetail.run.search import RowTest, contains_text, find_row, has_failed
from whitetail.run.snapshot import EventSnapshot, RelativeRows, read_snapshot
from whitetail.trace.order.outline import Folds
from whitetail.trace.run_summary import rows_after_conclusion
from whitetail.trace.stats.pricing import Prices
from whitetail.view.brief import plural
from whitetail.view.detail.format import DetailFormat
from whitetail.view.folding import unfolded_lines
from whitetail.view.lists.event import summarize
from whitetail.view.styled import Document
from whitetail.view.text import one_line
from whitetail_store import (
    Fault,
    Finding,
    LogChangedError,
    RunKey,
    RunLog,
    StoreError,
    check_run,
)

_PATIENCE = 0.15
_PAINTS, _FLOOD = 0.1, 0.33
_MANY = 10
_LOOKS = 0.1
_GLIMPSES = 1.0
_EXAMINES = 5.0
_LARGE, _SMALL = 1 << 25, 1 << 22
_MOST = 10_000
_YOUNG = 5.0
_LAST = 8
_SHORT = 10_000
_COPIED = 70_000
_COPIED_LINES = 5_000


class RunView(Container):
    """A run that is open: the only widget that knows its file.

    It reads in threads, takes in what the file has grown by, and hands the panes
    sequences and values.
    """

    form: reactive[DetailFormat] = reactive(DetailFormat.RENDERED)
    """How the event is shown."""
    activity: reactive[str] = reactive("")
    """What it is doing, for the status line."""

    @dataclass
    class Grown(Message):
        """The run that is open has another number of rows."""

        key: RunKey
        rows: int

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.events = EventsPane("events")
        """The pane of events."""
        self.detail = DetailPane("detail")
        """The pane of the event under the cursor."""
        self._key: RunKey | None = None
        self._log: RunLog | None = None
        self._shown: EventSnapshot | None = None
        self._folds: dict[RunKey, Folds] = {}
        self._changed = asyncio.Event()
        self._stop = Event()
        self._sought: RowTest | None = None
        self._found = ""
        self._findings: list[Finding] | None = None
        self._examine = Throttle(self, _EXAMINES, self._check_file)
        self._grow = Throttle(self, _PAINTS, self._take_in)
        self._look = Throttle(self, _LOOKS, self._show_event)

    @property
    def key(self) -> RunKey | None:
        """The run that is open."""
        return self._key

    @property
    def path(self) -> Path | None:
        """Its file."""
        return self._log.path if self._log else None

    def open(self, key: RunKey, path: Path, *, following: bool) -> None:
        """Show another run, at its newest event."""
        self._key = key
        self._keep(path, following)

    def close(self) -> None:
        """Show no run."""
        self._key = self._log = None
        self.workers.cancel_group(self, "log")
        self.events.show(())
        self._show_row(None)

    def look(self) -> None:
        """Take in that the file is not as it was."""
        self._changed.set()

    def follow(self) -> None:
        """Follow the newest event, or stop."""
        self.events.following = not self.events.following

    def next_time_format(self) -> None:
        """Tell times in the next of several ways."""
        ways = TimeFormat.ALL
        events = self.events
        events.times = ways[(ways.index(events.times) + 1) % len(ways)]
        self._found = f"times: {events.times}"
        self._tell()

    def next_order(self) -> None:
        """Show events under their causes, or as they were written."""
        self.events.toggle_order()

    def find(self, query: str) -> None:
        """Go to the next row that holds a text, the one under the cursor included."""
        self._sought = contains_text(query)
        self._found = f"/{one_line(query, 30)}"
        self._search(self._sought, 0, 1, self._found)

    def find_next(self, step: int) -> None:
        """Go to the next row that holds what was sought, or back."""
        if self._sought is not None:
            self._search(self._sought, step, step, self._found)

    def next_error(self, step: int) -> None:
        """Go to the next row that is an error, or back."""
        self._search(has_failed, step, step, "errors")

    def show_overview(self, prices: Prices) -> None:
        """Show how the run stands, what it used and where its time went."""
        from whitetail.screens.overview import OverviewScreen

        if self._log is not None:
            screen = OverviewScreen(self.events, self._log, prices)
            self.app.push_screen(screen, self._jump)

    def list_faults(self) -> None:
        """List what is wrong with the file, looking for it first if it is large."""
        if self._findings is None:
            self._check_file(asked=True)
        elif not self._findings:
            self.notify("Nothing is wrong with this run's file.", markup=False)
        else:
            from whitetail.screens.findings import FindingsScreen

            self.app.push_screen(FindingsScreen(self._findings), self._jump)

    def copy(self, what: str) -> None:
        """Put what the event says, its line or the file's path on the clipboard."""
        if what == "path":
            self._copy(str(self.path or ""), "the path")
        elif self._shown is not None:
            form = DetailFormat.RAW if what == "line" else DetailFormat.PLAIN
            parts = _document(self._shown, form)(0)
            spans = islice(unfolded_lines(parts), _COPIED_LINES)
            # The pieces of a raw line belong together.
            between = "" if what == "line" else "\n"
            text = between.join("".join(said for said, _ in each) for each in spans)
            self._copy(text, "the raw line" if what == "line" else "the event")

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield self.events
        yield self.detail

    def on_mount(self) -> None:
        """Speak of it when following begins or ends."""
        self.watch(self.events, "following", self._tell, init=False)

    def on_unmount(self) -> None:
        """Give up a search that is under way."""
        self._stop.set()

    def watch_form(self) -> None:
        """Show the event in its other form."""
        self._show_document()

    @on(EventsPane.Highlighted)
    def _look_at_event(self) -> None:
        self._look.request()

    @on(EventsPane.Failed)
    def _say_why(self, message: EventsPane.Failed) -> None:
        if isinstance(message.error, LogChangedError):
            self.look()
        else:
            self._complain(message.error)

    @work(exclusive=True, group="log")
    async def _keep(self, path: Path, following: bool) -> None:
        """Open a run's file and take in its changes until another is opened."""
        log = RunLog(path)
        reading = asyncio.ensure_future(self._refresh(log))
        await asyncio.wait({reading}, timeout=_PATIENCE)
        if not reading.done():
            self._log = None
            self.events.show(())
            self._show_row(None)
            self.activity = "reading…"
        await reading
        telling = self._telling(log)
        back = await asyncio.to_thread(_begin, log, telling)
        self._log = log
        self._found, self._findings = "", None
        self._show(telling, following, 0 if following else back)
        self._check_file()
        while True:
            await self._changed.wait()
            self._changed.clear()
            generation = log.generation
            await self._refresh(log)
            if log.generation != generation:
                assert self._key is not None
                self._folds.pop(self._key, None)
                telling = self._telling(log)
                await asyncio.to_thread(_begin, log, telling)
                self._show(telling, self.events.following)
            else:
                self._grow.request()
                if self._grow.every == _FLOOD:
                    await asyncio.sleep(_FLOOD / 2)

    async def _refresh(self, log: RunLog) -> None:
        try:
            await asyncio.to_thread(log.refresh)
        except OSError as error:
            self._complain(error)

    def _telling(self, log: RunLog) -> RunReader:
        assert self._key is not None
        return RunReader(log, self._folds.setdefault(self._key, Folds()))

    def _show(self, telling: RunReader, following: bool, back: int = 0) -> None:
        assert self._log is not None
        rows = len(self._log)
        self.events.show(
            self._log, telling, following=following, cursor=rows - 1 - back
        )
        if not rows:
            self._show_row(None)
        self._count()
        self._tell()

    def _take_in(self) -> None:
        if self._log is not None:
            # A hundred rows a second are not read; then fewer pictures will do.
            many = len(self._log) - self.events.order.row_count > _MANY
            self._grow.every = _FLOOD if many else _PAINTS
        self.events.grow()
        self._count()
        if self._log is not None and self._log.offset < _SMALL:
            self._examine.request()

    def _count(self) -> None:
        # While another run is being opened, the log is still that of the last one.
        log, key = self._log, self._key
        if log is not None and key is not None and log.run_id == key[1]:
            self.post_message(self.Grown(key, len(log)))

    @work(exclusive=True, group="event")
    async def _show_event(self) -> None:
        """Read the event under the cursor, and those around it, and show it."""
        log, at = self._log, self.events.row
        if log is None or at >= len(log):
            return
        outline = self.events.order.outline
        known = outline is not None and at < len(outline)
        beside = None
        if outline is not None and known:
            beside = RelativeRows.of(at, outline, run_ended=self.events.over)
        try:
            shown = await asyncio.to_thread(_read_snapshot, log, at, beside)
        except LogChangedError:
            self.look()
        except (StoreError, OSError, IndexError) as error:
            self._complain(error)
        else:
            if log is self._log:
                self._show_row(shown)

    def _show_row(self, shown: EventSnapshot | None) -> None:
        if shown is None or shown != self._shown:
            self._shown = shown
            self._show_document()

    def _show_document(self) -> None:
        pane = self.detail
        if self._shown is None:
            pane.border_title = Content("4 Event")
            pane.show(None)
            return
        shown = self._shown
        said = summarize(shown.event)
        form = "" if self.form is DetailFormat.RENDERED else f" · {self.form}"
        pane.border_title = Content(f"4 Event {said.seq} · {said.kind}{form}")
        pane.show(_document(shown, self.form))

    @work(exclusive=True, group="search")
    async def _search(self, test: RowTest, skip: int, step: int, name: str) -> None:
        """Search in a thread, in the order that is shown, from the cursor's row.

        Another search, or a key, puts an end to it.
        """
        log = self._log
        self._stop.set()
        self._stop = stop = Event()
        if log is None:
            return
        self.activity = f"{name}: searching…"
        order = self.events.order
        start = order.position_of(self.events.row) + skip
        try:
            found = await asyncio.to_thread(
                find_row, log, order.all_rows(), start, step, test, stop
            )
        except (StoreError, OSError, IndexError) as error:
            self._tell()
            self._complain(error)
            return
        if log is not self._log:
            return
        if found is None:
            self.activity = f"{name}: none in this run"
            return
        self.activity = f"{name}{' (from the other end)' if found.wrapped else ''}"
        self.events.go_to(found.row)

    @work(exclusive=True, group="check")
    async def _check_file(self, *, asked: bool = False) -> None:
        """Look for faults of the file; when asked, in a large one too, and list."""
        log = self._log
        if log is None or (log.offset > _LARGE and not asked):
            return
        findings = await asyncio.to_thread(_check, log.path)
        if log is self._log:
            self._findings = findings
            self._tell()
            if asked:
                self.list_faults()

    def _jump(self, row: int | None) -> None:
        if row is not None:
            self.events.go_to(row)
            self.events.focus()

    def _tell(self) -> None:
        # While events rush by, nobody reads each of them in full.
        self._look.every = _GLIMPSES if self.events.following else _LOOKS
        following = "● following" if self.events.following else ""
        faults = f"{plural(len(self._findings), 'fault')}: !" if self._findings else ""
        self.activity = " · ".join(filter(None, [self._found, faults, following]))

    def _copy(self, text: str, name: str) -> None:
        if len(text) > _COPIED:
            self.notify(
                f"Only the first {_COPIED:,} characters of {len(text):,} were copied.",
                severity="warning",
                markup=False,
            )
            text = text[:_COPIED]
        # Half a character, as the name of a folder may hold, has no bytes to send.
        self.app.copy_to_clipboard(text.encode(errors="replace").decode())
        self.notify(f"Copied {name}.", timeout=2, markup=False)

    def _complain(self, error: Exception) -> None:
        self.notify(
            one_line(f"The run can't be read: {error}. ctrl+r tries again."),
            severity="error",
            markup=False,
        )


def _read_snapshot(
    log: RunLog, row: int, relatives: RelativeRows | None
) -> EventSnapshot:
    """Return a row and its relatives, once the modules that lay it out are loaded.

    Called in a thread: the first screen needs none of those modules, and loading
    them in the event loop would block it.

    Raises:
        StoreError, OSError, IndexError: The rows can't be read.

    """
    from whitetail.view.detail import document  # noqa: F401

    return read_snapshot(log, row, relatives)


def _document(snapshot: EventSnapshot, form: DetailFormat) -> Document:
    """Return the event of a snapshot as a document in the given format."""
    from whitetail.view.detail.document import document

    return document(snapshot.event, snapshot.line, form, snapshot.relatives)


def _begin(log: RunLog, telling: RunReader) -> int:
    """Read a run that is not too long; return how far from its end it concludes."""
    try:
        until = time.monotonic() + _PATIENCE
        while 0 < telling.rows_left < _SHORT and time.monotonic() < until:
            telling.read_ahead(_LAST)
        return rows_after_conclusion(log[-_LAST:])
    except (StoreError, OSError):
        return 0


def _check(path: Path) -> list[Finding]:
    """Return what is wrong with a file; a line in the making is not."""
    findings = list(islice(check_run(path), _MOST))
    try:
        young = time.time() - path.stat().st_mtime < _YOUNG
    except OSError:
        return findings
    return [each for each in findings if not young or each.kind is not Fault.TORN_TAIL]
