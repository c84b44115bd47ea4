"""The status line at the bottom of the screen."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from whitetail.panes.palette import palette
from whitetail.view.text import fit


class StatusPane(Widget):
    """One line: the tree, how it is watched, its problems, and the activity."""

    DEFAULT_CSS = """
    StatusPane {
        height: 1;
        background: $surface;
    }
    """

    location: reactive[str] = reactive("")
    """The folder whose runs are shown."""
    path: reactive[str] = reactive("")
    """Thread, run and event, instead of the folder; empty for the folder."""
    watching: reactive[str] = reactive("scanning…")
    """How changes of the tree are noticed."""
    beside: reactive[str] = reactive("")
    """What else has runs here, and how to open it."""
    problems: reactive[tuple[str, ...]] = reactive(())
    """A sentence for each folder or file that cannot be read."""
    activity: reactive[str] = reactive("")
    """What the open run is doing, for example following or searching."""

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        width = self.size.width
        activity = f" {self.activity} " if self.activity else ""
        tree = " · ".join(filter(None, (self.location, self.watching, self.beside)))
        text = f" {self.path or tree}"
        problem = f" · {self.problems[0]}" if self.problems else ""
        if len(self.problems) > 1:
            problem += f" (and {len(self.problems) - 1} more)"
        left = max(0, width - cell_len(activity))
        style = palette(self).style
        text = fit(text, min(cell_len(text), max(left - cell_len(problem), left // 2)))
        problem = fit(problem, max(0, left - cell_len(text)))
        return Strip(
            [
                Segment(text, style("muted", "bar")),
                Segment(problem, style("warning", "bar")),
                Segment(activity, style("accent", "bar")),
            ]
        ).adjust_cell_length(width, style("muted", "bar"))
