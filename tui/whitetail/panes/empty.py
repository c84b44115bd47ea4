"""The text that replaces the lists while there are no runs."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from whitetail.keymap import shown_key
from whitetail.view.text import one_line

Part = Content | tuple[str, str] | str


class EmptyPane(Static):
    """Explains where runs are looked for, and what to do to see some."""

    DEFAULT_CSS = "EmptyPane { width: 100%; height: auto; color: $foreground; }"

    def explain(self, threads: str, problems: Sequence[str]) -> None:
        """Show why there are no threads.

        `threads` is the folder that is watched. `problems` has a sentence for each
        thing that cannot be read.
        """
        muted = "$text-muted"
        parts: list[Part] = [
            ("No runs yet", "bold"),
            f"\n\nwhitetail watches {one_line(threads, 200)}\n",
            ("and shows runs as soon as DeerFlow writes them there.\n", muted),
        ]
        if problems:
            parts += [("\nwhitetail cannot read this folder:\n", "bold $text-error")]
            parts += [f"  {one_line(problem, 300)}\n" for problem in problems]
        parts += [
            "\nDeerFlow keeps runs in memory only, unless its config.yaml has:\n\n",
            ("    run_events:\n      backend: jsonl\n", "$text-accent"),
            "\nThen run an agent. If your .deer-flow is in another folder: ",
            ("whitetail PATH", "$text-accent"),
            "\nTo try whitetail with made-up runs: ",
            ("whitetail --demo", "$text-accent"),
            (f"\n{shown_key('quit')} quits, {shown_key('reload')} ", muted),
            ("scans the disk again", muted),
        ]
        self.update(Content.assemble(*parts))
