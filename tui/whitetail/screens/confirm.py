"""The questions before a delete, and before runs are removed from the trash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import inf
from time import monotonic
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Static

from whitetail.keymap import shown_key
from whitetail.keys import KEYS
from whitetail.panes.plan_lines import PlanLines
from whitetail.screens.dismissal import DismissedOnce
from whitetail.source.deletion import FOR_GOOD, DeletePlan
from whitetail.view.brief import plural, reason
from whitetail.view.lists.entries import PlanLine, TrashEntry
from whitetail.view.units import size
from whitetail_store import RunKey, StoreError

_MAX_LINES = 200

_QUIET_S = 0.4
"""How long no key must have been pressed before one is an answer."""
_SHOWN_QUIET_S = 0.5
"""The same before the answers are named: the time of a key is up to 0.1 s early."""
_EARLY_S = 0.01
"""After how long a timer that was early is set again."""
_ANSWERS = {
    name: key.action == "answer(True)"
    for key in KEYS
    if key.scope == "confirm"
    for name in key.keys.split(",")
}
_ALWAYS = ("escape", "ctrl+c", "ctrl+q")
"""The keys that delete nothing and need no pause."""
_PAUSE = Content.assemble(
    ("esc", "bold"),
    (" cancels    other keys work after a pause of 0.4 s", "$text-muted"),
)


class Confirm(ModalScreen[bool], DismissedOnce[bool]):
    """A yes-or-no question. Only `y` means yes; enter and escape mean no.

    A sentence that was meant for another window can contain a `d` and a `y`. So a key
    is an answer only after a pause, counted from the first frame of the question and
    from the last key. Escape, which is always no, needs no pause.
    """

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
        & VerticalScroll { height: auto; max-height: 35vh; margin: 1 0; }
        & Static { width: 100%; }
        & .confirm--warning { color: $text-warning; margin-top: 1; }
        & .confirm--keys { margin-top: 1; }
        &.-low {
            & > Vertical { padding: 0 1; max-height: 100%; }
            & VerticalScroll { margin: 0; }
            & .confirm--warning, & .confirm--keys { margin-top: 0; }
        }
    }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def __init__(self, answers: Content) -> None:
        """`answers` names the keys and what they do; `keys_line` shows them."""
        super().__init__()
        self.accepts_keys = False
        """Whether the pause is over, and the next key is an answer."""
        self.keys_line = Static(_PAUSE, classes="confirm--keys")
        """Names the keys that work now. To be yielded as the last line."""
        self._answers = answers
        self._quiet_since = inf
        """When the last key was pressed; infinite before the first frame."""
        self._pause_began = -inf
        self._pause: Timer | None = None

    def on_mount(self) -> None:
        """Begin the pause again after the program was stopped."""
        self.app.app_resume_signal.subscribe(self, lambda _: self._begin_pause())

    def on_screen_resume(self) -> None:
        """Begin the pause with the next frame, also after another screen was on top."""
        self._quiet_since = inf
        self.call_after_refresh(self._begin_pause)

    def on_key(self, event: Key) -> None:
        """Answer, unless the key follows another one, or a frame, too soon.

        Answers are no bindings. Textual looks for the binding of a key after the screen
        that got the key has passed it on. So the `y` of a quick `dy`, which the screen
        below got, would find a binding of the question that the `d` has opened.
        """
        always = event.key in _ALWAYS
        in_time = event.time >= self._quiet_since + _QUIET_S
        accepted = always or (self.accepts_keys and in_time)
        if not always and self._quiet_since < inf:
            self._begin_pause(event.time)
        if not accepted or event.key in _ANSWERS:
            event.stop()
            event.prevent_default()
        if accepted and event.key in _ANSWERS:
            self.action_answer(_ANSWERS[event.key])

    def _begin_pause(self, pressed: float | None = None) -> None:
        """Begin the pause with a key that was pressed at a time, or with the frame."""
        self._pause_began = now = monotonic()
        self._quiet_since = now if pressed is None else max(self._quiet_since, pressed)
        self.accepts_keys = False
        self.keys_line.update(_PAUSE)
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(_SHOWN_QUIET_S, self._end_pause)

    def _end_pause(self) -> None:
        if monotonic() < self._pause_began + _SHOWN_QUIET_S:
            # Textual's timers end a little early.
            self._pause = self.set_timer(_EARLY_S, self._end_pause)
            return
        self.accepts_keys = True
        self.keys_line.update(self._answers)

    def action_answer(self, yes: bool) -> None:
        """Close the dialog with an answer."""
        self.dismiss(yes)


class ConfirmDelete(Confirm):
    """Asks whether to delete some runs, and lists them."""

    def __init__(
        self, plan: DeletePlan, count: Callable[[RunKey], int], warning: str = ""
    ) -> None:
        """Ask about the runs of `plan`, with a further `warning`.

        `count` returns the number of events of a run. It is called in a thread while
        the dialog is open.
        """
        super().__init__(
            Content.assemble(
                ("y", "bold $text-error"),
                " deletes    ",
                ("enter", "bold"),
                " or ",
                ("esc", "bold"),
                " cancels    ",
                (f"{shown_key('undo')} restores them", "$text-muted"),
            )
        )
        self._plan = plan
        self._further_warning = warning
        self._count = count
        self._summary = Static(self._summarize("counting events…"), id="summary")

    def compose(self) -> ComposeResult:
        """Yield the summary, the titles, the warning and the keys."""
        plan = self._plan
        with Vertical() as box:
            box.border_title = "Delete"
            yield self._summary
            with VerticalScroll(can_focus=False):
                yield PlanLines(_shortened(plan.lines))
            if self._further_warning:
                yield Static(Content(self._further_warning), classes="confirm--warning")
            if plan.warning:
                yield Static(Content(plan.warning), classes="confirm--warning")
            yield self.keys_line

    def on_mount(self) -> None:
        """Start to count the events."""
        super().on_mount()
        self._count_events()

    @work
    async def _count_events(self) -> None:
        events, reasons = 0, []
        for key in self._plan.keys:
            try:
                events += await asyncio.to_thread(self._count, key)
            except (OSError, StoreError) as error:
                reasons.append(reason(error))
        text = plural(events, "event")
        if reasons:
            text += f" ({plural(len(reasons), 'run')} cannot be read: {reasons[0]})"
        self._summary.update(self._summarize(text))

    def _summarize(self, events: str) -> Content:
        return Content(self._plan.summary(events))


class ConfirmRemove(Confirm):
    """Asks whether to remove runs from the trash for good, and lists them."""

    def __init__(self, entries: Sequence[TrashEntry]) -> None:
        """Ask about runs in the trash."""
        super().__init__(
            Content.assemble(
                ("y", "bold $text-error"),
                " removes them for good    ",
                ("enter", "bold"),
                " or ",
                ("esc", "bold"),
                " cancels",
            )
        )
        self._entries = entries

    def compose(self) -> ComposeResult:
        """Yield the summary, the titles, the warning and the keys."""
        entries = self._entries
        total = sum(entry.size for entry in entries)
        with Vertical() as box:
            box.border_title = "Remove from the trash"
            yield Static(Content(f"{plural(len(entries), 'run')}, {size(total)}"))
            with VerticalScroll(can_focus=False):
                lines = [PlanLine(entry.title) for entry in entries]
                yield PlanLines(_shortened(lines))
            yield Static(Content(FOR_GOOD), classes="confirm--warning")
            yield self.keys_line


def _shortened(lines: Sequence[PlanLine]) -> Sequence[PlanLine]:
    """Return the first lines, and how many more there are."""
    if len(lines) <= _MAX_LINES:
        return lines
    return [*lines[:_MAX_LINES], PlanLine(f"… and {len(lines) - _MAX_LINES:,} more")]
