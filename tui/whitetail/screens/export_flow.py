"""Exports runs from a screen: the menu of formats, the file, the writing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from textual.screen import Screen

from whitetail.keymap import shown_key
from whitetail.screens.work import start_work
from whitetail.source.protocols import Source
from whitetail.state.database import StateDatabase
from whitetail.state.notes import notes_of
from whitetail.view.brief import plural, reason
from whitetail.view.text import one_line
from whitetail.view.units import size
from whitetail_store import StoreError

if TYPE_CHECKING:
    from whitetail.export.document import RunToExport
    from whitetail.export.formats import ExportFormat
    from whitetail.export.items import ExportItem
    from whitetail.trace.stats.pricing import Prices

_PROGRESS_INTERVAL_S = 0.2
_KEYS = {"html": "h", "markdown": "m", "json": "o", "jsonl": "l", "otlp": "t"}
"""The keys of the formats in the menu, of which `j` moves in it."""


class StoppedError(Exception):
    """The user has stopped the export."""


class _Choice(NamedTuple):
    """A format, whether the filter counts, and whether texts are replaced."""

    format: ExportFormat
    filtered: bool
    redacted: bool = False


class _Work:
    """An export that is being written; shared with the thread that writes it."""

    def __init__(self) -> None:
        self.stopped = Event()
        self.label = ""
        self.written: list[tuple[Path, int]] = []
        """The files that are complete, with their sizes."""

    def progress(self, done: int, total: int, noun: str) -> None:
        """Keep how far it is.

        Raises:
            StoppedError: The user has stopped it.

        """
        self.label = f"{done:,} of {total:,} {noun}"
        self.check()

    def check(self) -> None:
        """Go on, unless the user has stopped it.

        Raises:
            StoppedError: The user has stopped it.

        """
        if self.stopped.is_set():
            raise StoppedError


class ExportFlow:
    """Asks for a format and a file, writes it in a thread, and reports.

    `show` is called with what the status line shows of it; an empty text at the end.
    """

    def __init__(
        self,
        screen: Screen[Any],
        source: Source,
        prices: Callable[[], Prices],
        show: Callable[[str], None],
        state: StateDatabase,
    ) -> None:
        self._screen = screen
        self._source = source
        self._prices = prices
        self._show = show
        self._state = state
        self._work: _Work | None = None

    async def ask(self, items: Sequence[ExportItem], query_text: str = "") -> None:
        """Open the menu of formats; the app handles no other key until it is there.

        With a query, what matches it can be exported, or everything.
        """
        from whitetail.export.formats import FORMATS
        from whitetail.panes.menu import MenuItem
        from whitetail.screens.menu import MenuScreen

        if not items:
            return
        if self._work is not None:
            self._warn(f"An export is being written; {shown_key('back')} stops it.")
            return
        filtered = bool(query_text)
        note = "what the filter matches" if filtered else ""
        choices = [
            MenuItem(_KEYS[each.name], each.label, _Choice(each, filtered), note=note)
            for each in FORMATS.values()
        ]
        if filtered:
            choices += [
                replace(
                    each,
                    key=each.key.upper(),
                    value=each.value._replace(filtered=False),
                    note="everything",
                )
                for each in choices
            ]
        redacted = _Choice(FORMATS["jsonl"], filtered=False, redacted=True)
        choices.append(MenuItem("r", "JSONL, redacted for a bug report", redacted))

        def chosen(choice: _Choice | None) -> None:
            if choice is not None:
                query = query_text if choice.filtered else ""
                asking = partial(self._ask_path, items, choice, query)
                start_work(self._screen, asking, group="export")

        title = f"Export {_names(items)} as"
        await self._screen.app.push_screen(MenuScreen(title, choices), chosen)

    def of(self, screen: Screen[Any], show: Callable[[str], None]) -> ExportFlow:
        """Return the same for another screen."""
        return ExportFlow(screen, self._source, self._prices, show, self._state)

    def threads(self, threads: Iterable[str]) -> list[ExportItem]:
        """Return threads with their runs, the first one in front."""
        from whitetail.export.items import ExportItem

        catalog = self._source.catalog
        runs = {
            thread: [each.key for each in reversed(catalog.run_entries(thread))]
            for thread in threads
        }
        return [ExportItem("thread", thread, keys) for thread, keys in runs.items()]

    def stop(self) -> bool:
        """Stop the export; return whether there was one."""
        if self._work is None:
            return False
        self._work.stopped.set()
        return True

    async def _ask_path(
        self, items: Sequence[ExportItem], choice: _Choice, query: str
    ) -> None:
        from whitetail.export.items import file_names
        from whitetail.export.write import free_name
        from whitetail.screens.export_prompt import ExportPrompt

        if len(items) == 1:
            question, suffix = "Write to the file", choice.format.suffix
            name = file_names(items, suffix)[0]
            path = await asyncio.to_thread(free_name, name, suffix, os.path.lexists)
        else:
            question, path = f"Write {len(items):,} files into the folder", "."

        def entered(text: str | None) -> None:
            if text is not None:
                write = partial(self._write, items, choice, query, Path(text))
                start_work(self._screen, write, group="export")

        if self._screen.is_attached:
            await self._screen.app.push_screen(ExportPrompt(question, path), entered)

    async def _write(
        self,
        items: Sequence[ExportItem],
        choice: _Choice,
        query: str,
        target: Path,
    ) -> None:
        """Write the files, and name them."""
        from whitetail.export.formats import MissingExtraError
        from whitetail.export.write import TargetError

        self._work = work = _Work()
        timer = self._screen.set_interval(_PROGRESS_INTERVAL_S, self._show_progress)
        try:
            self._show_progress()
            await _in_thread(
                lambda: self._write_all(items, choice, query, target, work)
            )
        except StoppedError:
            self._warn(f"The export was stopped{_so_far(items, work)}.")
        except (TargetError, MissingExtraError) as error:
            self._warn(f"{error}.")
        except (StoreError, OSError) as error:
            where = getattr(error, "filename", None)
            of_file = f"{where}: " if where else ""
            failed = f"The export failed: {of_file}{reason(error)}"
            self._warn(f"{failed}{_so_far(items, work)}.")
        else:
            report = _report(work.written, choice)
            self._screen.notify(one_line(report, 800), markup=False)
        finally:
            # Also if the screen is closed: then nothing is left behind.
            work.stopped.set()
            timer.stop()
            self._work = None
            self._show("")

    def _write_all(
        self,
        items: Sequence[ExportItem],
        choice: _Choice,
        query: str,
        target: Path,
        work: _Work,
    ) -> None:
        """Write the files, and keep which are complete. Blocks.

        Raises:
            TargetError, OSError, StoreError: A file cannot be written, or a run
                cannot be read.
            StoppedError: The user has stopped it.

        """
        from whitetail.export.document import Export, ExportOptions, RunToExport
        from whitetail.export.items import target_paths
        from whitetail.export.write import check_target, write_file
        from whitetail.trace.query.parse import parse_query

        options = ExportOptions(
            now=time.time(),
            query=parse_query(query) if query else None,
            query_text=query,
            prices=self._prices(),
        )
        chosen = choice.format
        paths = target_paths(items, chosen.suffix, target.expanduser())
        for path in paths:
            check_target(path, force=False)
        with ExitStack() as stack:
            redact: Callable[[RunToExport], RunToExport] = self._with_notes
            if choice.redacted:
                redact = _redaction(stack.enter_context(TemporaryDirectory()), work)
            for item, path in zip(items, paths, strict=True):
                rows = map(self._source.open_apart, item.keys)
                runs = [redact(RunToExport.of(each, options.now)) for each in rows]
                export = Export(item.thread, runs, options, work.progress)
                count = write_file(_stoppable(chosen.chunks(export), work), path)
                work.written.append((path.absolute(), count))

    def _with_notes(self, run: RunToExport) -> RunToExport:
        return replace(run, notes=notes_of(self._state, run.rows))

    def _show_progress(self) -> None:
        if self._work is not None:
            label = f" {self._work.label}" if self._work.label else ""
            self._show(f"exporting…{label} · {shown_key('back')} stops")

    def _warn(self, text: str) -> None:
        self._screen.notify(one_line(text, 400), severity="warning", markup=False)


def _names(items: Sequence[ExportItem]) -> str:
    if len(items) == 1:
        return f"the {items[0].kind}"
    kinds = {item.kind for item in items}
    return plural(len(items), kinds.pop() if len(kinds) == 1 else "file")


def _redaction(folder: str, work: _Work) -> Callable[[RunToExport], RunToExport]:
    """Return what replaces a run by its redacted copy, which is in a folder."""
    from whitetail.export.redact.redactor import Redactor
    from whitetail.export.redacted import redacted_run
    from whitetail.source.changed_copy import changed_copy

    redactor, copy = Redactor(), partial(changed_copy, folder=Path(folder))
    return lambda run: redacted_run(run, None, redactor, copy, work.progress)


def _so_far(items: Sequence[ExportItem], work: _Work) -> str:
    """Return which files an export that was stopped has written."""
    if len(items) == 1:
        return "; the file was not written"
    return f"; {len(work.written):,} of {len(items):,} files were written"


def _report(written: Sequence[tuple[Path, int]], choice: _Choice) -> str:
    from whitetail.export.redacted import REDACTION

    total = size(sum(count for _, count in written))
    large = choice.format.large_note(max(count for _, count in written))
    note = "".join(
        f" {each}" for each in (large, choice.redacted and REDACTION) if each
    )
    if len(written) == 1:
        return f"Exported to {written[0][0]} ({total}).{note}"
    folder = written[0][0].parent
    return f"Exported {len(written):,} files to {folder} ({total}).{note}"


def _stoppable(chunks: Iterator[bytes], work: _Work) -> Iterator[bytes]:
    for chunk in chunks:
        work.check()
        yield chunk


async def _in_thread(function: Callable[[], None]) -> None:
    """Run a function in a thread that the end of the program waits for.

    A thread of `asyncio.to_thread` would end with the program, and leave a file behind.
    """
    future: Future[None] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            function()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(None)

    Thread(target=run, name="export").start()
    await asyncio.wrap_future(future)
