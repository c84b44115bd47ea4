"""The key of the main screen that exports."""

from __future__ import annotations

from typing import Any

from whitetail.screens.export_flow import ExportFlow
from whitetail.screens.lists import ListsView
from whitetail.screens.run_actions import RunActions


class ExportActions(RunActions):
    """A screen that exports the open run, or what is chosen in its lists."""

    lists: ListsView
    """The threads and runs."""
    export_flow: ExportFlow
    """Asks for the format and the file, and writes it."""
    at: Any
    """The name of the pane that has the focus, or had it last."""

    async def action_export(self) -> None:
        """Open the menu of formats for the threads or runs, or for the open run."""
        from whitetail.export.items import ExportItem

        self.skip_while_typing()
        if self.at == "threads":
            threads = [each.key for each in self.lists.threads.chosen]
            await self.export_flow.ask(self.export_flow.threads(threads))
        elif self.at == "runs":
            runs = map(ExportItem.of_run, self.lists.chosen_runs(of_threads=False)[0])
            await self.export_flow.ask(list(runs))
        elif self.run.key is not None:
            items = [ExportItem.of_run(self.run.key)]
            await self.export_flow.ask(items, self.run.filter.text)
