"""The screen of a search over many runs, which fills while it searches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from whitetail.keys import bindings
from whitetail.panes.key_bar import KeyBar
from whitetail.panes.line_list import LineList
from whitetail.panes.results import ResultsPane
from whitetail.panes.throttle import Throttle
from whitetail.run.row_texts import QueryTexts
from whitetail.run.search_all import RunHits, SearchAll
from whitetail.screens.delete_flow import DeleteFlow
from whitetail.screens.export_flow import ExportFlow
from whitetail.screens.typed_text import TypedTextGuard
from whitetail.source.protocols import Source
from whitetail.view.brief import reason
from whitetail.view.lists.entries import RunEntry, ThreadEntry
from whitetail.view.lists.results import (
    Result,
    ResultKey,
    RunResult,
    SearchProgress,
    ThreadResult,
    progress_text,
)
from whitetail.view.matches import TextMatcher
from whitetail.view.text import one_line

_UPDATE_INTERVAL_S = 0.3
"""How often the results are listed again while there are more of them."""


class ResultsScreen(TypedTextGuard[ResultKey | None]):
    """Lists what a search finds, by thread and run; returns the event to go to."""

    DEFAULT_CSS = """
    ResultsScreen {
        & > ResultsPane { height: 1fr; }
        & > #progress { height: 1; padding: 0 1; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("results")

    def __init__(
        self,
        source: Source,
        search: SearchAll,
        texts: QueryTexts,
        matcher: TextMatcher | None,
        title: str,
        delete_flow: DeleteFlow,
        export_flow: ExportFlow,
    ) -> None:
        """Show a search that has not begun; `title` names it, sanitized."""
        super().__init__()
        self._source = source
        self._catalog = source.catalog
        self._search = search
        self._extents = delete_flow.extents(key for key, _ in search.runs)
        """How far the runs had grown when the search began."""
        self._texts = texts
        self._delete_flow = delete_flow
        self._export_flow = export_flow.of(self, self._show_export)
        self._exporting = ""
        self._pane = ResultsPane("results", time.time, matcher, title)
        self._progress = Static(id="progress", markup=False)
        self._update = Throttle(self, _UPDATE_INTERVAL_S, self._fill)
        self._hits_shown = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more is searched."""
        return self._search.ended

    def compose(self) -> ComposeResult:
        """Yield the list, the progress and the keys."""
        yield self._pane
        yield self._progress
        yield KeyBar(self._applies)

    def on_mount(self) -> None:
        """Begin to search."""
        self._run()

    def on_unmount(self) -> None:
        """Stop the search."""
        self._search.stop()

    def on_screen_resume(self) -> None:
        """List what was found meanwhile, and leave out what was deleted."""
        self._update.request()

    def runs_changed(self) -> None:
        """List the runs again: some have changed, or are gone."""
        self._update.request()

    @on(LineList.Opened)
    def _open(self) -> None:
        key = self._pane.event_of(self._pane.cursor)
        if key is not None:
            self.dismiss(key)

    @on(LineList.Left)
    def action_back(self) -> None:
        """Stop an export, clear the selection, stop the search, else close."""
        if self._export_flow.stop() or self._pane.clear_selection():
            return
        if not self._search.ended:
            self._search.stop()
            self._show_progress()
        else:
            self.dismiss(None)

    def action_delete(self) -> None:
        """Ask whether to delete the selected runs, or that under the cursor."""
        self._delete_flow.ask_found(self._pane.chosen_runs, self._extents)

    async def action_export(self) -> None:
        """Open the menu of formats for the selected runs, or that under the cursor."""
        from whitetail.export.items import ExportItem

        runs = map(ExportItem.of_run, self._pane.chosen_runs)
        await self._export_flow.ask(list(runs))

    def action_undo(self) -> None:
        """Restore the runs of the last delete."""
        self._delete_flow.undo()

    def _applies(self, action: str) -> bool:
        """Return whether the footer names the key of an action."""
        if action == "undo":
            return self._delete_flow.can_undo
        may_delete = self._delete_flow.may_delete and self._pane.count > 0
        return action != "delete" or may_delete

    @work(group="search")
    async def _run(self) -> None:
        self._show_progress()
        await self._search.run(self._changed)

    def _changed(self) -> None:
        if self._search.hit_count and not self._hits_shown:
            self._fill()
        else:
            self._update.request()
        self._show_progress()

    def _fill(self) -> None:
        """List what was found, in runs that are still there."""
        search = self._search
        self._hits_shown = search.hit_count
        self._pane.show(list(self._lines()))
        self._show_progress()
        self._read_titles()
        self.refresh_bindings()

    def _lines(self) -> Iterator[tuple[ResultKey, Result]]:
        thread, runs = "", dict[str, RunEntry]()
        threads: dict[str, ThreadEntry] = {}
        if self._search.found:
            threads = {each.key: each for each in self._catalog.thread_entries()}
        for found in self._search.found:
            thread_id, run_id = found.key
            if thread_id not in threads:
                continue
            is_new = thread_id != thread
            if is_new:
                thread = thread_id
                entries = self._catalog.run_entries(thread_id)
                runs = {each.key[1]: each for each in entries}
            if run_id not in runs:
                continue
            if is_new:
                entry = threads[thread_id]
                yield (
                    ResultKey(thread_id),
                    ThreadResult(entry.title, entry.title_known),
                )
            yield ResultKey(thread_id, run_id), _run_result(found, runs[run_id])
            for hit in found.hits:
                yield ResultKey(thread_id, run_id, hit.row), hit

    @work(exclusive=True, group="titles")
    async def _read_titles(self) -> None:
        """Read the titles of the visible threads and runs."""
        runs = self._pane.visible_runs
        threads = list(dict.fromkeys(thread for thread, _ in runs))
        unread = self._catalog.runs_to_read(threads, runs)
        while unread:
            await self._source.read_some(threads, runs)
            before, unread = unread, self._catalog.runs_to_read(threads, runs)
            self._update.request()
            if unread == before:
                return

    @on(LineList.VisibleLinesChanged)
    def _visible_lines_changed(self) -> None:
        self._read_titles()

    def _show_progress(self) -> None:
        search = self._search
        found = [each for each in search.found if each.hits]
        if search.ended:
            # As in the list, without the runs that were deleted since.
            threads = {each.key[0] for each in found}
            there = {key for each in threads for key in self._catalog.run_keys(each)}
            found = [each for each in found if each.key in there]
        progress = SearchProgress(
            hits=sum(len(each.hits) for each in found),
            runs=len(found),
            searched_runs=search.runs_done,
            all_runs=search.run_count,
            done=search.bytes_done,
            total=search.total_bytes,
            elapsed_s=search.elapsed_s,
            left_s=search.left_s,
            ended=search.ended,
            stopped=search.stopped,
            full=search.full,
            regex_stopped=self._texts.stopped,
        )
        parts = (self._exporting, progress_text(progress))
        text = " · ".join(filter(None, parts))
        self._progress.update(Content(text), layout=False)

    def _show_export(self, text: str) -> None:
        self._exporting = text
        self._show_progress()


def _run_result(found: RunHits, entry: RunEntry) -> RunResult:
    error = "" if found.error is None else one_line(reason(found.error))
    return RunResult(entry, len(found.hits), found.left, error)
