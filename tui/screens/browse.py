"""The screen where threads, runs and events are browsed."""

from __future__ import annotations

import asyncio
import time
from itertools import islice
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Footer

from whitetail.store import Ends, RunLog, StoreError

from ..catalog import Catalog, RunKey
from ..deletion import Deletions
from ..keys import bindings
from ..locate import Place
from ..panes.detail import DetailPane
from ..panes.empty import EmptyPane
from ..panes.keyed import KeyedPane
from ..panes.lines import LinePane
from ..panes.runs import RunsPane
from ..panes.status import StatusPane
from ..panes.threads import ThreadsPane
from ..pulse import Pulse
from ..trace.run import State
from ..view.gist import plural
from ..view.text import line
from ..watch import Changes, Watcher
from .confirm import AskLeftovers, ConfirmDelete
from .find import FindBar
from .run import RunView

_PANES = ("threads", "runs", "events", "detail")
_AT_ONCE = 64
_IN_TIME = 400
_PIECE = 8


class BrowseScreen(Screen[None]):
    """Threads and their runs on one side, the run that is open on the other."""

    AUTO_FOCUS = "#threads"
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [
        (0, "-narrow"),
        (100, "-normal"),
        (190, "-wide"),
    ]
    VERTICAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [
        (0, "-low"),
        (20, "-high"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = bindings("screen")

    at: reactive[str] = reactive("threads", init=False)
    """The pane that has the focus, or had it last."""
    zoomed: reactive[bool] = reactive(False, toggle_class="-zoomed")
    """Whether that pane has the whole screen."""

    def __init__(self, place: Place, *, read_only: bool = False) -> None:
        super().__init__()
        self._place = place
        self._read_only = read_only
        self._catalog = Catalog(place.threads, time.time)
        self._deletions = Deletions(place.base, self._catalog)
        self._watcher = Watcher(place.threads)
        self._unread = asyncio.Event()
        self._in_time = _IN_TIME
        self._lists = Pulse(self, 0.25, self._show_lists)
        self._reread = Pulse(self, 1.0, self._unread.set)
        self._opening = Pulse(self, 0.08, self._open_run)

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield EmptyPane(id="empty")
        with Container(id="body"):
            with Container(id="lists"):
                yield ThreadsPane("threads", time.time)
                yield RunsPane("runs", time.time)
            yield RunView("run")
        yield FindBar("find")
        yield StatusPane()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to watch the disk."""
        status = self.query_one(StatusPane)
        status.place = line(str(self._place.base), 120)
        if self._read_only:
            status.place += " (read-only)"
        self.watch(self.run, "mood", self._show_mood)
        self.add_class("-at-threads")
        self._watcher.start()
        self._watch_disk()
        self._offer_leftovers()
        self.set_interval(5.0, self._age)
        self.app.app_resume_signal.subscribe(self, lambda _: self._watcher.look())

    def on_unmount(self) -> None:
        """Look at the disk no more, and let go of what was deleted."""
        self._watcher.close()

    @property
    def deletions(self) -> Deletions:
        """What was deleted, for whoever ends the app."""
        return self._deletions

    @property
    def run(self) -> RunView:
        """The run that is open."""
        return self.query_one(RunView)

    # Growth enters here, and nowhere else.

    @work(group="watch")
    async def _watch_disk(self) -> None:
        async for changes in self._watcher:
            new = [key for key in changes.runs if self._catalog.size(key) == 0]
            self._catalog.apply(changes.runs)
            if changes.first:
                await self._begin(changes)
            if self.run.key in changes.runs:
                self.run.look()
            status = self.query_one(StatusPane)
            status.watching, status.problems = changes.status, changes.problems
            if changes.runs or changes.first:
                self._lists.beat()
            (self._unread.set if new else self._reread.beat)()
            self._explain_emptiness()

    async def _begin(self, changes: Changes) -> None:
        """Read the newest runs before anything is shown, so that nothing jumps."""
        newest = list(islice(self._catalog.unread(), _AT_ONCE))
        await self._learn(newest)
        self._show_lists()
        self._read_ends()

    @work(group="read")
    async def _read_ends(self) -> None:
        """Read the ends of those runs that are in sight, then some of the others."""
        while True:
            await self._unread.wait()
            self._unread.clear()
            while keys := self._wanted():
                await self._learn(keys[:_PIECE])
                self._lists.beat()

    def _wanted(self) -> list[RunKey]:
        threads = self.query_one(ThreadsPane)
        runs = self.query_one(RunsPane)
        keys = self._catalog.wanted(threads.keys_in_sight, runs.keys_in_sight)
        if not keys and self._in_time > 0:
            keys = list(islice(self._catalog.unread(), _PIECE))
            self._in_time -= len(keys)
        return keys

    async def _learn(self, keys: list[RunKey]) -> None:
        """Read runs in a thread and take in what they say."""
        for key, ends in await asyncio.to_thread(self._read, keys):
            if ends is None:
                self._catalog.give_up(key)
            else:
                self._catalog.learn(key, ends)

    def _read(self, keys: list[RunKey]) -> list[tuple[RunKey, Ends | None]]:
        found: list[tuple[RunKey, Ends | None]] = []
        for key in keys:
            try:
                found.append((key, self._catalog.read(key)))
            except OSError:
                # Opening the run says why; the list shows its id.
                found.append((key, None))
        return found

    # Lists.

    def _show_lists(self) -> None:
        threads = self.query_one(ThreadsPane)
        threads.show(self._catalog.thread_entries())
        self._show_runs()
        self._explain_emptiness()

    def _show_runs(self) -> None:
        thread = self.query_one(ThreadsPane).key
        runs = self.query_one(RunsPane)
        runs.show(self._catalog.run_entries(thread) if thread else [])
        if runs.key is None and self.run.key is not None:
            self.run.close()

    def _open_run(self) -> None:
        key = self.query_one(RunsPane).key
        if key is not None and key != self.run.key:
            self._watcher.follow(key)
            running = self._catalog.state(key) is State.RUNNING
            self.run.open(key, self._catalog.path(key), following=running)

    def _age(self) -> None:
        """Show what changes by the mere passing of time."""
        if self._catalog.threads:
            self._lists.beat()

    def _explain_emptiness(self) -> None:
        status = self.query_one(StatusPane)
        empty = not self._catalog.threads
        if empty:
            looked = [str(place) for place in self._place.looked]
            pane = self.query_one(EmptyPane)
            pane.explain(str(self._place.threads), looked, status.problems)
        self.set_class(empty, "-empty")

    def _show_mood(self, mood: str) -> None:
        self.query_one(StatusPane).mood = mood

    @on(ThreadsPane.Highlighted, "#threads")
    def _enter_thread(self) -> None:
        self._show_runs()
        self._unread.set()

    @on(RunsPane.Highlighted, "#runs")
    def _enter_run(self) -> None:
        self._opening.beat()

    @on(LinePane.Revealed, "#threads, #runs")
    def _read_more(self) -> None:
        self._unread.set()

    @on(RunView.Grown)
    def _count_rows(self, message: RunView.Grown) -> None:
        self._catalog.count(message.key, message.rows)
        self._lists.beat()

    # Panes.

    @on(LinePane.Opened)
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
        self.at = name
        self.call_after_refresh(self.query_one(f"#{name}").focus)

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane, or back."""
        self.action_pane(_PANES[(_PANES.index(self.at) + step) % len(_PANES)])

    def action_zoom(self) -> None:
        """Give the pane the whole screen, or no longer."""
        self.zoomed = not self.zoomed

    def action_back(self) -> None:
        """Undo the last thing that changed what is in sight, else go a pane back."""
        pane = self.query_one(f"#{self.at}")
        if isinstance(pane, KeyedPane) and pane.clear_selection():
            return
        if self.zoomed:
            self.zoomed = False
        elif self.at != "threads":
            self.action_pane(_PANES[_PANES.index(self.at) - 1])

    # The run.

    def action_follow(self) -> None:
        """Follow the newest event, or stop."""
        self.run.follow()

    def action_raw(self) -> None:
        """Show the event as it stands in the file, or as people read it."""
        self.run.raw = not self.run.raw

    def action_wrap(self) -> None:
        """Wrap long lines, or not."""
        detail = self.query_one(DetailPane)
        detail.wrapping = not detail.wrapping

    def action_times(self) -> None:
        """Tell times in another way."""
        self.run.next_time_format()

    def action_find(self) -> None:
        """Ask what to find."""
        self.query_one(FindBar).open()

    def action_find_next(self, step: int) -> None:
        """Go to the next hit, or back."""
        self.run.find_next(step)

    def action_next_error(self, step: int) -> None:
        """Go to the next error, or back."""
        self.run.next_error(step)

    def action_copy(self, what: str) -> None:
        """Copy something of the event, or the path of its file."""
        self.run.copy(what)

    def action_reload(self) -> None:
        """Look at the whole disk again."""
        self._watcher.look()
        self.run.look()
        self._unread.set()

    @on(FindBar.Submitted)
    def _find(self, message: FindBar.Submitted) -> None:
        self._leave_find()
        if message.value:
            self.run.find(message.value)

    @on(FindBar.Left)
    def _leave_find(self) -> None:
        self.query_one(FindBar).close()
        self.action_pane("events")

    # Deleting.

    def action_delete(self) -> None:
        """Ask whether what is selected, or under the cursor, shall go."""
        keys, titles = self._targets()
        if self._read_only:
            self._warn("Nothing can be deleted: this is whitetail --read-only.")
        elif keys:
            doomed = self._deletions.doom(keys, titles)
            self.app.push_screen(
                ConfirmDelete(doomed, self._count_events),
                lambda yes: self._delete(keys) if yes else None,
            )

    @work(group="delete")
    async def _delete(self, keys: list[RunKey]) -> None:
        try:
            deleting = asyncio.ensure_future(self._deletions.delete(keys))
            await asyncio.sleep(0)
            self._show_lists()
            events = await deleting
        except (OSError, StoreError) as error:
            self._show_lists()
            self._warn(f"Nothing was deleted: {error}")
            return
        self._show_lists()
        what = f"{plural(len(keys), 'run')}, {plural(events, 'event')}"
        self.notify(f"Deleted {what}. u brings them back.", markup=False)
        await asyncio.sleep(1.2)
        back = await self._deletions.came_back()
        if back:
            self._warn(
                f"{plural(len(back), 'run')} came back: the agent still writes there. "
                "The new file has only what came since; "
                "the old one is kept until you quit."
            )

    @work(group="delete")
    async def action_undo(self) -> None:
        """Bring back what was deleted last."""
        restored, errors = await self._deletions.undo()
        self._watcher.look()
        for error in errors:
            self._warn(f"Not brought back: {error}")
        if restored:
            self.notify(f"Brought back {plural(len(restored), 'run')}.", markup=False)
        elif not errors:
            self.notify("There is nothing to undo.", markup=False)

    @work(group="leftovers")
    async def _offer_leftovers(self) -> None:
        if self._read_only:
            return
        try:
            leftovers = await self._deletions.leftovers()
        except OSError as error:
            self._warn(f"The trash of earlier sessions can't be read: {error}")
            return
        if leftovers:
            self._deletions.adopt(leftovers)
            if not await self.app.push_screen_wait(AskLeftovers(len(leftovers))):
                self.action_undo()

    def _targets(self) -> tuple[list[RunKey], list[str]]:
        """Return the runs that a delete would take, and what the lists call them."""
        if self.at == "threads":
            pane = self.query_one(ThreadsPane)
            entries = pane.chosen
            keys = [key for entry in entries for key in self._catalog.keys(entry.key)]
            named = [
                f"{entry.title} ({plural(entry.runs, 'run')})" for entry in entries
            ]
            return keys, named
        runs = self.query_one(RunsPane).chosen
        return [each.key for each in runs], [each.prompt for each in runs]

    def _count_events(self, key: RunKey) -> int:
        log = RunLog(self._catalog.path(key))
        log.refresh()
        return log.envelopes().events

    def _warn(self, text: str) -> None:
        self.notify(line(text), severity="warning", markup=False, timeout=8)
