"""What is wrong with a run's file, as a list to go through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from whitetail.panes.findings import FindingsPane
from whitetail.panes.line_list import LineList
from whitetail.view.brief import plural
from whitetail_store import Finding


class FindingsScreen(ModalScreen[int | None]):
    """Lists findings; the one chosen says which row to go to."""

    DEFAULT_CSS = """
    FindingsScreen {
        align: center middle;
        & > Vertical { width: 90%; max-width: 120; height: auto; max-height: 80%; }
        & FindingsPane { height: auto; max-height: 30; min-height: 3; }
        & Static { padding: 0 1; background: $surface; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,exclamation_mark", "dismiss(None)", "Back")
    ]

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__()
        self._pane = FindingsPane("findings", findings)
        self._findings = findings

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical():
            pane = self._pane
            pane.border_title = f"{plural(len(self._findings), 'fault')} of the file"
            pane.styles.height = min(len(self._findings), 28) + 2
            yield pane
            yield Static("enter goes to the row    esc goes back    nothing is changed")

    @on(LineList.Opened)
    def _choose(self, message: LineList.Opened) -> None:
        self.dismiss(self._findings[self._pane.cursor].place.row)
