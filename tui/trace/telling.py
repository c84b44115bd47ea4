"""A run that is being told: what was read of it so far, in causal order."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.store import BadLine, RunEvent

from .causality import Placed, Story
from .outline import Folds, Outline

Rows = Sequence[RunEvent | BadLine]


class Telling:
    """Reads a run's rows in pieces, from the first to the last, and on as it grows.

    Reading is for a thread of its own; the outline belongs to whoever draws it,
    once that has begun, and then takes only what it is handed.
    """

    def __init__(self, rows: Rows, folds: Folds | None = None) -> None:
        self.outline = Outline(folds)
        self._rows = rows
        self._story = Story()

    @property
    def behind(self) -> int:
        """How many rows were not read yet."""
        return len(self._rows) - len(self._story)

    def read(self, most: int) -> tuple[int, Rows, list[Placed]]:
        """Read the next rows; return the first one's number, them, and their places.

        Raises:
            StoreError, OSError: They can't be read.

        """
        first = len(self._story)
        rows = self._rows[first : first + most]
        return first, rows, self._story.feed(rows)

    def read_ahead(self, most: int) -> int:
        """Read rows into an outline that nobody draws yet; return `behind`."""
        self.outline.take(self.read(most)[2])
        return self.behind
