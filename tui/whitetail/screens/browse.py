"""The screen where threads, runs and events are browsed."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.messages import Prune
from textual.widgets import Input

from whitetail.keys import bindings
from whitetail.panes.events import EventsPane
from whitetail.panes.key_bar import KeyBar
from whitetail.panes.status import StatusPane
from whitetail.run.protocols import EventKey
from whitetail.screens.alerts import Alerts
from whitetail.screens.delete_flow import DeleteFlow
from whitetail.screens.empty import EmptyView
from whitetail.screens.export_flow import ExportFlow
from whitetail.screens.guide import Guide
from whitetail.screens.lists import ListsView
from whitetail.screens.pane_screen import PaneScreen
from whitetail.screens.run import RunView
from whitetail.screens.search_flow import SearchFlow
from whitetail.screens.session import Session
from whitetail.screens.settings_of_panes import use_in_panes
from whitetail.settings.definitions import Settings
from whitetail.source.protocols import Source
from whitetail.source.trash_limits import TrashLimits
from whitetail.state.keeper import StateKeeper
from whitetail.view.text import one_line
from whitetail_store import RunKey

if TYPE_CHECKING:
    from whitetail.screens.conversation import ConversationScreen

_AGE_INTERVAL_S = 5.0
"""How often times, and statuses that change with time alone, are updated."""


class BrowseScreen(PaneScreen):
    """Shows threads and their runs on one side, and the open run on the other."""

    AUTO_FOCUS = ".-focused-first"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (100, "-normal"),
        (220, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-low"),
        (20, "-high"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = bindings("screen")

    class Ready(Message):
        """The first screen is shown."""

    def __init__(
        self,
        source: Source,
        *,
        read_only: bool = False,
        prices: Path | None = None,
        keeper: StateKeeper | None = None,
    ) -> None:
        super().__init__(classes="-at-threads")
        keeper = keeper or StateKeeper(None, "")
        self._source = source
        self._catalog = source.catalog
        self._read_only = read_only or source.deletions is None
        self._delete_flow = DeleteFlow(
            self, source, self._show_lists, read_only=read_only
        )
        self._empty = EmptyView("empty", source)
        self.tree_name, self.open_file = source.name, source.open_file
        self.status = StatusPane()
        self._keys = KeyBar(self._applies)
        self.lists = ListsView("lists", source, prices)
        """The threads and runs."""
        self.run = RunView("run", self._may_be_written, keeper.database)
        """The run that is open."""
        self.panes = {
            "threads": self.lists.threads,
            "runs": self.lists.runs,
            "events": self.run.events,
            "detail": self.run.detail,
        }
        self._alerts = Alerts(source)
        self._follows = True
        """Whether runs that are being written are followed when they are opened."""
        self.session = Session(keeper, source, self.lists, self.run)
        self.queries = self.session.queries
        self.lists.threads.add_class("-focused-first")
        self._guide = Guide(source.catalog, self.lists, self.run)
        self._conversation: ConversationScreen | None = None
        self._first_event: EventKey | None = None
        self.export_flow = ExportFlow(
            self, source, lambda: self.lists.prices, self._show_export, keeper.database
        )
        self._can_unfold = False
        self.search_flow = SearchFlow(
            self, source, self._go_to_result, self._delete_flow, self.export_flow
        )

    def open_at(self, event: EventKey | None, filter_text: str) -> None:
        """Go to an event first, and filter the events; before it is shown."""
        self._first_event = event
        self.run.filter.text = filter_text

    def compose(self) -> ComposeResult:
        """Yield the panes."""
        yield self._empty
        with Container(id="body"):
            yield self.lists
            yield self.run
        yield self.status
        yield self._keys
        yield self._alerts

    def on_mount(self) -> None:
        """Begin to follow the source."""
        self.status.location = one_line(self._source.name, 120)
        if self._read_only:
            self.status.location += " (read-only)"
        self.watch(self.run, "activity", self._show_activity)
        self.start_session()
        if self._source.first_scan_done:
            self._show_lists()
            self.session.select(self.start_at)
        self._follow_source()
        self.set_interval(_AGE_INTERVAL_S, self.lists.pass_time)
        self.set_interval(_AGE_INTERVAL_S, self.run.pass_time)
        self.set_interval(_AGE_INTERVAL_S, self._alerts.pass_time)
        self.app.app_resume_signal.subscribe(self, lambda _: self._source.rescan())

    async def on_prune(self, event: Prune) -> None:
        """Stop all readers before the panes that they write to are removed."""
        self.session.note(self.at)
        self.workers.cancel_all()

    def on_unmount(self) -> None:
        """Stop watching the source."""
        self._source.close()

    # The settings of the user.

    def use_settings(self, old: Settings, new: Settings) -> None:
        """Use settings from now on: those that differ from the old ones."""
        self._follows = new.ui_follow
        self.own_filters = new.filters
        self._alerts.use(new)
        if self._source.deletions is not None:
            self._source.deletions.limits = TrashLimits(new.trash_days, new.trash_size)
        if new.prices != old.prices:
            self.lists.use_prices(new.prices)
        use_in_panes(self.lists, self.run, old, new)

    def keys_changed(self) -> None:
        """Name the keys that the user has chosen, wherever some are named."""
        self.refresh_bindings()
        self.run.events.label()
        self.lists.pass_time()
        if self.has_class("-empty"):
            self._empty.explain(self.status.problems)

    # Growth enters here, and nowhere else.

    @work(group="source")
    async def _follow_source(self) -> None:
        async for changes, added_or_removed in self._source.changes():
            self.status.watching = changes.status
            self.status.problems = changes.problems
            if changes.first:
                self._show_lists()
                self.session.select(self.start_at)
                if self._source.selected is not None:
                    self.lists.select(*self._source.selected)
                self._go_to_event(self._first_event)
                self.lists.start_reading()
                self.call_after_refresh(_collect_garbage)
                self.call_after_refresh(self._clean_trash)
                self.call_after_refresh(self.lists.start_reading_metrics)
                self.call_after_refresh(self.post_message, self.Ready())
            elif changes.runs:
                self.lists.runs_changed(added_or_removed=added_or_removed)
                if added_or_removed:
                    runs = changes.runs.keys()
                    self._guide.runs_changed(runs, may_go=self.is_active)
                self._delete_flow.runs_changed(changes.runs.keys())
                self._alerts.runs_changed(changes.runs.keys())
                self.refresh_bindings()
            self._explain_emptiness()
            if self._conversation is not None:
                self._conversation.touch()
            self.search_flow.runs_changed()
            if self.run.key in changes.runs:
                self.lists.slow_down()
                self.run.touch()

    @on(EventsPane.NextRunWanted)
    def _go_to_next_run(self) -> None:
        self._guide.go()

    @work(group="trash")
    async def _clean_trash(self) -> None:
        await self._delete_flow.clean_trash()

    def _show_lists(self) -> None:
        self.lists.fill()
        self._explain_emptiness()
        self.refresh_bindings()

    def _explain_emptiness(self) -> None:
        """Show why there are no threads, if there are none."""
        empty, shown = not self._catalog.thread_count, self.has_class("-empty")
        if empty:
            self._empty.explain(self.status.problems)
        if empty is not shown:
            self.set_class(empty, "-empty")
            self.refresh_bindings()
        if shown and not empty and not isinstance(self.focused, Input):
            # A pane that was not displayed could not keep the focus.
            self.action_pane(self.at)

    def _show_activity(self, activity: str) -> None:
        self.status.activity = activity
        self.refresh_bindings()

    def _show_export(self, text: str) -> None:
        self.run.exporting = text

    def _may_be_written(self, key: RunKey) -> bool:
        return self._catalog.status(key).may_be_written

    def _applies(self, action: str) -> bool:
        """Return whether the footer names the key of an action."""
        always = action in ("submit", "leave", "help", "quit")
        if always or isinstance(self.focused, Input):
            return always
        undo = action == "undo" and self._delete_flow.can_undo
        if self.has_class("-empty"):
            return undo or action == "reload"
        in_lists, key = self.at in ("threads", "runs"), self.run.key
        if action == "delete":
            return in_lists and not self._read_only
        if action in ("undo", "sort_menu"):
            return undo or (in_lists and action == "sort_menu")
        if action == "follow":
            written = key is not None and self._may_be_written(key)
            return written and not self.run.events.following
        if action in ("find", "form"):
            return not in_lists
        if action == "unfold":
            return self._can_unfold
        return action != "reload"

    @on(EventsPane.Highlighted)
    def _event_highlighted(self) -> None:
        """Name the key that unfolds in the footer, if the event is folded."""
        if self._can_unfold is not self.run.events.can_unfold:
            self._can_unfold = self.run.events.can_unfold
            self.refresh_bindings()

    @on(ListsView.RunHighlighted)
    def _run_highlighted(self, message: ListsView.RunHighlighted) -> None:
        """Open the run under the cursor."""
        key = message.key
        if key is None:
            if self.run.key is not None:
                self.run.close()
        elif key != self.run.key:
            self._source.follow(key)
            written = self._may_be_written(key) or key == self._guide.key
            self._catalog.mark_opened(key)
            self.lists.skip(key)
            restored = self._delete_flow.was_deleted(key)
            rows = self._source.open(key)
            self.run.open(rows, following=written and self._follows, as_before=restored)
            self._guide.run_opened()

    @on(ListsView.PricesFailed)
    def _prices_failed(self, message: ListsView.PricesFailed) -> None:
        error = message.error
        text = f"No costs are shown: {error}. Correct it and start whitetail again."
        self._delete_flow.warn(text)

    @on(RunView.Read)
    def _run_read(self, message: RunView.Read) -> None:
        self.lists.run_read(message.run)
        self._guide.run_read(message.run)

    def action_conversation(self) -> None:
        """Show the thread as a conversation."""
        from whitetail.run.conversation import Conversation
        from whitetail.screens.conversation import ConversationScreen

        threads = self.lists.threads
        thread = threads.key
        if thread is None:
            self.notify("No thread is open.", severity="warning", markup=False)
        else:
            conversation = Conversation(
                lambda: self._catalog.run_keys(thread), self._source.open
            )
            title = threads.under_cursor.title
            status = partial(self._catalog.thread_status, thread)
            self._conversation = ConversationScreen(conversation, title, status)
            self.app.push_screen(self._conversation, self._go_to_event)

    def action_overview(self) -> None:
        """Show the overview of the run."""
        title, growing = self.path_to("overview"), self._catalog.is_growing
        self.show_overview(lambda: self.lists.prices, growing, title)

    def action_reload(self) -> None:
        """Scan the disk again."""
        self.notify("Scanning the disk again.", markup=False)
        self._source.rescan()
        self.run.touch()
        self.lists.read_more()

    # Deleting.

    def action_delete(self) -> None:
        """Ask whether to delete the selected runs, or those under the cursor."""
        chosen = self.lists.chosen_runs(of_threads=self.at == "threads")
        self._delete_flow.ask(*chosen)

    def action_undo(self) -> None:
        """Restore the runs of the last delete."""
        self._delete_flow.undo()

    def action_trash(self) -> None:
        """List the deleted runs, to restore them or to remove them for good."""
        self._delete_flow.show_trash()


def _collect_garbage() -> None:
    """Collect garbage from now on: it would have delayed the first frame."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
