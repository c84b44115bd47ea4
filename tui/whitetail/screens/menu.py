"""`MenuScreen`: a small menu on top of another screen."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters, digits
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

from whitetail.keymap import shown_key
from whitetail.keys import bindings
from whitetail.panes.line_list import LineList
from whitetail.panes.menu import MenuItem, MenuPane
from whitetail.screens.typed_text import TypedTextGuard
from whitetail.view.text import one_line

T = TypeVar("T")

RESERVED_KEYS = frozenset("jkq")
"""Characters that move in a menu or close it: no item can have one."""
_ITEM_KEYS = sorted(set(ascii_letters + digits) - RESERVED_KEYS)
_FRAME_CELLS = 3
"""The border at both sides, and the scrollbar."""
_BORDER_LINES, _HINT_LINES = 2, 1


class MenuScreen(ModalScreen[T | None], TypedTextGuard[T | None]):
    """Shows items, each with a key. Returns the value of the one that is chosen.

    None if the user closes the menu. The key of an item that is typed right behind the
    one that opens the menu is passed to the screen below; Textual then looks for a
    binding of the menu, so each key that an item may have is one.
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
        *(Binding(key, f"choose('{key}')", show=False) for key in _ITEM_KEYS),
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
        choose = f"{shown_key('open')}{' or its key' if keys else ''} chooses"
        self._hint_text = f"{choose}    esc closes"
        self._hint = Static(self._hint_text)

    def compose(self) -> ComposeResult:
        """Yield the items and what enter and esc do."""
        pane = self._pane
        with Vertical() as box:
            width = max(
                pane.wanted_cells, len(self._hint_text) + 1, cell_len(self._title) + 4
            )
            box.styles.width = width + _FRAME_CELLS
            yield pane
            yield self._hint

    def on_resize(self) -> None:
        """Show as many items as fit; the others are scrolled to."""
        height = min(self._pane.count + _BORDER_LINES, self.size.height - _HINT_LINES)
        self._pane.styles.height = height

    def judge_key(self, event: Key) -> None:
        """Choose the item of a key; ignore a text that is typed here."""
        if event.time < self.ignored_until or not self._has_item(event.character):
            super().judge_key(event)
            return
        event.stop()
        event.prevent_default()
        item = self._pane.item_of(event.character or "")
        if item is not None and item.enabled:
            self.guard_below(event)
        self._choose(item)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key has an item."""
        return action != "choose" or self._has_item(str(parameters[0]))

    def action_choose(self, key: str) -> None:
        """Choose the item of a key, if it can be chosen."""
        self._choose(self._pane.item_of(key))

    def _has_item(self, key: str | None) -> bool:
        return self._pane.item_of(key) is not None

    @on(LineList.Opened)
    def _choose_under_cursor(self) -> None:
        self._choose(self._pane.under_cursor)

    def _choose(self, item: MenuItem[T] | None) -> None:
        """Return the value of an item; show why if it cannot be chosen."""
        if item is None:
            return
        if item.enabled:
            self.dismiss(item.value)
        else:
            why = f"{item.label}: {item.note or 'there is nothing to choose'}"
            self._hint.update(Content(one_line(why, 120)))
