"""The footer: the keys that do something now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import ActiveBinding, Binding
from textual.keys import REPLACED_KEYS, key_to_character
from textual.reactive import reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from whitetail.keymap import current
from whitetail.keys import ALWAYS_QUIT_ID, FOOTER, FOOTER_RIGHT, Key, binding_id
from whitetail.panes.palette import palette

ActiveBindings = Mapping[str, ActiveBinding]
"""The bindings of a screen by the name of their key."""


class Item(NamedTuple):
    """A key in the footer."""

    key: str
    """Textual's name."""
    shown: str
    label: str

    @property
    def cells(self) -> int:
        """The width, with the spaces before it."""
        return 2 + cell_len(self.shown) + 1 + cell_len(self.label)


class KeyBar(Widget):
    """One line of keys; help and quit stay at the right.

    If there is not enough room, items are left out from the middle, the least
    important first. A key that the focused input would get as a letter is not shown.
    """

    DEFAULT_CSS = "KeyBar { height: 1; background: $surface; }"

    items: reactive[tuple[Item, ...]] = reactive(())
    """The items of the left side, the most important first."""
    right: reactive[tuple[Item, ...]] = reactive(())
    """The items of the right side, which are always shown."""

    def __init__(self, applies: Callable[[str], bool] = lambda _: True) -> None:
        """Show the keys whose action `applies` at present."""
        super().__init__()
        self._applies = applies

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        style = palette(self).style
        plain = style("muted", "bar")
        left, gap = self._shown()
        segments: list[Segment] = []
        for item in left:
            segments += _segments(item, style("accent", "bar"), plain)
        segments.append(Segment(" " * gap, plain))
        for item in self.right:
            segments += _segments(item, style("accent", "bar"), plain)
        return Strip(segments).adjust_cell_length(self.size.width, plain)

    async def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        left, gap = self._shown()
        x = event.x
        for part in (left, self.right):
            for item in part:
                if 0 <= x < item.cells:
                    self.app.simulate_key(item.key)
                    return
                x -= item.cells
            x -= gap

    def _shown(self) -> tuple[tuple[Item, ...], int]:
        """Return the items that fit at the left, and the width of the gap."""
        room = self.size.width - 1 - sum(item.cells for item in self.right)
        left = self.items
        while left and sum(item.cells for item in left) > room:
            left = left[:-1]
        return left, max(0, room - sum(item.cells for item in left))

    def _update(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            # The screen collects them anew each time, in about half a millisecond.
            active = screen.active_bindings
            self.items = tuple(self._items(FOOTER, active))
            self.right = tuple(self._items(FOOTER_RIGHT, active))

    def _items(self, keys: tuple[Key, ...], active: ActiveBindings) -> Iterator[Item]:
        for key in map(current, keys):
            if self._applies(key.action):
                item = self._item(key, active)
                if item is not None:
                    yield item

    def _item(self, key: Key, active: ActiveBindings) -> Item | None:
        """Return the item of a key; None if its first name does something else now.

        While an input has the focus, it is the first name that the input leaves alone.
        """
        names = zip(key.keys.split(","), key.shown.split(" "), strict=False)
        typing = isinstance(self.screen.focused, Input)
        for name, shown in names:
            found = active.get(name)
            bound = found is not None and _is_of(found.binding, key)
            if bound and not (typing and _is_letter(name)):
                return Item(name, shown, key.footer)
            if not typing:
                break
        return None


def _is_of(binding: Binding, key: Key) -> bool:
    """Return whether a binding is that of a key.

    The binding with which an input submits its text is Textual's, without an id.
    """
    same = binding.id in (binding_id(key), ALWAYS_QUIT_ID, None)
    return same and binding.action == key.action


def _is_letter(key: str) -> bool:
    """Return whether a key enters a character into an input."""
    character = key_to_character(REPLACED_KEYS.get(key, key))
    return character is not None and character.isprintable()


def _segments(item: Item, key: Style, label: Style) -> list[Segment]:
    return [
        Segment("  ", label),
        Segment(item.shown, key),
        Segment(f" {item.label}", label),
    ]
