"""Leads the user to another run: a new one of the thread, or that of an event."""

from __future__ import annotations

from collections.abc import Collection

from whitetail.run.open_run import OpenRun
from whitetail.run.protocols import EventKey
from whitetail.screens.lists import ListsView
from whitetail.screens.run import RunView
from whitetail.source.catalog import Catalog
from whitetail_store import RunKey


class Guide:
    """Goes on with new runs of the open thread, and goes to events of other runs."""

    def __init__(self, catalog: Catalog, lists: ListsView, run: RunView) -> None:
        self.key: RunKey | None = None
        """The run that the open thread got last; None if it got none."""
        self._catalog = catalog
        self._lists = lists
        self._run = run
        self._known: set[RunKey] = set()
        self._event: EventKey | None = None
        """The event to go to once its run is open."""

    def run_opened(self) -> None:
        """Note which runs the thread has."""
        self._known = self._runs()

    def runs_changed(self, changed: Collection[RunKey], *, may_go: bool) -> None:
        """Go on with a new run, if the user is at the newest event and it `may_go`.

        If not, a mark below the events leads to it.
        """
        known, self._known = self._known, self._runs()
        new = [key for key in changed if key in self._known - known]
        if not known or not new or not self._catalog.is_growing(new[-1]):
            return
        self.key = new[-1]
        # A list that the user has narrowed stays as it is.
        may_go = may_go and self._lists.runs.narrowing is None
        if may_go and self._run.events.at_newest:
            self.go()
        else:
            self._run.events.next_run = True

    def go(self) -> None:
        """Open the new run."""
        if self.key is not None:
            self._lists.go_to_run(self.key)

    def go_to_event(self, event: EventKey) -> None:
        """Open an event's run, if it is not open yet, and go to the event."""
        self._event = event
        self._lists.select(*event.run)
        if self._run.run is not None and self._run.key == event.run:
            self.run_read(self._run.run)

    def run_read(self, run: OpenRun) -> None:
        """Go to the event that the user wants, if its run is open now."""
        event = self._event
        if event is not None and event.run == run.key:
            self._event = None
            if event.generation == run.rows.generation:
                self._run.events.go_to(event.row)

    def _runs(self) -> set[RunKey]:
        key = self._run.key
        return set() if key is None else set(self._catalog.run_keys(key[0]))
