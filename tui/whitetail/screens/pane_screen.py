"""The focus, the zoom and the ways between the four panes of the main screen."""

from __future__ import annotations

from textual import on, work
from textual.reactive import reactive
from textual.widget import Widget

from whitetail.panes.line_list import LineList
from whitetail.panes.selectable_list import SelectableList
from whitetail.panes.status import StatusPane
from whitetail.run.protocols import EventKey
from whitetail.screens.export_actions import ExportActions
from whitetail.screens.go_to import GoToActions
from whitetail.screens.guide import Guide
from whitetail.screens.list_actions import ListActions
from whitetail.screens.lists import ListsView
from whitetail.screens.mark_actions import MarkActions
from whitetail.screens.search_actions import SearchActions
from whitetail.view.text import one_line

_SEPARATOR = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
_SAVE_INTERVAL_S = 5.0
"""How often the session is saved, if it has changed."""
_PANES = ("threads", "runs", "events", "detail")


class PaneScreen(MarkActions, GoToActions, SearchActions, ListActions, ExportActions):
    """A screen with four panes, one of which has the focus or the whole screen."""

    at: reactive[str] = reactive("threads", init=False)
    """The pane that has the focus, or had it last."""
    zoomed: reactive[bool] = reactive(False, toggle_class="-zoomed")
    """Whether that pane has the whole screen."""

    lists: ListsView
    """The threads and runs."""
    _guide: Guide
    """Goes to events of other runs."""
    status: StatusPane
    """The status line."""
    panes: dict[str, Widget]
    """The panes by their names."""

    @on(LineList.Opened)
    def _go_deeper(self) -> None:
        self.action_pane(_PANES[min(_PANES.index(self.at) + 1, len(_PANES) - 1)])

    @on(LineList.Left)
    def _go_back(self) -> None:
        self.action_pane(_PANES[max(_PANES.index(self.at) - 1, 0)])

    def on_descendant_focus(self) -> None:
        """Remember which pane has the focus."""
        if self.focused is not None and self.focused.id in _PANES:
            self.at = self.focused.id

    def watch_at(self, before: str, at: str) -> None:
        """Set the CSS class that names the pane with the focus."""
        self.remove_class(f"-at-{before}")
        self.add_class(f"-at-{at}")
        self.refresh_bindings()

    def action_pane(self, name: str) -> None:
        """Give a pane the focus, unless the screen without runs is shown."""
        if self.has_class("-empty"):
            return
        pane = self.panes[name]
        # What is not displayed yet cannot have the focus; and once the pane that has
        # it is hidden, Textual would find it another one.
        self.set_focus(pane if pane.size.area else None)
        self.at = name
        self.call_after_refresh(pane.focus)

    def start_at(self, name: str) -> None:
        """Give a pane the focus at the start, with no other one before."""
        self.lists.threads.remove_class("-focused-first")
        self.panes[name].add_class("-focused-first")
        self.action_pane(name)

    def start_session(self) -> None:
        """Restore what is shown before the first content, and save it now and then."""
        self.session.mounted()
        self.set_interval(_SAVE_INTERVAL_S, self._save_session)

    @work(group="state")
    async def _save_session(self) -> None:
        self.session.note(self.at)
        for problem in await self.session.save():
            self.notify(problem, severity="warning", markup=False, timeout=8)

    def go_to_event(self, event: EventKey) -> None:
        """Show an event of any run, also if a narrowed list hides it."""
        self.lists.widen()
        self._go_to_event(event)

    def _go_to_event(self, event: EventKey | None) -> None:
        if event is not None:
            self._guide.go_to_event(event)
            self.action_pane("events")

    def _go_to_result(self, event: EventKey, text: str) -> None:
        self.go_to_event(event)
        self.run.mark_match(text, event.row)

    def restore_focus(self) -> None:
        """Give the focus back to the pane that had it."""
        self.action_pane(self.at)

    def show_events(self) -> None:
        """Give the focus to the events."""
        self.action_pane("events")

    def go_to_row(self, row: int) -> None:
        """Put the cursor of the events on a row, and give them the focus."""
        self.run.events.go_to(row)
        self.action_pane("events")

    def action_next_pane(self, step: int) -> None:
        """Give the next pane the focus; with step -1 the previous one."""
        self.action_pane(_PANES[(_PANES.index(self.at) + step) % len(_PANES)])

    def action_resize(self, by: int) -> None:
        """Make the lists wider or narrower."""
        self.lists.resize(by)

    def watch_zoomed(self) -> None:
        """Give the lists all of the width, or the one that fits."""
        self.lists.fit_width()
        self.show_path()

    @on(LineList.Highlighted)
    def show_path(self) -> None:
        """Name thread, run and event in the status line while a pane is zoomed."""
        events = self.run.events
        path = self.path_to(f"event {events.seq}" if events.count else "no event")
        self.status.path = path if self.zoomed else ""

    def path_to(self, last: str) -> str:
        """Return the names of the thread and the run under the cursors, and `last`."""
        threads, runs = self.lists.threads, self.lists.runs
        names = [threads.under_cursor.title] if threads.count else []
        names += [runs.under_cursor.prompt] if runs.count else []
        return _SEPARATOR.join(one_line(name, 40) for name in (*names, last))

    def action_zoom(self) -> None:
        """Zoom the pane to the whole screen, or back."""
        self.zoomed = not self.zoomed

    async def action_find(self) -> None:
        """Open the search line; in a list, the line for a text that narrows it."""
        if self.is_typing():
            return
        if self.list_at is not None:
            await self.action_narrow()
        else:
            await super().action_find()

    def action_back(self) -> None:
        """Clear selection or filter, end the zoom, go to results or the pane before."""
        pane = self.panes[self.at]
        if self.stop_looking() or self.export_flow.stop():
            return
        if isinstance(pane, SelectableList) and pane.clear_selection():
            return
        if self.at == "events" and self.run.filter.clear():
            return
        if self.clear_narrowing():
            return
        if self.zoomed:
            self.zoomed = False
        elif not self.back_to_results() and self.at != "threads":
            self.action_pane(_PANES[_PANES.index(self.at) - 1])
