"""A list above the main screen, with a line that names its keys."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Static

from whitetail.panes.line_list import LineList
from whitetail.panes.selectable_list import SelectableList
from whitetail.screens.dismissal import DismissedOnce


class ListDialog(
    ModalScreen[ScreenResultType | None], DismissedOnce[ScreenResultType | None]
):
    """Shows a list whose lines can be selected. Returns None if the user closes it."""

    DEFAULT_CSS = """
    ListDialog {
        align: center middle;
        & > Vertical { width: 90%; max-width: 140; height: 80%; }
        & SelectableList { height: 1fr; }
        & Static { padding: 0 1; background: $surface; color: $text-muted; }
    }
    """

    def __init__(self, pane: SelectableList[Any], keys: str) -> None:
        """Show a list; `keys` names the keys and what they do."""
        super().__init__()
        self._list_pane = pane
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Yield the list and its keys."""
        with Vertical():
            yield self._list_pane
            yield Static(self._keys)

    @on(LineList.Left)
    def action_close(self) -> None:
        """Clear the selection, else close the screen."""
        if not self._list_pane.clear_selection():
            self.dismiss(None)
