"""`whitetail ls`: lists runs or threads."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

from whitetail.cli.arguments import positive
from whitetail.cli.exit_codes import DONE
from whitetail.cli.output import Output
from whitetail.cli.records import amount, run_record, thread_record
from whitetail.cli.run_query import RunQuery
from whitetail.cli.tree import open_tree, read_or_note, unique_length
from whitetail.source.listing import LARGE_BYTES, Listing
from whitetail.trace.stats.totals import TokenTotals, sum_of
from whitetail.view.json_fields import iso_time, rounded, status_word
from whitetail.view.lists.entries import STATUS_SIGNS, RunEntry, ThreadEntry
from whitetail.view.lists.numbers import amount_text
from whitetail.view.lists.order import SortColumn, SortOrder, in_order
from whitetail.view.styled import StyledSpan
from whitetail.view.units import count, date_and_clock, duration, money
from whitetail_store import RunKey

_WIDTHS = (11, 15, -6, -6, -6, -6, -4)
_HEADS = ("status", "started", "time", "events", "tokens", "cost", "err")
_HEAD_ONLY = (SortColumn.TIME, SortColumn.NAME, SortColumn.SIZE, SortColumn.DURATION)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `ls`."""
    parser.add_argument("query", nargs="*", metavar="QUERY", help="see docs/query.md")
    parser.add_argument("--threads", action="store_true", help="list threads")
    parser.add_argument(
        "--sort",
        choices=[each.value for each in SortColumn],
        default=SortColumn.TIME.value,
        help="the column to sort by; time: the newest first",
    )
    parser.add_argument("-n", type=positive, metavar="N", help="at most N lines")
    parser.add_argument("--json", action="store_true", help="see docs/json.md")


def run(arguments: Namespace, output: Output) -> int:
    """List runs or threads."""
    query = RunQuery(" ".join(arguments.query), threads=arguments.threads)
    listing = open_tree(arguments, output)
    order = SortOrder(SortColumn(arguments.sort))
    if arguments.threads:
        _list_threads(_Reader(listing, output), query, order, arguments)
    else:
        _list_runs(_Reader(listing, output), query, order, arguments)
    return DONE


class _Reader:
    """Reads runs, each whole at most once."""

    def __init__(self, listing: Listing, output: Output) -> None:
        self.listing, self.output = listing, output
        self._tried: set[RunKey] = set()

    def whole(self, key: RunKey) -> RunEntry | None:
        """Read a run whole, if it was not yet; return it as lists show it."""
        if key not in self._tried:
            self._tried.add(key)
            read_or_note(self.listing, key, self.output)
        return self.listing.entry(key)

    def whole_thread(self, thread: str) -> ThreadEntry:
        """Read all runs of a thread; return it as lists show it."""
        for key in self.listing.catalog.run_keys(thread):
            self.listing.read(key)
            self.whole(key)
        return self.listing.catalog.thread_entry(thread)

    def is_large(self, keys: Iterable[RunKey]) -> bool:
        """Return whether the runs are read only if they have to be."""
        return sum(map(self.listing.catalog.cost, keys)) > LARGE_BYTES


def _list_runs(
    reader: _Reader, query: RunQuery, order: SortOrder, arguments: Namespace
) -> None:
    listing, output = reader.listing, reader.output
    shown = _matching_runs(reader, query, order)
    table = _Table(output, listing, arguments)
    for entry in islice(shown, arguments.n):
        key = entry.key
        whole = entry if reader.is_large([key]) else reader.whole(key) or entry
        if arguments.json:
            totals = listing.totals.get(key)
            tokens = None if totals is None else totals.tokens
            output.json(run_record(whole, listing, tokens))
        else:
            table.add_run(whole)


def _matching_runs(
    reader: _Reader, query: RunQuery, order: SortOrder
) -> Iterator[RunEntry]:
    found = _filtered_runs(reader, query, order.column in _HEAD_ONLY)
    # The order of `newest_first` is that of time.
    return found if order == SortOrder() else iter(in_order([*found], order))


