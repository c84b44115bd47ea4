"""Opens the tree of a command, and finds the runs that its arguments name."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from whitetail.cli.commands import RefusedError
from whitetail.cli.output import Output
from whitetail.settings.definitions import Settings
from whitetail.settings.problem import one_sentence
from whitetail.settings.user import UserSettings
from whitetail.source.listing import Listing
from whitetail.source.locate import TreeLocation, locate
from whitetail.source.metrics_cache import MetricsCache, RunIdentities, user_cache
from whitetail.source.prices import PricesError, default_path, user_prices
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.brief import first_of, reason
from whitetail_store import RunKey, StoreError

if TYPE_CHECKING:
    from whitetail.source.database.address import DatabaseAddress
    from whitetail.trace.query.fields import Scope
    from whitetail.trace.query.nodes import Query
    from whitetail.trace.stats.metrics import RunTotals

_LEAST_PREFIX = 8
_WANTED = {
    "@failed": (RunStatus.FAILED,),
    "@running": (RunStatus.RUNNING, RunStatus.QUIET),
}
_NONE = {
    "@latest": "there are no runs yet",
    "@failed": "no run has failed",
    "@running": "no run is being written; @latest is the newest one",
}


def open_listing(
    location: TreeLocation | DatabaseAddress,
    selected: tuple[str, str | None] | None = None,
    open_cache: Callable[[RunIdentities], MetricsCache] | None = None,
) -> Listing:
    """Return the runs of a location, not listed yet; only those that are selected.

    `open_cache` returns what was read before of the runs.

    Raises:
        DatabaseError: The database cannot be opened.

    """
    listing: Listing
    if isinstance(location, TreeLocation):
        from whitetail.source.file_listing import FileListing

        selected = selected or location.selected
        listing = FileListing(replace(location, selected=selected), open_cache)
    else:
        from whitetail.source.database.connection import open_database
        from whitetail.source.database.listing import DatabaseListing
        from whitetail.source.database.trash import trash_folder

        trash = trash_folder(location, os.environ)
        database = open_database(location)
        listing = DatabaseListing(database, selected, open_cache, trash)
    listing.state_name = location.state_name
    return listing


def open_tree(arguments: Namespace, output: Output) -> Listing:
    """Return the runs of the tree that the user named, else of the one found.

    Raises:
        NoTreeError: There is none.
        DatabaseError: The database cannot be opened.

    """
    location = locate(arguments.tree, os.environ, arguments.user)
    listing = open_listing(location, open_cache=user_cache)
    output.at_end(listing.close)
    listing.scan()
    for problem in listing.problems:
        output.note(problem)
    if isinstance(location, TreeLocation):
        unused = location.unused_note
        if not (location.is_loose or location.base.is_dir()):
            missing = f"{location.base}: there is no such folder"
            raise RefusedError("; ".join(filter(None, (missing, unused))))
        if unused:
            output.note(unused)
    own = settings_of(arguments, output, "prices").prices
    try:
        listing.prices = user_prices(default_path(os.environ), own)
    except PricesError as error:
        listing.prices = own
        output.note(f"no costs are shown: {error}")
    return listing


def settings_of(arguments: Namespace, output: Output, table: str) -> Settings:
    """Return the settings of the user, with a note about mistakes in a table."""
    user = UserSettings(os.environ, path=arguments.config)
    loaded = user.load()
    mistakes = [
        each
        for each in loaded.problems
        if loaded.unreadable or each.path.partition(".")[0] == table
    ]
    if mistakes:
        output.note(one_sentence(mistakes, user.name))
    return loaded.settings


def read_or_note(listing: Listing, key: RunKey, output: Output) -> RunTotals | None:
    """Read a whole run; None, with a note, if it cannot be read."""
    try:
        return listing.read_whole(key)
    except FileNotFoundError:
        # It was deleted meanwhile.
        return None
    except (OSError, StoreError) as error:
        output.note(f"{'/'.join(key)}: {reason(error)}")
        return None


def parsed_query(text: str, scope: Scope) -> Query:
    """Return the query in a text.

    Raises:
        RefusedError: It is no query, or has a field that does not work there.

    """
    from whitetail.trace.query.errors import QueryError
    from whitetail.trace.query.fields import unsupported
    from whitetail.trace.query.parse import parse_query

    try:
        query = parse_query(text)
    except QueryError as error:
        raise RefusedError(error.message) from error
    if problem := unsupported(query, scope):
        raise RefusedError(problem)
    return query


def find_run(listing: Listing, name: str) -> RunKey:
    """Return the run that a name means: a prefix of its id, `thread/run` or `@latest`.

    Raises:
        RefusedError: There is none, or there are several.

    """
    if name.startswith("@"):
        return _newest(listing, name)
    thread, slash, run = name.rpartition("/")
    keys = [key for key in listing.stamps if not slash or key[0].startswith(thread)]
    exact = [key for key in keys if key[1] == run and thread in ("", key[0])]
    found = exact or [key for key in keys if key[1].startswith(run)]
    if not found and not slash and (of := _threads(listing, name)):
        raise RefusedError(f'"{name}" is a thread; its runs are: {names(sorted(of))}')
    return _only(found, name, "run")


def only_run(listing: Listing) -> RunKey:
    """Return the run of a tree that has only one, or of which the user named one.

    Raises:
        RefusedError: There are more, or none.

    """
    if len(listing.stamps) != 1:
        raise RefusedError("RUN is missing; @latest is the newest one")
    return next(iter(listing.stamps))


def find_thread(listing: Listing, name: str) -> str:
    """Return the thread that a prefix of its id means.

    Raises:
        RefusedError: There is none, or there are several.

    """
    found = sorted({key[0] for key in _threads(listing, name)})
    if name in found:
        return name
    return _only([(thread, "") for thread in found], name, "thread")[0]


def find_item(listing: Listing, name: str) -> tuple[str, str | None]:
    """Return the run or the thread that a name means; of a thread, None as the run.

    Raises:
        RefusedError: There is none, or there are several.

    """
    threads = {key[0] for key in _threads(listing, name)}
    if not name or name.startswith("@") or "/" in name or not threads:
        return find_run(listing, name)
    runs = [key for key in listing.stamps if key[1].startswith(name)]
    if runs and name not in threads:
        if any(key[1] == name for key in runs):
            return find_run(listing, name)
        candidates = [*runs, *((thread, "") for thread in threads)]
        raise RefusedError(f'"{name}" is not unique: {names(sorted(candidates))}')
    return find_thread(listing, name), None


def names(keys: Iterable[tuple[str, str]]) -> str:
    """Return the names of the first runs or threads, and how many more there are."""
    return first_of("/".join(filter(None, key)) for key in keys)


def unique_length(ids: Iterable[str]) -> int:
    """Return how many characters are needed so that no two ids look the same."""
    length = _LEAST_PREFIX
    for before, after in pairwise(sorted(set(ids))):
        while before[:length] == after[:length]:
            length += 1
    return length


def _threads(listing: Listing, prefix: str) -> list[RunKey]:
    return [key for key in listing.stamps if key[0].startswith(prefix)]


def _newest(listing: Listing, name: str) -> RunKey:
    if name != "@latest" and name not in _WANTED:
        raise RefusedError(f'"{name}" is none of @latest, @failed, @running')
    for key in listing.newest_first():
        if name == "@latest":
            return key
        if listing.catalog.status(key) is RunStatus.UNKNOWN and name == "@failed":
            try:
                listing.read_whole(key)
            except (OSError, StoreError):
                # A run that cannot be read has no status.
                continue
        if listing.catalog.status(key) in _WANTED[name]:
            return key
    raise RefusedError(_NONE[name])


def _only(found: list[RunKey], name: str, noun: str) -> RunKey:
    if not found:
        raise RefusedError(f'no {noun} begins with "{name}"')
    if len(found) > 1:
        raise RefusedError(f'"{name}" is not unique: {names(sorted(found))}')
    return found[0]
