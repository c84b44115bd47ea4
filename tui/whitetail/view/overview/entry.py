"""A line of the overview, and its headings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from whitetail.view.overview.calls import CallGroup
from whitetail.view.styled import StyledLine


class Entry(NamedTuple):
    """A line of the overview."""

    line: StyledLine
    row: int | None = None
    """The row of the run that the line is about. None if there is none."""
    calls: CallGroup | None = None
    """The calls that the line is about. None if it is about none."""
    path: str = ""
    """The file that the line is about, as the run names it. Empty if none."""


def heading_entries(name: str, note: str = "") -> Iterator[Entry]:
    """Yield an empty line, then the name of a section with a note beside it."""
    yield Entry(())
    name = name[:1].upper() + name[1:]
    yield Entry(((name, "heading"), (f"  {note}" if note else "", "muted")))
