"""`MenuScreen`: a small menu on top of another screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from whitetail.keys import bindings
from whitetail.panes.line_list import LineList
from whitetail.panes.menu import MenuItem, MenuPane
from whitetail.screens.typed_text import TypedTextGuard
from whitetail.view.text import one_line

T = TypeVar("T")

RESERVED_KEYS = frozenset("jkq")
"""Characters that move in a menu or close it: no item can have one."""
_HINT = "enter or its key chooses    esc closes"
_FRAME_CELLS = 3
"""The border at both sides, and the scrollbar."""
_BORDER_LINES, _HINT_LINES = 2, 1


class MenuScreen(ModalScreen[T | None], TypedTextGuard[T | None]):
    """Shows items, each with a key. Returns the value of the one that is chosen.

    None if the user closes the menu. To be opened with `await app.push_screen(…)` by an
    action whose key has priority: the app then waits until the menu gets the keys, and
    a key that is typed right behind reaches the menu.
    """

    DEFAULT_CSS = """
    MenuScreen {
        align: center middle;
        & > Vertical { height: auto; max-width: 92%; }
        & MenuPane { min-height: 3; }
        & Static {
            height: 1; padding: 0 1; background: $surface; color: $text-muted;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("menu"),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def __init__(
        self, title: str, items: Sequence[MenuItem[T]], start: int = 0
    ) -> None:
        """Show items below a title, with the cursor on the item number `start`.

        Raises:
            ValueError: An item has a key that menus use themselves, or that of another.

        """
        super().__init__()
        keys = [item.key for item in items if item.key]
        if len(set(keys)) < len(keys) or RESERVED_KEYS.intersection(keys):
            raise ValueError(f"keys that are reserved or used twice: {keys}")
        self._pane = MenuPane("menu", items, start)
        self._title = one_line(title, 120)
        self._pane.border_title = Content(self._title)

    def compose(self) -> ComposeResult:
        """Yield the items and what enter and esc do."""
        pane = self._pane
        with Vertical() as box:
            width = max(pane.wanted_cells, len(_HINT) + 1, cell_len(self._title) + 4)
            box.styles.width = width + _FRAME_CELLS
            yield pane
            yield Static(_HINT)

    def on_resize(self) -> None:
        """Show as many items as fit; the others are scrolled to."""
        height = min(self._pane.count + _BORDER_LINES, self.size.height - _HINT_LINES)
        self._pane.styles.height = height

    def on_key(self, event: Key) -> None:
        """Choose the item of a key; ignore a text that is typed here."""
        item = self._pane.item_of(event.character)
        if item is None or event.time < self.ignored_until:
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()
        if item.enabled:
            self.guard_below(event)
            self.dismiss(item.value)

    @on(LineList.Opened)
    def _choose_under_cursor(self) -> None:
        item = self._pane.under_cursor
        if item is not None and item.enabled:
            self.dismiss(item.value)
