"""`DismissedOnce`: a screen that can be asked to close twice."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.await_complete import AwaitComplete
from textual.events import ScreenResume
from textual.messages import Prune
from textual.screen import Screen, ScreenResultType
from textual.worker import Worker


class DismissedOnce(Screen[ScreenResultType]):
    """A screen on top of another one, which closes only itself, and only once.

    Two quick presses of enter send two messages. The second one is handled after the
    screen was closed, and Textual would then close the screen below, or fail. It would
    also close the screen on top, if this one is covered: it closes once that has.
    Beside another kind of screen it is the second base class, since the first one gives
    the style.
    """

    _result_when_uncovered: tuple[ScreenResultType | None] | None = None
    _ends = False
    """Whether it is being removed."""

    @property
    def can_close(self) -> bool:
        """Whether this screen is shown or covered, and was not asked to close."""
        shown = self.is_active or (self.is_running and self in self.app.screen_stack)
        return shown and self._result_when_uncovered is None

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close this screen with a result: at once, or when it is no longer covered."""
        if self.is_active:
            return super().dismiss(result)
        if self.can_close:
            self._result_when_uncovered = (result,)
        return AwaitComplete(_nothing())

    async def on_prune(self, event: Prune) -> None:
        """Stop the workers before the widgets that they write to are removed."""
        self._ends = True
        self.workers.cancel_node(self)

    def run_worker(self, *args: Any, **options: Any) -> Worker[Any]:
        """Start work, which is cancelled at once while this screen is being removed.

        Messages that were sent before are still handled then.
        """
        worker = super().run_worker(*args, **options)
        if self._ends:
            worker.cancel()
        return worker

    @on(ScreenResume)
    def _close_uncovered(self) -> None:
        if self._result_when_uncovered is not None:
            self.dismiss(*self._result_when_uncovered)


async def _nothing() -> None:
    """Wait for nothing."""
