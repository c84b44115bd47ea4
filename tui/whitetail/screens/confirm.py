"""The question before anything is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from whitetail.source.deletion import DeletePlan
from whitetail.view.brief import plural
from whitetail.view.text import one_line
from whitetail.view.units import size
from whitetail_store import RunKey, StoreError

_SHOWN = 200


class Confirm(ModalScreen[bool]):
    """A question that only one key answers with yes, and enter with no."""

    DEFAULT_CSS = """
    Confirm {
        align: center middle;
        & > Vertical {
            width: 76;
            max-width: 92%;
            height: auto;
            max-height: 88%;
            padding: 1 2;
            border: round $error;
            border-title-color: $text-error;
            background: $surface;
        }
        & VerticalScroll { height: auto; max-height: 14; margin: 1 0; }
        & Static { width: 100%; }
        & .ask--warning { color: $text-warning; margin-top: 1; }
        & .ask--keys { margin-top: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("enter,n,escape,q", "answer(False)", "No"),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)


class ConfirmDelete(Confirm):
    """Asks whether some runs shall go, and says what they are."""

    def __init__(self, doomed: DeletePlan, count: Callable[[RunKey], int]) -> None:
        """Count events with `count`, in a thread; the question need not wait."""
        super().__init__()
        self._doomed = doomed
        self._count = count
        self._sum = Static(self._summary("counting events…"), id="sum")

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        doomed = self._doomed
        titles = doomed.titles[:_SHOWN]
        if len(doomed.titles) > _SHOWN:
            titles = (*titles, f"… and {len(doomed.titles) - _SHOWN:,} more")
        with Vertical() as box:
            box.border_title = "Delete"
            yield self._sum
            with VerticalScroll(can_focus=False):
                yield Static(Content("\n".join(f"  {title}" for title in titles)))
            if doomed.running_count:
                yield Static(Content(self._warning()), classes="ask--warning")
            yield Static(
                Content.assemble(
                    ("y", "bold $text-error"),
                    " deletes    ",
                    ("enter", "bold"),
                    " or ",
                    ("esc", "bold"),
                    " keeps    ",
                    ("u undoes, until you quit", "$text-muted"),
                ),
                classes="ask--keys",
            )

    def on_mount(self) -> None:
        """Begin to count."""
        self._count_events()

    @work
    async def _count_events(self) -> None:
        events = 0
        for key in self._doomed.keys:
            try:
                events += await asyncio.to_thread(self._count, key)
            except (OSError, StoreError) as error:
                self._sum.update(self._summary(one_line(f"can't count: {error}")))
                return
        self._sum.update(self._summary(plural(events, "event")))

    def _summary(self, events: str) -> Content:
        doomed = self._doomed
        runs = plural(len(doomed.keys), "run")
        return Content(f"{runs}, {events}, {size(doomed.size)}")

    def _warning(self) -> str:
        running = self._doomed.running_count
        which = (
            "It is still" if len(self._doomed.keys) == 1 else f"{running} of them still"
        )
        return (
            f"{which} being written. The agent may make the file again, "
            "with only what it writes from then on."
        )


class AskLeftovers(Confirm):
    """Asks what to do with what a session that crashed had deleted."""

    def __init__(self, runs: int) -> None:
        super().__init__()
        self._runs = runs

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical() as box:
            box.border_title = "Left over"
            yield Static(
                Content(
                    f"An earlier whitetail deleted {plural(self._runs, 'run')} and "
                    "ended before it could remove them for good."
                )
            )
            yield Static(
                Content.assemble(
                    ("y", "bold $text-error"),
                    " removes them when this one ends    ",
                    ("enter", "bold"),
                    " or ",
                    ("esc", "bold"),
                    " brings them back",
                ),
                classes="ask--keys",
            )
