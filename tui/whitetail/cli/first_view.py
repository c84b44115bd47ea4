"""What the screen shows first: the run, the event and the filter of the arguments."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whitetail.cli.commands import RefusedError
from whitetail.cli.tree import (
    find_run,
    find_thread,
    only_run,
    open_listing,
    parsed_query,
)
from whitetail.run.protocols import EventKey
from whitetail.source.listing import Listing
from whitetail.source.locate import TreeLocation
from whitetail.trace.query.fields import Scope
from whitetail.view.brief import reason
from whitetail_store import DatabaseError, RunKey, StoreError

if TYPE_CHECKING:
    from whitetail.source.database.address import DatabaseAddress


@dataclass(frozen=True, slots=True)
class FirstView:
    """What the user wants to see first."""

    selected: tuple[str, str | None] | None
    """The thread, and perhaps the run."""
    event: EventKey | None = None
    filter_text: str = ""


def first_view(arguments: Namespace, tree: TreeLocation | DatabaseAddress) -> FirstView:
    """Return what the arguments name in a tree. Blocks.

    Raises:
        RefusedError: They name something that does not exist or cannot be read, or
            what should be a query is none.

    """
    filter_text = arguments.filter or ""
    if filter_text:
        parsed_query(filter_text, Scope.FILTER)
    selected = tree.selected if isinstance(tree, TreeLocation) else None
    if arguments.run is arguments.thread is arguments.event is None:
        return FirstView(selected, filter_text=filter_text)
    try:
        return _found(arguments, tree, selected, filter_text)
    except DatabaseError as error:
        raise RefusedError(str(error)) from error


def _found(
    arguments: Namespace,
    tree: TreeLocation | DatabaseAddress,
    selected: tuple[str, str | None] | None,
    filter_text: str,
) -> FirstView:
    if arguments.thread is not None:
        with closing(open_listing(tree)) as listing:
            listing.scan()
            selected = find_thread(listing, arguments.thread), None
    with closing(open_listing(tree, selected)) as listing:
        listing.scan()
        if arguments.run is not None:
            selected = find_run(listing, arguments.run)
        if arguments.event is None:
            return FirstView(selected, filter_text=filter_text)
        if arguments.run is None:
            selected = only_run(listing)
        thread, run = selected or ("", None)
        key = thread, run or ""
        try:
            event = _event(listing, key, arguments.event)
        except (OSError, StoreError) as error:
            raise RefusedError(f"{'/'.join(key)}: {reason(error)}") from error
        return FirstView(key, event, filter_text)


def _event(listing: Listing, key: RunKey, seq: int) -> EventKey:
    rows = listing.open(key)
    rows.refresh()
    row = rows.row_of(seq, len(rows))
    if row is None:
        raise RefusedError(f"{'/'.join(key)} has no event {seq}")
    return EventKey(key, row, rows.generation)
