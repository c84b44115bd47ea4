"""`DismissedOnce`: a screen that can be asked to close twice."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class DismissedOnce(Screen[ScreenResultType]):
    """A screen on top of another one, which closes only itself, and only once.

    Two quick presses of enter send two messages. The second one is handled after the
    screen was closed, and Textual would then close the screen below, or fail. Beside
    another kind of screen it is the second base class, since the first one gives the
    style.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close this screen with a result, if it is on top."""
        if not self.is_current:
            return AwaitComplete(_nothing())
        return super().dismiss(result)


async def _nothing() -> None:
    """Wait for nothing."""
