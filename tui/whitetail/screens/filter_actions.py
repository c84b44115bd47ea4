"""The keys that filter the open run: its input line, the presets, off and on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual import work
from textual.widget import Widget

from whitetail.keymap import shown_key
from whitetail.screens.run_actions import RunActions
from whitetail_store import StoreError

if TYPE_CHECKING:
    from whitetail.panes.query_prompt import QueryHistory
    from whitetail.screens.filter_prompt import FilterPrompt
    from whitetail.trace.query.complete import FoundValues

_PRESETS = (
    ("e", "errors", "has:error"),
    ("t", "tool calls", "kind:call,result"),
    ("a", "subagents", "kind:subagent"),
    ("m", "messages", "kind:prompt,reply"),
    ("s", "slow", "is:slow"),
    ("w", "middleware", "kind:middleware"),
)
"""The key of each preset, its name and its query."""
_OWN_KEYS = "123456789"
"""The keys of the user's own presets; others have none."""


class FilterActions(RunActions):
    """A screen that filters the open run."""

    status: Widget
    """The status line, above which the input line is shown."""

    own_filters: Mapping[str, str] = MappingProxyType({})
    """The user's own presets: the query of each, by its name."""

    _filter_history: QueryHistory | None = None
    found_values: FoundValues | None = None
    """The names in the run that complete a query, as far as they were found."""

    async def action_filter(self) -> None:
        """Open the input line for a filter.

        The key has priority, so the app waits here: what is typed next, in one burst
        perhaps, must not reach the keys of a pane.
        """
        from whitetail.panes.query_prompt import QueryHistory
        from whitetail.screens.filter_prompt import FilterPrompt
        from whitetail.trace.query.complete import FoundValues

        if self.is_typing() or self.run.run is None or not self.is_attached:
            return
        if self._filter_history is None:
            self._filter_history = QueryHistory(self.queries["filter"])
        self.found_values = none = FoundValues()
        text = self.run.filter.text
        prompt = FilterPrompt(
            self._filter_history, text, lambda: self.found_values or none
        )
        await self.mount(prompt, before=self.status)
        self.set_focus(prompt.input)
        self.find_values()

    def on_filter_prompt_submitted(self, message: FilterPrompt.Submitted) -> None:
        """Filter the run."""
        message.prompt.remove()
        self.show_events()
        self.run.filter.set_text(message.value)

    def on_filter_prompt_left(self, message: FilterPrompt.Left) -> None:
        """Remove the input line."""
        message.prompt.remove()
        self.restore_focus()

    async def action_filter_presets(self) -> None:
        """Open the menu of presets."""
        from whitetail.panes.menu import MenuItem
        from whitetail.screens.menu import MenuScreen

        if self.run.run is None or not self.is_attached:
            return
        items = [MenuItem(key, name, text, note=text) for key, name, text in _PRESETS]
        own = zip_longest(_OWN_KEYS, self.own_filters.items())
        items += [
            MenuItem(key or "", each[0], each[1], note=each[1])
            for key, each in own
            if each is not None
        ]
        text = self.run.filter.text
        items.append(MenuItem("c", "all events", "", enabled=bool(text)))
        await self.app.push_screen(MenuScreen("Filter", items), self._apply_preset)
        self._load_filter()

    def action_toggle_filter(self) -> None:
        """Switch the filter off, or on again."""
        if self.run.filter.text:
            self.run.filter.toggle()
        else:
            self.notify(
                f"There is no filter yet: {shown_key('filter')} sets one.", markup=False
            )

    def restore_focus(self) -> None:
        """Give the focus back to the pane that had it."""
        raise NotImplementedError

    def show_events(self) -> None:
        """Give the focus to the events."""
        raise NotImplementedError

    @work(exclusive=True, group="found values")
    async def find_values(self) -> None:
        """Find the names that complete a query."""
        from whitetail.run.found_values import found_values

        await asyncio.to_thread(_load)
        if self.run.run is not None:
            try:
                self.found_values = await found_values(self.run.run)
            except (StoreError, OSError, IndexError):
                # Fields can be completed without; the pane shows what is wrong.
                self.run.touch()

    @work(group="load filter")
    async def _load_filter(self) -> None:
        await asyncio.to_thread(_load)

    def _apply_preset(self, text: str | None) -> None:
        from whitetail.settings.filters import query_problem

        if text is None:
            return
        if text in self.own_filters.values() and (why := query_problem(text)):
            self.notify(why, severity="warning", markup=False)
            return
        self.show_events()
        self.run.filter.set_text(text)


def _load() -> None:
    """Load what parses and applies a filter, while the user types it."""
    from whitetail.run.line_filter import LineFilter  # noqa: F401
    from whitetail.run.row_filter import RowFilter
    from whitetail.trace.query.parse import parse_query

    RowFilter(parse_query("deer"))
