"""The part of the main screen that is shown while there are no runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from whitetail.keymap import shown_key
from whitetail.panes.empty import EmptyPane
from whitetail.panes.line_list import LineList
from whitetail.panes.trees import TreesPane
from whitetail.source.protocols import Source

_COUNT_INTERVAL_S = 5.0
"""How often the runs of other folders are counted again."""


class EmptyView(Vertical):
    """Explains why there are no runs, and lists the folders that can be opened."""

    DEFAULT_CSS = """
    EmptyView { width: 100%; height: 1fr; padding: 1 2; overflow-y: auto; }
    EmptyView TreesPane { margin-top: 1; display: none; }
    """

    @dataclass
    class TreeChosen(Message):
        """The user opened another folder."""

        path: str

    def __init__(self, id: str, source: Source) -> None:  # noqa: A002
        """Explain why `source` has no runs."""
        super().__init__(id=id)
        self._source = source
        self._text = EmptyPane()
        self.trees = TreesPane("trees")
        """The folders that can be opened."""

    def compose(self) -> ComposeResult:
        """Yield the text and the folders."""
        self.trees.border_title = "Folders that whitetail looked at"
        self.trees.border_subtitle = f"{shown_key('open')} opens one"
        yield self._text
        yield self.trees

    def on_mount(self) -> None:
        """Count the runs of the folders again and again while they are shown."""
        self.set_interval(_COUNT_INTERVAL_S, self._count_if_shown)

    def explain(self, problems: Sequence[str]) -> None:
        """Show why there are no runs; `problems` are those of the source."""
        self._text.explain(self._source.watched, problems)
        self._count()

    def _count_if_shown(self) -> None:
        if self.display:
            self._count()

    @work(exclusive=True, group="trees")
    async def _count(self) -> None:
        entries = await self._source.trees()
        if entries:
            if not self.trees.display and any(each.has_runs for each in entries):
                # On a low screen, the text is longer than the screen.
                self.call_after_refresh(self.scroll_end, animate=False)
            self.trees.display = True
            self.trees.show(entries)
            # Textual may give the focus to a pane that is not displayed.
            if not isinstance(self.screen.focused, Input):
                self.trees.focus()

    @on(LineList.Opened)
    def _choose(self, message: LineList.Opened) -> None:
        message.stop()
        entry = self.trees.under_cursor
        if not entry.exists:
            text = f"There is nothing to open: {entry.problem or 'no such folder'}."
            self.notify(text, severity="warning", markup=False)
        else:
            self.post_message(self.TreeChosen(entry.key))

    @on(LineList.Left)
    @on(LineList.Highlighted)
    @on(LineList.VisibleLinesChanged)
    def _keep(self, message: Message) -> None:
        """Keep the messages of this list from the other parts of the screen."""
        message.stop()