def _filtered_runs(
    reader: _Reader, query: RunQuery, head_only: bool
) -> Iterator[RunEntry]:
    listing, total = reader.listing, len(reader.listing.stamps)
    for number, key in enumerate(listing.newest_first()):
        reader.output.progress(number, total, "runs")
        entry = listing.entry(key) if head_only else reader.whole(key)
        if entry is None:
            continue
        if query.matches(entry, partial(reader.whole, key)):
            yield listing.entry(key) or entry


def _list_threads(
    reader: _Reader, query: RunQuery, order: SortOrder, arguments: Namespace
) -> None:
    listing, output = reader.listing, reader.output
    threads = list(dict.fromkeys(key[0] for key in listing.newest_written()))
    table = _Table(output, listing, arguments)

    def matching() -> Iterator[ThreadEntry]:
        for number, thread in enumerate(threads):
            output.progress(number, len(threads), "threads")
            entry = reader.whole_thread(thread)
            if entry.runs and query.matches(entry):
                yield entry

    found = matching()
    if order != SortOrder():
        found = iter(in_order([*found], order))
    for entry in islice(found, arguments.n):
        if arguments.json:
            output.json(thread_record(entry, listing, _thread_tokens(reader, entry)))
        else:
            table.add_thread(entry)


def _thread_tokens(reader: _Reader, entry: ThreadEntry) -> TokenTotals | None:
    keys = reader.listing.catalog.run_keys(entry.key)
    totals = reader.listing.totals
    read = [totals[key].tokens for key in keys if key in totals]
    return sum_of(read) if read else None


class _Table:
    """Lines for a person on a terminal; in a pipe, exact values with tabs."""

    def __init__(self, output: Output, listing: Listing, arguments: Namespace) -> None:
        self._output, self._listing, self._now = output, listing, time.time()
        ids = {key[0] if arguments.threads else key[1] for key in listing.stamps}
        self._id_cells = unique_length(ids)
        self._widths = (self._id_cells, *_WIDTHS)
        self._head_due = output.is_terminal and not arguments.json
        self._noun = "thread" if arguments.threads else "run"

    def add_run(self, entry: RunEntry) -> None:
        thread, run = entry.key
        name = entry.title or entry.prompt
        if not self._output.is_terminal:
            self._add_exact(f"{thread}/{run}", entry, entry.started, name)
        else:
            self._add(run, entry, entry.started, name)

    def add_thread(self, entry: ThreadEntry) -> None:
        if not self._output.is_terminal:
            self._add_exact(entry.key, entry, entry.started, entry.title)
        else:
            self._add(entry.key, entry, entry.started, entry.title)

    def _add_exact(
        self, name: str, entry: RunEntry | ThreadEntry, started: float | None, text: str
    ) -> None:
        numbers = entry.numbers
        values = [
            rounded(amount(numbers.took)),
            *map(_whole, map(amount, (numbers.events, numbers.tokens))),
            amount(numbers.cost),
            _whole(amount(numbers.errors)),
        ]
        cells = ["" if value is None else str(value) for value in values]
        row = [name, status_word(entry.status), iso_time(started) or "", *cells, text]
        self._output.row([(cell, "plain") for cell in row], (0,) * (len(row) - 1))

    def _add(
        self, name: str, entry: RunEntry | ThreadEntry, started: float | None, text: str
    ) -> None:
        if self._head_due:
            self._head_due = False
            heads = [self._noun, *_HEADS, "title or prompt"]
            self._output.row([(head, "muted") for head in heads], self._widths)
        numbers, currency = entry.numbers, self._listing.prices.currency
        sign, tone = STATUS_SIGNS[entry.status]
        cells: list[StyledSpan] = [
            (name[: self._id_cells], "strong"),
            (f"{sign} {entry.status}", tone),
            (date_and_clock(started, self._now), "muted"),
            (amount_text(numbers.took, duration), "plain"),
            (amount_text(numbers.events, lambda n: count(int(n))), "plain"),
            (amount_text(numbers.tokens, lambda n: count(int(n))), "plain"),
            (amount_text(numbers.cost, lambda n: money(n, currency)), "plain"),
            (amount_text(numbers.errors, lambda n: count(int(n))), "plain"),
            (text, "plain"),
        ]
        self._output.row(cells, self._widths)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
