"""`whitetail export`: writes runs and threads to files."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from whitetail.cli.arguments import positive
from whitetail.cli.commands import RefusedError
from whitetail.cli.exit_codes import DONE
from whitetail.cli.output import Output
from whitetail.cli.tree import find_item, only_run, open_tree, parsed_query
from whitetail.export.document import Export, ExportOptions, RunToExport
from whitetail.export.formats import (
    FORMATS,
    ExportFormat,
    MissingExtraError,
    format_of_name,
)
from whitetail.export.items import ExportItem, target_paths
from whitetail.export.redact.redactor import Redactor
from whitetail.export.redacted import REDACTION, redacted_options, redacted_run
from whitetail.export.write import (
    TargetError,
    TargetExistsError,
    check_target,
    write_file,
)
from whitetail.own_database import own_path
from whitetail.source.changed_copy import changed_copy
from whitetail.source.listing import Listing
from whitetail.state.database import FILE_NAME, StateDatabase
from whitetail.state.notes import notes_of
from whitetail.trace.query.fields import Scope
from whitetail_store import RunKey

DEFAULT_FORMAT = "html"
STDOUT = Path("-")


class _Exports:
    """The contents of the files, redacted or not."""

    def __init__(
        self, listing: Listing, options: ExportOptions, output: Output
    ) -> None:
        self._listing = listing
        self._query, self._options = options.query, options
        self._progress = output.progress
        path = own_path("state", FILE_NAME, os.environ)
        self._state = StateDatabase(path, listing.state_name)
        output.at_end(self._state.new_problems)
        self._redacted: tuple[Redactor, Path] | None = None

    def redact(self, folder: Path) -> None:
        """Replace the texts of all runs; copies of the runs are in a folder."""
        self._options = redacted_options(self._options)
        self._redacted = Redactor(), folder

    def of(self, item: ExportItem) -> Export:
        """Return what the file of a run or a thread has."""
        runs = list(map(self._run, item.keys))
        return Export(item.thread, runs, self._options, self._progress)

    def _run(self, key: RunKey) -> RunToExport:
        run = RunToExport.of(self._listing.open(key), self._options.now)
        if self._redacted is None:
            return replace(run, notes=notes_of(self._state, run.rows))
        redactor, folder = self._redacted
        copy = partial(changed_copy, folder=folder)
        return redacted_run(run, self._query, redactor, copy, self._progress)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `export`."""
    parser.add_argument(
        "names", nargs="*", metavar="RUN|THREAD", help="see docs/commands.md"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help=f"without it, that of the ending of FILE; {DEFAULT_FORMAT} for stdout, a "
        "folder, and without FILE",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the file, - for stdout, or a folder, which several runs need; without "
        "it, a file in this folder",
    )
    parser.add_argument("--filter", metavar="QUERY", help="only events that match")
    parser.add_argument(
        "--max-bytes", type=positive, metavar="N", help="cut values that are longer"
    )
    parser.add_argument(
        "--redact",
        action="store_true",
        help="replace all texts by fillers; see docs/export.md",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace files that exist already"
    )


def run(arguments: Namespace, output: Output) -> int:
    """Write what the arguments name."""
    listing = open_tree(arguments, output)
    items = list(_items(listing, arguments.names))
    target: Path | None = arguments.output
    if target == STDOUT and len(items) > 1:
        raise RefusedError("only one run or thread can be written to stdout")
    chosen = _format(arguments, len(items))
    options = _options(arguments, listing)
    with ExitStack() as stack:
        exports = _Exports(listing, options, output)
        if arguments.redact:
            exports.redact(Path(stack.enter_context(TemporaryDirectory())))
            output.note(REDACTION)
        try:
            if target == STDOUT:
                for chunk in chosen.chunks(exports.of(items[0])):
                    output.chunk(chunk)
            else:
                _write(items, exports, chosen, arguments, output)
        except TargetExistsError as error:
            raise RefusedError(f"{error}; --force replaces it") from error
        except (TargetError, MissingExtraError) as error:
            raise RefusedError(str(error)) from error
    return DONE


def _write(
    items: list[ExportItem],
    exports: _Exports,
    chosen: ExportFormat,
    arguments: Namespace,
    output: Output,
) -> None:
    paths = target_paths(items, chosen.suffix, arguments.output)
    # All of them are looked at before the first is written.
    for path in paths:
        check_target(path, force=arguments.force)
    for item, path in zip(items, paths, strict=True):
        chunks = chosen.chunks(exports.of(item))
        count = write_file(chunks, path, force=arguments.force)
        output.text(str(path))
        if note := chosen.large_note(count):
            output.note(note)


def _items(listing: Listing, names: list[str]) -> Iterator[ExportItem]:
    if not names:
        yield ExportItem.of_run(only_run(listing))
    for name in names:
        thread, run = find_item(listing, name)
        if run is not None:
            yield ExportItem.of_run((thread, run))
        else:
            yield ExportItem("thread", thread, listing.runs_of(thread))


def _format(arguments: Namespace, count: int) -> ExportFormat:
    """Return the format of `count` files; without `--format`, by the ending of a file.

    Raises:
        RefusedError: No format has that ending.

    """
    name: str | None = arguments.format
    target: Path | None = arguments.output
    if name is not None:
        return FORMATS[name]
    # Several files need a folder, whatever its name.
    if target is None or target == STDOUT or count > 1 or target.is_dir():
        return FORMATS[DEFAULT_FORMAT]
    if (found := format_of_name(target.name)) is None:
        endings = ", ".join(each.suffix for each in FORMATS.values())
        raise RefusedError(
            f"{target} ends with none of {endings}; --format names the format"
        )
    return found


def _options(arguments: Namespace, listing: Listing) -> ExportOptions:
    query, text = None, arguments.filter or ""
    if text.strip():
        query = parsed_query(text, Scope.FILTER)
    return ExportOptions(
        now=time.time(),
        query=query,
        query_text=text,
        max_bytes=arguments.max_bytes,
        prices=listing.prices,
    )
