"""The screen that lists the faults of a run's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from whitetail.keymap import shown_key
from whitetail.keys import bindings
from whitetail.panes.findings import FindingsPane
from whitetail.panes.line_list import LineList
from whitetail.screens.dismissal import DismissedOnce
from whitetail.view.brief import plural
from whitetail_store import Finding

_MAX_LINES = 28
_BORDER_LINES = 2


class FindingsScreen(ModalScreen[int | None], DismissedOnce[int | None]):
    """Lists findings. Returns the row of the one that the user opens.

    None if the user closes the screen, or if the finding has no row.
    """

    DEFAULT_CSS = """
    FindingsScreen {
        align: center middle;
        & > Vertical { width: 90%; max-width: 120; height: auto; max-height: 80%; }
        & FindingsPane { height: auto; max-height: 30; min-height: 3; }
        & Static { padding: 0 1; background: $surface; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("findings")

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__()
        self._pane = FindingsPane("findings", findings)
        self._findings = findings

    def compose(self) -> ComposeResult:
        """Yield the list and its keys."""
        with Vertical():
            pane = self._pane
            pane.border_title = f"{plural(len(self._findings), 'fault')} in the file"
            pane.styles.height = min(pane.count, _MAX_LINES) + _BORDER_LINES
            yield pane
            yield Static(
                f"{shown_key('open')} goes to the row    "
                f"{shown_key('findings.close')} goes back    the file stays unchanged"
            )

    @on(LineList.Opened)
    def _close_with_row(self, message: LineList.Opened) -> None:
        self.dismiss(self._pane.row)
