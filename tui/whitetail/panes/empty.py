"""What is shown instead of lists when there is nothing to list."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from whitetail.view.text import one_line


class EmptyPane(Static):
    """Says what was looked for, where, and what to do."""

    DEFAULT_CSS = """
    EmptyPane {
        width: 100%;
        height: 1fr;
        padding: 2 4;
        color: $foreground;
    }
    """

    def explain(
        self, threads: str, looked: Sequence[str], problems: Sequence[str]
    ) -> None:
        """Say why there are no threads to show.

        `threads` is the folder that is watched; `looked`, the places where a tree
        was looked for in vain; `problems`, what could not be read.
        """
        muted = "$text-muted"
        parts: list[Content | tuple[str, str] | str] = [
            ("No runs yet", "bold"),
            f"\n\nwhitetail watches {one_line(threads, 200)}\n",
            ("and shows runs as soon as DeerFlow writes them there.\n", muted),
        ]
        if problems:
            parts += [("\nIt can't be read:\n", "bold $text-error")]
            parts += [f"  {one_line(problem, 300)}\n" for problem in problems]
        if looked:
            parts += [("\nNo .deer-flow was found; looked in\n", muted)]
            parts += [(f"  {one_line(place, 200)}\n", muted) for place in looked[:8]]
            if len(looked) > 8:
                parts += [(f"  and {len(looked) - 8} folders above\n", muted)]
        parts += [
            "\nDeerFlow keeps runs in memory unless its config.yaml says:\n\n",
            ("    run_events:\n      backend: jsonl\n", "$text-accent"),
            "\nThen run an agent. If your .deer-flow is elsewhere: ",
            ("whitetail PATH", "$text-accent"),
            "\nTo see what it looks like: ",
            ("whitetail --demo", "$text-accent"),
            ("\n\nq quits, ctrl+r looks again", muted),
        ]
        self.update(Content.assemble(*parts))
