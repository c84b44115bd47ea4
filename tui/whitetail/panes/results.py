"""The pane that lists what a search over many runs has found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from whitetail.keys import RESULTS
from whitetail.panes.line_list import Cell
from whitetail.panes.selectable_list import SelectableList
from whitetail.view.brief import plural
from whitetail.view.lists.results import Result, ResultKey, result_line
from whitetail.view.matches import TextMatcher
from whitetail_store import RunKey

_FIRST_HIT = 2
"""The line of the first hit, below its thread and its run."""


class ResultsPane(SelectableList[ResultKey]):
    """Threads, their runs, and the events that were found in them.

    A selection is of runs: the run of a line is selected, on each of its lines.
    """

    HELP_GROUP = RESULTS

    def __init__(
        self,
        id: str,  # noqa: A002
        now: Callable[[], float],
        matcher: TextMatcher | None,
        title: str,
    ) -> None:
        """Mark what `matcher` finds; `now` returns seconds since the epoch."""
        super().__init__(id)
        self._title = title
        self._now = now
        self._matcher = matcher
        self._results: Sequence[Result] = ()

    @property
    def visible_runs(self) -> list[RunKey]:
        """The runs of the visible lines."""
        keys = dict.fromkeys((each.thread, each.run) for each in self.visible_keys)
        return [key for key in keys if key[1]]

    @property
    def chosen_runs(self) -> list[RunKey]:
        """The selected runs. Without a selection, those of the cursor's line."""
        keys = self.selected or ({self.key} if self.key else set[ResultKey]())
        threads = {key.thread for key in keys if not key.run}
        runs = {(key.thread, key.run) for key in keys}
        found = dict.fromkeys((each.thread, each.run) for each in self._keys)
        return [key for key in found if key[1] and (key in runs or key[0] in threads)]

    def show(self, lines: Sequence[tuple[ResultKey, Result]]) -> None:
        """Show these lines. The cursor stays on its line, at first on the first hit."""
        was_empty = not self._results
        self._results = [result for _, result in lines]
        self.rearrange([key for key, _ in lines])
        if was_empty:
            self.move_to(_FIRST_HIT)

    def event_of(self, line: int) -> ResultKey | None:
        """Return the event of a line: of a thread or a run, its first; None without."""
        for key in self._keys[line:]:
            if key.row >= 0:
                return key
        return None

    def is_selected(self, line: int) -> bool:
        """Return whether the run of a line is selected, or each run of its thread."""
        key = self._keys[line]
        if ResultKey(key.thread) in self.selected:
            return True
        return bool(key.run) and ResultKey(key.thread, key.run) in self.selected

    def draw(self, line: int, width: int) -> Sequence[Cell]:
        """Return the cells of a line."""
        return result_line(self._results[line], self._matcher, width, self._now())

    def label_columns(self) -> None:
        """Show in the border what is searched for."""
        self.border_title = Content(self._title)

    def label_count(self) -> None:
        """Show in the border how many runs are selected."""
        runs = len(self.chosen_runs) if self.selected else 0
        self.border_subtitle = f"{plural(runs, 'run')} selected" if runs else ""

    def action_select(self) -> None:
        """Select or deselect the run or thread of the line, and move to the next."""
        key = self.key
        if key is None:
            return
        self.selected ^= {ResultKey(key.thread, key.run)}
        self.label_count()
        self.refresh()
        after = range(self.cursor + 1, self.count)
        self.move_to(
            next((line for line in after if self._keys[line].row < 0), self.cursor)
        )
