"""`whitetail copy`: copies runs between trees and databases."""

from __future__ import annotations

import asyncio
import os
from argparse import ArgumentParser, Namespace
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from whitetail.cli.arguments import positive
from whitetail.cli.commands import RefusedError
from whitetail.cli.exit_codes import DONE
from whitetail.cli.output import Output
from whitetail.cli.run_query import RunQuery
from whitetail.cli.tree import open_listing, read_or_note
from whitetail.source.locate import NoTreeError, TreeLocation, locate
from whitetail.view.brief import plural
from whitetail.view.lists.entries import RunEntry
from whitetail_store import JsonlRunEventStore, RunKey

if TYPE_CHECKING:
    from whitetail.source.database.address import DatabaseAddress
    from whitetail.source.listing import Listing
    from whitetail_store import CopyReport, DbRunEventStore

_MAX_TRACE_BYTES = 10_240
"""The length to which DeerFlow cuts the content of traces in a table."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `copy`."""
    parser.add_argument("source", metavar="FROM", help="a .deer-flow or a database")
    parser.add_argument("target", metavar="TO", help="another one")
    parser.add_argument("query", nargs="*", metavar="QUERY", help="see docs/query.md")
    parser.add_argument(
        "--create", action="store_true", help="create the table in a database of yours"
    )
    parser.add_argument(
        "--skip-repeated",
        action="store_true",
        help="leave out events whose number another event has",
    )
    parser.add_argument(
        "--max-trace-content",
        type=positive,
        default=_MAX_TRACE_BYTES,
        metavar="N",
        help="cut traces to N bytes in a table; 10240, as DeerFlow does",
    )


def run(arguments: Namespace, output: Output) -> int:
    """Copy runs, and print what was copied."""
    if arguments.tree is not None:
        raise RefusedError("FROM and TO name what is copied; --tree has no effect")
    query = RunQuery(" ".join(arguments.query))
    source = locate(arguments.source, os.environ)
    target = _target(arguments.target)
    if source == target:
        raise RefusedError("FROM and TO are the same")
    keys = _chosen(source, query, output)
    if not keys:
        output.note("no run matches; nothing was copied")
        return DONE
    report = asyncio.run(_copy(source, target, keys, arguments, output))
    for sentence in report.reasons:
        output.note(sentence)
    output.text(_summary(report))
    return DONE


def _target(text: str) -> TreeLocation | DatabaseAddress:
    """Return where runs are copied to; a folder need not exist yet."""
    try:
        return locate(text, os.environ)
    except NoTreeError:
        path = Path(text)
        if "://" in text or path.exists():
            raise
        return TreeLocation(path)


def _chosen(
    source: TreeLocation | DatabaseAddress, query: RunQuery, output: Output
) -> list[RunKey]:
    with closing(open_listing(source)) as listing:
        listing.scan()
        return [key for key in listing.stamps if _matches(listing, key, query, output)]


def _matches(listing: Listing, key: RunKey, query: RunQuery, output: Output) -> bool:
    def whole() -> RunEntry | None:
        read_or_note(listing, key, output)
        return listing.entry(key)

    listing.read(key)
    entry = listing.entry(key)
    return entry is not None and query.matches(entry, whole)


async def _copy(
    source: TreeLocation | DatabaseAddress,
    target: TreeLocation | DatabaseAddress,
    keys: list[RunKey],
    arguments: Namespace,
    output: Output,
) -> CopyReport:
    from whitetail_store import copy

    opened: list[DbRunEventStore] = []
    open_one = partial(_store, arguments=arguments, opened=opened)

    def progress(report: CopyReport) -> None:
        output.progress(report.runs, len(keys), "runs")

    try:
        return await copy(
            open_one(source, create=False),
            open_one(target, create=arguments.create),
            runs=keys,
            skip_repeated=arguments.skip_repeated,
            progress=progress,
        )
    finally:
        for store in opened:
            await store.close()


def _store(
    location: TreeLocation | DatabaseAddress,
    *,
    create: bool,
    arguments: Namespace,
    opened: list[DbRunEventStore],
) -> JsonlRunEventStore | DbRunEventStore:
    """Return the store at a location; one of a database is added to `opened`.

    Raises:
        RefusedError: It is a file or a folder outside of any tree, or the extra is
            missing.
        DatabaseError: The URL cannot be parsed.

    """
    if isinstance(location, TreeLocation):
        if location.is_loose:
            raise RefusedError(f"{location.base}: only runs in a .deer-flow are copied")
        return JsonlRunEventStore(location.base)
    from whitetail.source.database.connection import open_database

    try:
        from whitetail_store import DbRunEventStore
    except ImportError as error:
        raise RefusedError(str(error)) from error
    # A URL that cannot be parsed is refused here, without its password.
    open_database(location).close()
    url = location.url or f"sqlite:///{location.path}"
    store = DbRunEventStore(
        url, create=create, max_trace_content=arguments.max_trace_content
    )
    opened.append(store)
    return store


def _summary(report: CopyReport) -> str:
    parts = [
        f"{plural(report.copied, 'event')} of {plural(report.runs, 'run')} copied",
        f"{report.present:,} already there" if report.present else "",
        f"{report.renumbered:,} with another number" if report.renumbered else "",
        f"{report.left_out:,} left out" if report.left_out else "",
        plural(report.bad_lines, "bad line") if report.bad_lines else "",
    ]
    return ", ".join(filter(None, parts))
