"""The keys of the main screen that concern the run that is open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from whitetail.screens.run import RunView
from whitetail.screens.typed_text import TypedTextGuard
from whitetail.trace.stats.pricing import Prices
from whitetail_store import RunKey


class RunActions(TypedTextGuard[None]):
    """A screen with a `RunView`, and the actions that it passes on to it."""

    run: RunView
    """The run that is open."""
    queries: dict[str, list[str]]
    """The queries of each kind of input line, the newest last."""

    def action_follow(self) -> None:
        """Follow the newest event, or stop following."""
        events = self.run.events
        if self.run.run is None:
            self.notify("No run is open.", severity="warning", markup=False)
        elif self.run.may_grow or events.following:
            events.following ^= True
        else:
            events.action_bottom()
            text = "The run has ended: no event will follow its last one."
            self.notify(text, markup=False)

    def action_form(self) -> None:
        """Show the event in the next format."""
        self.run.format = self.run.format.next

    def action_wrap(self) -> None:
        """Start or stop wrapping long lines."""
        detail = self.run.detail
        detail.wrapping ^= True
        text = "Long lines are wrapped."
        if not detail.wrapping:
            text = "Long lines are not wrapped: shift+→ scrolls to the right."
        self.notify(text, markup=False)

    def action_order(self) -> None:
        """Change between causal order and file order."""
        self.run.events.toggle_order()

    def action_times(self) -> None:
        """Show times in the next format."""
        self.run.next_time_format()

    def action_find_next(self, step: int) -> None:
        """Go to the next match; with step -1 to the previous one."""
        self.run.find_next(step)

    def action_next_error(self, step: int) -> None:
        """Go to the next error; with step -1 to the previous one."""
        self.run.next_error(step)

    def action_faults(self) -> None:
        """List the faults in the run's file."""
        self.run.list_faults()

    def offer_file(self, path: str, go: Callable[[], object] | None) -> object:
        """Show size and type of a file, and open it if the user wants that."""
        raise NotImplementedError

    def show_overview(
        self,
        prices: Callable[[], Prices],
        is_growing: Callable[[RunKey], bool],
        title: str,
    ) -> None:
        """Show the run's status, usage and timeline, with a title.

        `prices` returns what models cost, as far as it was read; `is_growing` whether
        a run is being written.
        """
        from whitetail.screens.overview import OverviewScreen

        run = self.run.run
        if run is not None:
            growing = partial(is_growing, run.key)
            screen = OverviewScreen(run, prices, growing, title, self.offer_file)
            self.app.push_screen(screen, self.run.go_to)
