"""`ExportPrompt`: asks where to write an export."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from whitetail.keys import bindings
from whitetail.panes.line_input import LineInput
from whitetail.screens.dismissal import DismissedOnce
from whitetail.view.text import one_line


class PathInput(LineInput):
    """An input for a path. Enter returns it, escape nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find")

    async def action_submit(self) -> None:
        """Close the prompt with the path."""
        self.screen.dismiss(self.value.strip() or None)

    def action_leave(self) -> None:
        """Close the prompt without a path."""
        self.screen.dismiss(None)


class ExportPrompt(ModalScreen[str | None], DismissedOnce[str | None]):
    """Returns a path that the user has entered; None for none."""

    DEFAULT_CSS = """
    ExportPrompt {
        align: left bottom;
        background: transparent;
        & > Vertical { height: 2; width: 1fr; }
        & Static { height: 1; padding: 0 1; background: $surface; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "app.quit", show=False)]

    def __init__(self, question: str, path: str) -> None:
        """Ask for a path, and suggest one."""
        super().__init__()
        self._question = one_line(question, 200)
        self._input = PathInput(path)

    def compose(self) -> ComposeResult:
        """Yield the question and the input."""
        with Vertical():
            yield Static(Content(f"{self._question}    enter writes    esc cancels"))
            yield self._input

    def on_mount(self) -> None:
        """Give the input the focus."""
        self._input.focus()
