"""Keeps a text that was typed into the wrong screen from acting as keys."""

from __future__ import annotations

from math import inf

from textual.actions import SkipAction
from textual.app import App, ReturnType
from textual.events import Key
from textual.screen import ScreenResultType
from textual.widgets import Input

from whitetail.keys import elsewhere
from whitetail.screens.dismissal import DismissedOnce

_TYPING_PAUSE_S = 0.4
"""A letter that follows one without an action sooner than this is part of a text."""
_AFTER_CLOSING_S = 0.15
"""The same for a letter that follows the one that closed a screen: keys are slower."""


class TypedTextGuard(DismissedOnce[ScreenResultType]):
    """A screen that ignores a text typed into it, or into one that was above it.

    A text is noticed by a letter without an action, or by the letter that closes the
    screen above, with others right behind it.
    """

    ignored_until = -inf
    """Until when letters are ignored, by the clock of events."""

    def judge_key(self, event: Key) -> None:
        """Ignore a letter that is part of a text; explain a key without an action."""
        is_ignored = event.time < self.ignored_until
        active = self.active_bindings.get(event.key)
        if active is None and not is_ignored and (text := elsewhere(event.key)):
            self.notify(text, markup=False)
        is_above_another = len(self.app.screen_stack) > 1
        if not event.is_printable or not (is_above_another or is_ignored):
            return
        if is_ignored or active is None:
            self.ignored_until = event.time + _TYPING_PAUSE_S
            event.stop()
            event.prevent_default()
        elif active.binding.action.startswith("dismiss"):
            self.guard_below(event)

    def skip_while_typing(self) -> None:
        """Leave a key to the input that has the focus."""
        if isinstance(self.focused, Input):
            raise SkipAction

    def is_typing(self) -> bool:
        """Return whether a line for a text is open. One without the focus gets it back.

        Raises:
            SkipAction: The line has the focus: the key is a part of the text.

        """
        self.skip_while_typing()
        line = next((each for each in self.query(Input) if each.display), None)
        if line is not None:
            self.set_focus(line)
        return line is not None

    def guard_below(self, event: Key) -> None:
        """Have the screens below ignore letters right behind one that closes this."""
        for screen in self.app.screen_stack[:-1]:
            if isinstance(screen, TypedTextGuard):
                screen.ignored_until = event.time + _AFTER_CLOSING_S

    def end_guards(self) -> None:
        """Have all screens accept the next letter: another program had the keys.

        A text that was typed before has ended there.
        """
        for screen in self.app.screen_stack:
            if isinstance(screen, TypedTextGuard):
                screen.ignored_until = -inf


class GuardedApp(App[ReturnType]):
    """An app in which the screen that a key acts on decides whether it acts.

    Keys of one burst are all passed to the screen that is shown at first. They return
    to the app one by one, and each acts before the next one is judged: on the screen
    that is shown by then.
    """

    def on_key(self, event: Key) -> None:
        """Have the screen that is shown ignore a key that is part of a text."""
        if isinstance(self.screen, TypedTextGuard):
            self.screen.judge_key(event)
