"""`whitetail tail`: prints the newest events of a run, and follows it."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from math import inf
from time import monotonic

from whitetail.cli.arguments import positive
from whitetail.cli.commands import RefusedError
from whitetail.cli.event_line import event_line
from whitetail.cli.exit_codes import DONE, code_of
from whitetail.cli.output import Output
from whitetail.cli.records import event_record
from whitetail.cli.tree import find_run, open_tree, parsed_query
from whitetail.run.row_filter import FilterScan, RowFilter
from whitetail.source.listing import Listing
from whitetail.trace.query.fields import Scope
from whitetail.trace.query.nodes import Query
from whitetail.view.brief import reason
from whitetail.view.lists.event import summarize
from whitetail_store import LogRow, RunKey, StoreError

_STATUS_INTERVAL_S = 0.2
_SWEEP_INTERVAL_S, _SWEEP_COST_FACTOR = 0.5, 100
"""The time between two sweeps over all runs: 100 times that of the last one, so that
they need 1 % of a processor core."""
_AFTER_END_S = 1.0
"""How long more events are waited for: DeerFlow writes some after the end."""
_STEP_ROWS = 100


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `tail`."""
    parser.add_argument(
        "run", nargs="?", metavar="RUN", help="left out: the newest that is running"
    )
    parser.add_argument(
        "-n", type=positive, default=20, metavar="N", help="the newest N events (20)"
    )
    parser.add_argument(
        "-f", dest="follow", action="store_true", help="follow until the run ends"
    )
    parser.add_argument(
        "--all", action="store_true", help="follow every run, new ones too"
    )
    parser.add_argument("--filter", metavar="QUERY", help="only events that match")
    parser.add_argument("--json", action="store_true", help="see docs/json.md")


def run(arguments: Namespace, output: Output) -> int:
    """Print the newest events; with `-f`, return the code of the run's status."""
    query = None
    if arguments.filter is not None:
        query = parsed_query(arguments.filter, Scope.SEARCH)
    if arguments.all and arguments.run is not None:
        raise RefusedError("either RUN or --all can be followed")
    listing = open_tree(arguments, output)
    tails = _Tails(listing, output, arguments, query)
    if arguments.all:
        tails.follow_all()
    key = find_run(listing, arguments.run or "@running")
    tails.print_new(key)
    if not arguments.follow:
        return DONE
    return tails.follow(key)


class _Tail:
    """A run of which the newest events were printed."""

    def __init__(
        self, listing: Listing, key: RunKey, query: Query | None, newest: int
    ) -> None:
        self._listing = listing
        self._rows, self._query, self._newest = listing.open(key), query, newest
        self._scan: FilterScan | None = None
        self._next_row = -1
        self._last_line = hash(b"")
        """The hash of the line before `_next_row`."""
        self._generation = 0

    def new_rows(self, since_bytes: int | None) -> Iterator[tuple[int, LogRow]]:
        """Yield the rows that match and were not yielded yet.

        The first time, those are the newest ones, and at least all that were written
        behind `since_bytes` of the file.
        """
        rows = self._rows
        rows.refresh()
        first = self._next_row < 0
        if rows.generation != self._generation:
            self._generation = rows.generation
            if not self._has_last_line():
                # Another file is there now.
                self._scan, self._next_row = None, min(self._next_row, 0)
        stop = len(rows)
        start = max(0, self._next_row)
        if first and self._query is None:
            start = max(0, stop - self._newest)
            if since_bytes is not None:
                start = min(start, self._listing.row_at(rows, since_bytes))
        matching = self._matching(start, stop)
        self._next_row = stop
        self._last_line = hash(rows.raw(stop - 1) if stop else b"")
        if first and self._query is not None and since_bytes is None:
            matching = matching[-self._newest :]
        elif first and self._query is not None and since_bytes is not None:
            written = self._listing.row_at(rows, since_bytes)
            new = sum(row >= written for row in matching)
            matching = matching[-max(self._newest, new) :]
        for begin in range(0, len(matching), _STEP_ROWS):
            for row in matching[begin : begin + _STEP_ROWS]:
                yield row, rows[row]

    def _has_last_line(self) -> bool:
        """Return whether the last row that was looked at is where it was.

        A time of writing that changed without new bytes also gives the rows another
        generation: then only what follows that row is new.
        """
        row = self._next_row - 1
        return 0 <= row < len(self._rows) and (
            hash(self._rows.raw(row)) == self._last_line
        )

    def _matching(self, start: int, stop: int) -> list[int]:
        if self._query is None:
            return list(range(start, stop))
        if self._scan is None:
            self._scan = FilterScan(self._rows, RowFilter(self._query))
        first = self._scan.next_row
        bits = self._scan.advance(stop, inf).bits if stop > first else b""
        return [first + at for at, bit in enumerate(bits) if bit]


