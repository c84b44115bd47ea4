"""How wide the lists of threads and runs are, beside the run that is open."""

from __future__ import annotations

from whitetail.panes.runs import RunsPane
from whitetail.panes.threads import ThreadsPane

_MIN_CELLS = 28
"""The least width of lists that are beside the run."""
_MAX_CELLS, _MIN_RUN_CELLS = 44, 40
"""Up to which width lists fit their lines; what is left to the run at least."""
_MAX_SHARE, _MAX_SHARE_BESIDE_BOTH = 0.4, 0.24
"""Which share of the screen lists may have for the numbers of runs.

The second one is for a wide screen, on which three panes are side by side.
"""
_BESIDE_LINE_CELLS = 4
"""The border, and the room for a scrollbar."""


class ListWidth:
    """The width that the lines need, or that the user wants."""

    def __init__(self, threads: ThreadsPane, runs: RunsPane) -> None:
        self.chosen = 0
        """The width that the user chose; 0 for none."""
        self.resized = False
        """Whether the user chose it with keys, not in the settings."""
        self._threads = threads
        self._runs = runs
        self._fitted = _MIN_CELLS
        """The width that the lines need; it never shrinks, so that nothing jumps."""

    @property
    def cells(self) -> int | None:
        """The width now; None where the lists have all of it, by the style sheet."""
        screen = self._runs.screen
        if any(map(screen.has_class, ("-zoomed", "-narrow", "-low"))):
            return None
        lines = max(self._threads.wanted_cells, self._runs.wanted_cells)
        share = _MAX_SHARE_BESIDE_BOTH if screen.has_class("-wide") else _MAX_SHARE
        numbers = self._runs.least_cells + _BESIDE_LINE_CELLS
        wanted = max(
            min(lines + _BESIDE_LINE_CELLS, _MAX_CELLS),
            min(numbers, int(share * screen.size.width)),
        )
        self._fitted = max(self._fitted, wanted)
        return self._limited(self.chosen) if self.chosen else self._fitted

    def resize(self, now: int, by: int) -> None:
        """Be wider or narrower than `now`, or than the user chose before."""
        chosen = self._limited(self.chosen) if self.chosen else now
        self.chosen, self.resized = self._limited(chosen + by), True

    def _limited(self, cells: int) -> int:
        """Return a width as far as the screen has room for it."""
        most = max(_MIN_CELLS, self._runs.screen.size.width - _MIN_RUN_CELLS)
        return max(_MIN_CELLS, min(cells, most))
