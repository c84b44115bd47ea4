"""What the screen shows first: the run, the event and the filter of the arguments."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from whitetail.cli.commands import RefusedError
from whitetail.cli.tree import find_run, find_thread, only_run, parsed_query
from whitetail.run.protocols import EventKey
from whitetail.source.listing import Listing
from whitetail.source.locate import TreeLocation
from whitetail.trace.query.fields import Scope
from whitetail.view.brief import reason
from whitetail_store import RunKey, StoreError

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
    if not isinstance(tree, TreeLocation):
        raise RefusedError("--run, --thread, --event and --filter need files of runs")
    listing = Listing(tree)
    listing.scan()
    selected = tree.selected
    if arguments.thread is not None:
        selected = find_thread(listing, arguments.thread), None
        listing = Listing(replace(tree, selected=selected))
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
        return FirstView(key, _event(listing, key, arguments.event), filter_text)
    except (OSError, StoreError) as error:
        raise RefusedError(f"{'/'.join(key)}: {reason(error)}") from error


def _event(listing: Listing, key: RunKey, seq: int) -> EventKey:
    rows = listing.open(key)
    rows.refresh()
    row = rows.row_of(seq, len(rows))
    if row is None:
        raise RefusedError(f"{'/'.join(key)} has no event {seq}")
    return EventKey(key, row, rows.generation)
