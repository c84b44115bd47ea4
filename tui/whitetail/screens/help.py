"""The help screen, generated from the table of keys."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from whitetail.keymap import shown_key
from whitetail.keys import bindings
from whitetail.panes.help import HelpPane
from whitetail.screens.dismissal import DismissedOnce
from whitetail.screens.find import FindBar


class HelpScreen(ModalScreen[None], DismissedOnce[None]):
    """Lists every key with its action, and every sign with its meaning."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > Vertical { width: 80; max-width: 100%; height: 94%; }
        & HelpPane { height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("help"),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def __init__(self, group: str = "") -> None:
        """`group` is that of the keys that apply where help was asked for."""
        super().__init__()
        self._pane = HelpPane("help", group)
        self._pane.border_title = "Help"
        self._box = Vertical(self._pane)
        self._bar: FindBar | None = None

    def compose(self) -> ComposeResult:
        """Yield the text; the search line is below it while it is open."""
        yield self._box

    def on_mount(self) -> None:
        """Name the keys of the screen."""
        self._name_keys()

    async def action_filter(self) -> None:
        """Open the search line."""
        if isinstance(self.focused, FindBar):
            raise SkipAction
        if self._bar is None:
            self._bar = FindBar("show only lines with these words")
            await self._box.mount(self._bar)
        self._bar.focus()

    def action_close(self) -> None:
        """Show all lines again, or close the screen."""
        if self._pane.filtered:
            self._close_bar()
        else:
            self.dismiss()

    @on(Input.Changed)
    def _filter(self, message: Input.Changed) -> None:
        self._pane.filter(message.value)
        self._name_keys()

    def on_find_bar_submitted(self, message: FindBar.Submitted) -> None:
        """Keep the filter, and give the keys back to the text."""
        if message.value.strip():
            self._pane.focus()
        else:
            self._close_bar()

    def on_find_bar_left(self) -> None:
        """Show all lines."""
        self._close_bar()

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.remove()
            self._bar = None
        self._pane.filter("")
        self._pane.focus()
        self._name_keys()

    def _name_keys(self) -> None:
        close = shown_key("help.close")
        escape = f"{close} shows all" if self._pane.filtered else f"{close} closes"
        moves = ("next_line", "previous_line", "next_page", "previous_page")
        scroll = " ".join(map(shown_key, moves))
        self._pane.border_subtitle = (
            f"{scroll} scroll · {shown_key('help.filter')} filters · {escape}"
        )
