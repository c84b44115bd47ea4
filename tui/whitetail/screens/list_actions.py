"""The keys of the main screen that narrow and sort the lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.actions import SkipAction
from textual.widget import Widget

from whitetail.panes.shaped_list import ShapedList
from whitetail.screens.lists import ListsView
from whitetail.screens.typed_text import TypedTextGuard

if TYPE_CHECKING:
    from whitetail.panes.query_prompt import QueryPrompt
    from whitetail.screens.narrow import Narrower
    from whitetail.view.lists.order import SortColumn


class ListActions(TypedTextGuard[None]):
    """A screen with lists that can be narrowed by a text, and sorted by a column.

    The keys have priority, so the app waits until the line or the menu is there: what
    is typed next, in one burst perhaps, must not reach the keys of a pane.
    """

    lists: ListsView
    """The threads and runs."""
    status: Widget
    """The status line, above which the line for the text is shown."""
    panes: dict[str, Widget]
    """The panes by their names."""
    queries: dict[str, list[str]]
    """The queries of each kind of input line, the newest last."""
    at: Any
    """The name of the pane that has the focus, or had it last."""

    _narrower: Narrower | None = None

    @property
    def list_at(self) -> ShapedList[Any, Any] | None:
        """The list that has the focus, or had it last. None if it is another pane."""
        pane = self.panes[self.at]
        return pane if isinstance(pane, ShapedList) else None

    async def action_narrow(self) -> None:
        """Open the line for a text that narrows the list."""
        from whitetail.screens.narrow import Narrower

        pane = self.list_at
        if pane is None:
            raise SkipAction
        if self.is_typing():
            return
        if self._narrower is None:
            self._narrower = Narrower(
                self, self.lists.narrowed, self.restore_focus, self.queries["narrow"]
            )
        if self.is_attached and not self._narrower.is_open:
            await self._narrower.open(pane, self.status)

    def clear_narrowing(self) -> bool:
        """Show all entries of the list; return whether it was narrowed."""
        pane = self.list_at
        if pane is None or pane.narrowing is None:
            return False
        pane.narrow(None)
        self.lists.narrowed()
        return True

    async def action_sort_menu(self) -> None:
        """Ask by which column to sort the list; in the open run, the list of runs."""
        from whitetail.panes.menu import MenuItem
        from whitetail.screens.menu import MenuScreen
        from whitetail.view.lists.order import SORT_KEYS

        pane = self.list_at or self.lists.runs
        title = "Sort threads by" if pane is self.lists.threads else "Sort runs by"

        def chosen(column: SortColumn | None) -> None:
            if column is not None:
                pane.sort_by(column)

        now = pane.order
        columns = pane.sort_columns
        items = [
            MenuItem(key, str(column), column, note=now.arrow * (column is now.column))
            for key, column in SORT_KEYS.items()
            if column in columns
        ]
        start = columns.index(now.column) if now.column in columns else 0
        await self.app.push_screen(MenuScreen(title, items, start), chosen)

    def on_query_prompt_changed(self, message: QueryPrompt.Changed) -> None:
        """Narrow the list by the text so far."""
        if self._narrower is not None and self._narrower.owns(message.prompt):
            self._narrower.changed(message.value)

    async def on_query_prompt_submitted(self, message: QueryPrompt.Submitted) -> None:
        """Keep the list narrowed."""
        if self._narrower is not None and self._narrower.owns(message.prompt):
            await self._narrower.submit(message.value)

    async def on_query_prompt_left(self, message: QueryPrompt.Left) -> None:
        """Show all entries of the list again."""
        if self._narrower is not None and self._narrower.owns(message.prompt):
            await self._narrower.leave()

    def restore_focus(self) -> None:
        """Give the focus back to the pane that had it."""
        raise NotImplementedError
