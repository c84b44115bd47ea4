"""The lines of the question before a delete."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from whitetail.panes.palette import css_color
from whitetail.view.lists.entries import STATUS_SIGNS, PlanLine
from whitetail.view.units import moment

_INDENT = "  "
_STATUS_CELLS = max(len(status) for status in STATUS_SIGNS) + len("✓  ")
_TIME_CELLS = len("2026-08-03 14:03  ")
_MIN_TITLE_CELLS = 16


class PlanLines(Static):
    """Threads and runs with their statuses and dates; long titles wrap."""

    def __init__(self, lines: Sequence[PlanLine]) -> None:
        super().__init__()
        self._lines = lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines in a width."""
        return len(self._draw(width))

    def render(self) -> Content:
        """Return all lines."""
        return Content("\n").join(self._draw(self.content_size.width))

    def _draw(self, width: int) -> list[Content]:
        """Return the lines. Those of one title begin in the same column."""
        drawn: list[Content] = []
        in_thread = False
        for line in self._lines:
            in_thread = in_thread or line.status is None
            before = _columns(line, width, indented=in_thread)
            title = Text(line.title).wrap(
                self.app.console, max(1, width - before.cell_length)
            )
            for number, part in enumerate(title):
                indent = Content(" " * before.cell_length) if number else before
                drawn.append(Content.assemble(indent, part.plain.rstrip()))
        return drawn


def _columns(line: PlanLine, width: int, *, indented: bool) -> Content:
    """Return the part before a title: the status and the date of a run."""
    if line.status is None:
        return Content(_INDENT)
    indent = _INDENT * (2 if indented else 1)
    sign, tone = STATUS_SIGNS[line.status]
    status = f"{sign} {line.status}"
    status += " " * (_STATUS_CELLS - cell_len(status))
    time = moment(line.started)[:16]
    columns = Content.assemble(
        indent, (status, css_color(tone)), (f"{time:<{_TIME_CELLS}}", "$text-muted")
    )
    if width - columns.cell_length >= _MIN_TITLE_CELLS:
        return columns
    return Content.assemble(
        indent, (f"{sign} ", css_color(tone)), (f"{time[5:10]:<7}", "$text-muted")
    )