class _Tails:
    """Prints the new events of runs."""

    def __init__(
        self,
        listing: Listing,
        output: Output,
        arguments: Namespace,
        query: Query | None,
    ) -> None:
        self._listing, self._output, self._query = listing, output, query
        self._newest: int = arguments.n
        self._json: bool = arguments.json
        self._names: bool = arguments.all
        self._tails: dict[RunKey, _Tail] = {}

    def print_new(self, key: RunKey, since_bytes: int | None = None) -> None:
        """Print the events of a run that were not printed yet."""
        tail = self._tails.get(key)
        if tail is None:
            tail = _Tail(self._listing, key, self._query, self._newest)
            self._tails[key] = tail
        for row, event in tail.new_rows(since_bytes):
            if self._json:
                text = summarize(event).summary
                self._output.json(event_record(key, row, event, text))
            else:
                name = f"{'/'.join(key)} " if self._names else ""
                self._output.wrapped(((name, "muted"), *event_line(event)))
        self._output.flush()

    def follow(self, key: RunKey) -> int:
        """Print what is appended to a run until it ends; return its code."""
        try:
            self._print_until_end(key)
            self._listing.read_whole(key)
        except FileNotFoundError as error:
            # It can be deleted after any look at it.
            raise RefusedError(f"{'/'.join(key)} was deleted") from error
        return code_of(self._listing.catalog.status(key))

    def _print_until_end(self, key: RunKey) -> None:
        status_due = 0.0
        while True:
            changes = self._listing.stat([key])
            if changes.get(key, self) is None:
                raise FileNotFoundError(self._listing.location_of(key))
            if changes:
                self.print_new(key)
            if monotonic() >= status_due:
                if self._has_ended(key):
                    return
                status_due = monotonic() + _STATUS_INTERVAL_S
            time.sleep(self._listing.poll_interval_s)

    def follow_all(self) -> None:
        """Print what is appended to any run, until the user interrupts it."""
        listing, sweep_due = self._listing, 0.0
        sizes = {key: stamp.size for key, stamp in listing.stamps.items()}
        for key in reversed(listing.newest_written()):
            if listing.catalog.is_growing(key):
                self._try_print(key, sizes[key])
        while True:
            growing = [key for key in self._tails if listing.catalog.is_growing(key)]
            changes = listing.stat(growing)
            if (began := monotonic()) >= sweep_due:
                changes |= listing.scan()
                spent = monotonic() - began
                pause = max(_SWEEP_INTERVAL_S, _SWEEP_COST_FACTOR * spent)
                sweep_due = monotonic() + pause
            for key, stamp in changes.items():
                if stamp is None:
                    self._tails.pop(key, None)
                else:
                    self._try_print(key, sizes.get(key, 0))
            time.sleep(self._listing.poll_interval_s)

    def _try_print(self, key: RunKey, since_bytes: int) -> None:
        try:
            self.print_new(key, since_bytes)
        except FileNotFoundError:
            # It was deleted meanwhile; the next sweep finds that.
            return
        except StoreError as error:
            self._output.note(f"{'/'.join(key)}: {reason(error)}")

    def _has_ended(self, key: RunKey) -> bool:
        """Return whether no more events of a run are expected."""
        self._listing.read(key)
        if self._listing.catalog.status(key).may_be_written:
            return False
        return time.time() - self._listing.stamps[key].mtime_ns / 1e9 > _AFTER_END_S
