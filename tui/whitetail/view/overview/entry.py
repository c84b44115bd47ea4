"""A line of the overview, and the headings between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from whitetail.view.styled import StyledLine


class Entry(NamedTuple):
    """A line of the overview."""

    line: StyledLine
    row: int | None = None
    """The run's row that it speaks of, if it is one."""


def heading_entries(name: str, note: str = "") -> Iterator[Entry]:
    """Yield an empty line, and a section's name with a note beside it."""
    yield Entry(())
    yield Entry(((name, "heading"), (f"  {note}" if note else "", "muted")))
