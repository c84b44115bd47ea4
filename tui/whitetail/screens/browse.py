"""The screen where threads, runs and events are browsed."""

from __future__ import annotations

import asyncio
import gc
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.messages import Prune
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from whitetail.keys import bindings
from whitetail.panes.empty import EmptyPane
from whitetail.panes.line_list import LineList
from whitetail.panes.runs import RunsPane
from whitetail.panes.selectable_list import SelectableList
from whitetail.panes.status import StatusPane
from whitetail.panes.threads import ThreadsPane
from whitetail.panes.throttle import Throttle
from whitetail.run.metrics import MetricsWorker
from whitetail.screens.delete_flow import DeleteFlow
from whitetail.screens.run import RunView
from whitetail.source.prices import PricesError, read_prices
from whitetail.source.protocols import Source
from whitetail.trace.stats.metrics import run_metrics
from whitetail.view.brief import plural
from whitetail.view.text import one_line
from whitetail_store import RunKey

if TYPE_CHECKING:
    from whitetail.screens.conversation import ConversationScreen
    from whitetail.screens.find import FindBar

_PANES = ("threads", "runs", "events", "detail")


class BrowseScreen(Screen[None]):
    """Threads and their runs on one side, the run that is open on the other."""

    AUTO_FOCUS = "#threads"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (100, "-normal"),
        (190, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-low"),
        (20, "-high"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = bindings("screen")

    at: reactive[str] = reactive("threads", init=False)
    """The pane that has the focus, or had it last."""
    zoomed: reactive[bool] = reactive(False, toggle_class="-zoomed")
    """Whether that pane has the whole screen."""

    def __init__(
        self, source: Source, *, read_only: bool = False, prices: Path | None = None
    ) -> None:
        super().__init__(classes="-at-threads")
        self._source = source
        self._catalog = source.catalog
        self._read_only = read_only
        self._prices = prices
        self._metrics_worker = MetricsWorker(self._catalog, source.open)
        self._delete_flow = DeleteFlow(
            self, source, self._show_lists, read_only=read_only
        )
        self._empty = EmptyPane(id="empty")
        self._threads = ThreadsPane("threads", time.time)
        self._runs = RunsPane("runs", time.time)
        self._status = StatusPane()
        self._keys = Container(id="keys")
        self.run = RunView("run")
        """The run that is open."""
        self._panes: dict[str, Widget] = {
            "threads": self._threads,
            "runs": self._runs,
            "events": self.run.events,
            "detail": self.run.detail,
        }
        self._find_bar: FindBar | None = None
        self._conversation: ConversationScreen | None = None
        self._unread, self._unmeasured = asyncio.Event(), asyncio.Event()
        self._lists = Throttle(self, 0.25, self._show_lists)
        self._numbers = Throttle(self, 1.0, self._show_lists)
        self._reread = Throttle(self, 1.0, self._unread.set)
        self._figures = Throttle(self, 0.5, self._show_runs)
        self._opening = Throttle(self, 0.08, self._open_run)
        self._measure_open = Throttle(self, 1.0, self._measure_open_run)

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield self._empty
        with Container(id="body"):
            with Container(id="lists"):
                yield self._threads
                yield self._runs
            yield self.run
        yield self._status
        yield self._keys

    def on_mount(self) -> None:
        """Begin to watch the disk."""
        self._status.location = one_line(self._source.name, 120)
        if self._read_only:
            self._status.location += " (read-only)"
        self.watch(self.run, "activity", self._show_activity)
        if self._source.first_scan_done:
            self._show_lists()
        self._watch_disk()
        self._delete_flow.offer_leftovers()
        self.set_interval(5.0, self._age)
        self.app.app_resume_signal.subscribe(self, lambda _: self._source.rescan())

    async def on_prune(self, event: Prune) -> None:
        """Stop all readers before the panes that they write to are removed."""
        self.workers.cancel_all()

    def on_unmount(self) -> None:
        """Look at the disk no more."""
        self._source.close()

    # Growth enters here, and nowhere else.

    @work(group="watch")
    async def _watch_disk(self) -> None:
        async for changes, moved in self._source.changes():
            self._status.watching = changes.status
            self._status.problems = changes.problems
            if changes.first:
                self._show_lists()
                self._read_ends()
                self.call_after_refresh(self._show_keys)
                self.call_after_refresh(self._measure_runs)
            elif changes.runs:
                # A run that grows changes a few numbers, which nobody reads faster.
                (self._lists if moved else self._numbers).request()
                self._reread.request()
                self._delete_flow.runs_changed(changes.runs.keys())
            if self._conversation is not None and self._conversation.is_attached:
                self._conversation.touch()
            if self.run.key in changes.runs:
                self._metrics_worker.slow_down()
                self.run.touch()

    async def _show_keys(self) -> None:
        """Add the footer, for which nobody waits, and collect garbage from now on."""
        if not self._keys.is_attached:
            # The app has been asked to end meanwhile.
            return
        await self._keys.mount(Footer(show_command_palette=False))
        self.refresh_bindings()
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    @work(group="read")
    async def _read_ends(self) -> None:
        """Read what the lists need to be shown, whenever they need something."""
        threads, runs = self._threads, self._runs
        while True:
            while await self._source.read_some(
                threads.keys_in_sight, runs.keys_in_sight
            ):
                self._lists.request()
                self._unmeasured.set()
            self._unmeasured.set()
            await self._unread.wait()
            self._unread.clear()

    @work(group="measure")
    async def _measure_runs(self) -> None:
        """Read the runs in sight whole, whenever they are not known as they are."""
        runs = self._runs
        if self._prices is not None:
            try:
                prices = await asyncio.to_thread(read_prices, self._prices)
            except PricesError as error:
                self._delete_flow.warn(
                    f"No costs: {error}. Correct it and start whitetail again."
                )
            else:
                self._metrics_worker.prices = prices
                runs.show_costs(prices.currency if prices else "")
        while True:
            while await self._metrics_worker.read_some(self._runs_to_measure()):
                self._figures.request()
            await self._unmeasured.wait()
            self._unmeasured.clear()

    def _runs_to_measure(self) -> list[RunKey]:
        """Return the runs whose status is in sight, those of the open thread first."""
        newest = map(self._catalog.newest_run, self._threads.keys_in_sight)
        return [*self._runs.keys_in_sight, *(key for key in newest if key is not None)]

    # Lists.

    def _show_lists(self) -> None:
        self._threads.show(self._catalog.thread_entries())
        self._show_runs()
        self._explain_emptiness()

    def _show_runs(self) -> None:
        thread, runs = self._threads.key, self._runs
        runs.show(self._catalog.run_entries(thread) if thread else [])
        if runs.key is None and self.run.key is not None:
            self.run.close()

    def _open_run(self) -> None:
        key = self._runs.key
        if key is not None and key != self.run.key:
            self._source.follow(key)
            following = self._catalog.status(key).may_be_written
            self._catalog.mark_opened(key)
            self._metrics_worker.skipped = key
            self.run.open(self._source.open(key), following=following)

    def _age(self) -> None:
        """Show what changes by the mere passing of time."""
        self._unmeasured.set()
        if self._catalog.thread_count:
            self._lists.request()

    def _explain_emptiness(self) -> None:
        empty = not self._catalog.thread_count
        if not empty and self.has_class("-empty") and self.focused is None:
            # What is not displayed can't keep the focus.
            self.action_pane(self.at)
        if empty:
            problems = self._status.problems
            source = self._source
            self._empty.explain(source.watched, source.searched, problems)
        self.set_class(empty, "-empty")

    def _show_activity(self, activity: str) -> None:
        self._status.activity = activity

    @on(ThreadsPane.Highlighted, "#threads")
    def _enter_thread(self) -> None:
        self._show_runs()
        self._unread.set()

    @on(RunsPane.Highlighted, "#runs")
    def _enter_run(self) -> None:
        self._opening.request()
        self._unmeasured.set()

    @on(LineList.VisibleRowsChanged, "#threads, #runs")
    def _read_more(self) -> None:
        self._unread.set()

    @on(RunView.Read)
    def _run_read(self, message: RunView.Read) -> None:
        """Show the row count of the open run, and its metrics once all was read."""
        self._catalog.set_row_count(message.run.key, message.run.row_count)
        self._numbers.request()
        self._measure_open.request()

    @work(exclusive=True, group="measure open")
    async def _measure_open_run(self) -> None:
        run = self.run.run
        if run is None or not run.read_whole:
            return
        stamp = run.rows.stamp
        metrics = await run.ask(
            partial(run_metrics, prices=self._metrics_worker.prices)
        )
        if stamp is not None and run is self.run.run:
            self._catalog.set_metrics(run.key, metrics, stamp)
            self._figures.request()

    # Panes.

    @on(LineList.Opened)
    def _go_deeper(self) -> None:
        self.action_pane(_PANES[min(_PANES.index(self.at) + 1, len(_PANES) - 1)])

    def on_descendant_focus(self) -> None:
        """Remember which pane has the focus."""
        if self.focused is not None and self.focused.id in _PANES:
            self.at = self.focused.id

    def watch_at(self, before: str, at: str) -> None:
        """Let the style sheet know where one is."""
        self.remove_class(f"-at-{before}")
        self.add_class(f"-at-{at}")

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        pane = self._panes[name]
        # What is not displayed yet can't have the focus; and once the pane that has
        # it is hidden, Textual would find it another one.
        self.set_focus(pane if pane.size.area else None)
        self.at = name
        self.call_after_refresh(pane.focus)

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane, or back."""
        self.action_pane(_PANES[(_PANES.index(self.at) + step) % len(_PANES)])

    def action_zoom(self) -> None:
        """Give the pane the whole screen, or no longer."""
        self.zoomed = not self.zoomed

    def action_back(self) -> None:
        """Undo the last thing that changed what is in sight, else go a pane back."""
        pane = self._panes[self.at]
        if isinstance(pane, SelectableList) and pane.clear_selection():
            return
        if self.zoomed:
            self.zoomed = False
        elif self.at != "threads":
            self.action_pane(_PANES[_PANES.index(self.at) - 1])

    def action_conversation(self) -> None:
        """Show the thread as a conversation."""
        from whitetail.run.conversation import Conversation
        from whitetail.screens.conversation import ConversationScreen

        thread = self._threads.key
        if thread is not None:
            conversation = Conversation(
                lambda: self._catalog.run_keys(thread), self._source.open
            )
            title = self._threads.under_cursor.title
            self._conversation = ConversationScreen(conversation, title)
            self.app.push_screen(self._conversation)

    # The run.

    def action_follow(self) -> None:
        """Follow the newest event, or stop."""
        self.run.toggle_following()

    def action_form(self) -> None:
        """Show the event in the next of its forms."""
        self.run.format = self.run.format.next

    def action_wrap(self) -> None:
        """Wrap long lines, or not."""
        detail = self.run.detail
        detail.wrapping = not detail.wrapping

    def action_order(self) -> None:
        """Show events in the other order."""
        self.run.toggle_order()

    def action_times(self) -> None:
        """Tell times in another way."""
        self.run.next_time_format()

    async def action_find(self) -> None:
        """Ask what to find.

        The key has priority, so the app waits here: what is typed next, in one burst
        perhaps, must not reach the keys of a pane.
        """
        from whitetail.screens.find import FindBar

        if isinstance(self.focused, FindBar):
            raise SkipAction
        if not self.is_attached:
            # The app has been asked to end meanwhile.
            return
        if self._find_bar is None:
            self._find_bar = FindBar()
            await self.mount(self._find_bar, before=self._status)
        self.set_focus(self._find_bar)

    def action_find_next(self, step: int) -> None:
        """Go to the next hit, or back."""
        self.run.find_next(step)

    def action_next_error(self, step: int) -> None:
        """Go to the next error, or back."""
        self.run.next_error(step)

    def action_overview(self) -> None:
        """Show the run at a glance."""
        self.run.show_overview(self._metrics_worker.prices, self._catalog.is_growing)

    def action_faults(self) -> None:
        """List what is wrong with the run's file."""
        self.run.list_faults()

    def action_copy(self, what: str) -> None:
        """Copy something of the event, or the path of its file."""
        self.run.copy(what)

    def action_reload(self) -> None:
        """Look at the whole disk again."""
        self._source.rescan()
        self.run.touch()
        self._unread.set()

    def on_find_bar_submitted(self, message: FindBar.Submitted) -> None:
        """Find what was typed."""
        self.on_find_bar_left(message)
        if message.value:
            self.run.find(message.value)

    def on_find_bar_left(self, message: FindBar.Left | FindBar.Submitted) -> None:
        """Put the line away."""
        self._find_bar = None
        message.bar.remove()
        self.action_pane("events")

    # Deleting.

    def action_delete(self) -> None:
        """Ask whether to delete the selected runs, or those under the cursor."""
        self._delete_flow.ask(*self._targets())

    def action_undo(self) -> None:
        """Restore the runs of the last delete."""
        self._delete_flow.undo()

    def _targets(self) -> tuple[list[RunKey], list[str]]:
        """Return the runs that a delete would remove, and their names in the lists."""
        if self.at == "threads":
            pane = self._threads
            entries = pane.chosen
            keys = [
                key for entry in entries for key in self._catalog.run_keys(entry.key)
            ]
            named = [
                f"{entry.title} ({plural(entry.runs, 'run')})" for entry in entries
            ]
            return keys, named
        runs = self._runs.chosen
        return [each.key for each in runs], [each.prompt for each in runs]
