"""The pane that replaces the lists while there are no runs."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from whitetail.view.text import one_line

_MAX_FOLDERS = 8


class EmptyPane(Static):
    """Explains which folders were searched, and what to do to see runs."""

    DEFAULT_CSS = """
    EmptyPane {
        width: 100%;
        height: 1fr;
        padding: 2 4;
        color: $foreground;
    }
    """

    def explain(
        self, threads: str, searched: Sequence[str], problems: Sequence[str]
    ) -> None:
        """Show why there are no threads.

        `threads` is the folder that is watched. `searched` are the folders in which no
        `.deer-flow` was found. `problems` has a sentence for each thing that cannot be
        read.
        """
        muted = "$text-muted"
        parts: list[Content | tuple[str, str] | str] = [
            ("No runs yet", "bold"),
            f"\n\nwhitetail watches {one_line(threads, 200)}\n",
            ("and shows runs as soon as DeerFlow writes them there.\n", muted),
        ]
        if problems:
            parts += [("\nwhitetail cannot read it:\n", "bold $text-error")]
            parts += [f"  {one_line(problem, 300)}\n" for problem in problems]
        if searched:
            parts += [("\nThere is no .deer-flow folder in\n", muted)]
            parts += [
                (f"  {one_line(folder, 200)}\n", muted)
                for folder in searched[:_MAX_FOLDERS]
            ]
            if len(searched) > _MAX_FOLDERS:
                more = len(searched) - _MAX_FOLDERS
                parts += [(f"  and {more} folders above them\n", muted)]
        parts += [
            "\nDeerFlow keeps runs in memory only, unless its config.yaml has:\n\n",
            ("    run_events:\n      backend: jsonl\n", "$text-accent"),
            "\nThen run an agent. If your .deer-flow is in another folder: ",
            ("whitetail PATH", "$text-accent"),
            "\nTo try whitetail with made-up runs: ",
            ("whitetail --demo", "$text-accent"),
            ("\n\nq quits, ctrl+r scans the disk again", muted),
        ]
        self.update(Content.assemble(*parts))
