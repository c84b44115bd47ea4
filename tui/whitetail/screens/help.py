"""The help screen, generated from the table of keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from whitetail.keys import described_keys
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.lists.event_line import EVENT_SIGNS

# The theme's variable for each tone of a run's sign.
_COLORS = {
    "running": "$text-primary",
    "finished": "$text-success",
    "error": "$text-error",
    "warning": "$text-warning",
    "muted": "$text-muted",
}


class HelpScreen(ModalScreen[None]):
    """Lists every key with its action, and every sign with its meaning."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > Vertical {
            width: 76;
            max-width: 96%;
            height: auto;
            max-height: 94%;
            padding: 1 2;
            border: round $border;
            background: $surface;
        }
        & VerticalScroll { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._scroll = VerticalScroll(Static(_help_text()))

    def compose(self) -> ComposeResult:
        """Yield the table in a box."""
        with Vertical() as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes"
            yield self._scroll

    def action_down(self) -> None:
        """Scroll down."""
        self._scroll.scroll_down(animate=False)

    def action_up(self) -> None:
        """Scroll up."""
        self._scroll.scroll_up(animate=False)


def _help_text() -> Content:
    keys = [
        Content.assemble((f"{shown:<12}", "bold $text-accent"), text)
        for shown, text in described_keys()
    ]
    runs = [
        Content.assemble((f"{sign:<12}", _COLORS[tone]), f"a run that is {status}")
        for status, (sign, tone) in STATUS_SIGNS.items()
        if status is not RunStatus.UNKNOWN
    ]
    events = [Content(f"{sign:<12}{text}") for sign, text in EVENT_SIGNS.items()]
    return Content("\n").join([*keys, Content(""), *runs, Content(""), *events])
