"""The line that says what is being watched, and how."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from whitetail.panes.palette import palette
from whitetail.view.text import fit


class StatusPane(Widget):
    """One line: where, how it is watched, what goes wrong, and the pane's mood."""

    DEFAULT_CSS = """
    StatusPane {
        height: 1;
        background: $surface;
    }
    """

    place: reactive[str] = reactive("")
    """Which tree is shown."""
    watching: reactive[str] = reactive("looking…")
    """How its changes are found."""
    problems: reactive[tuple[str, ...]] = reactive(())
    """What can't be read, in sentences."""
    activity: reactive[str] = reactive("")
    """What the panes are doing: following, searching, …"""

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.size.width
        mood = f" {self.activity} " if self.activity else ""
        text = f" {self.place} · {self.watching}"
        problem = f" · {self.problems[0]}" if self.problems else ""
        if len(self.problems) > 1:
            problem += f" (and {len(self.problems) - 1} more)"
        room = max(0, width - len(mood))
        style = palette(self).style
        said = fit(text, min(len(text), max(room - len(problem), room // 2)))
        rest = fit(problem, max(0, room - len(said)))
        return Strip(
            [
                Segment(said, style("muted", "bar")),
                Segment(rest, style("warning", "bar")),
                Segment(mood, style("accent", "bar")),
            ]
        ).adjust_cell_length(width, style("muted", "bar"))
