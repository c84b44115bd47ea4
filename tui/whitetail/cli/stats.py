"""`whitetail stats`: tokens, cost, errors and latencies of many runs, in groups."""

from __future__ import annotations

import csv
import io
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from math import isnan

from whitetail.cli.exit_codes import DONE
from whitetail.cli.output import Output
from whitetail.cli.records import amount
from whitetail.cli.run_query import RunQuery
from whitetail.cli.tree import open_tree, read_or_note
from whitetail.source.listing import Listing
from whitetail.trace.stats.metrics import RunTotals
from whitetail.trace.stats.stats import RunStats
from whitetail.trace.stats.totals import TokenTotals
from whitetail.view.brief import reason
from whitetail.view.json_fields import iso_time, rounded, status_word, tokens_record
from whitetail.view.lists.entries import RunEntry
from whitetail.view.text import one_line
from whitetail.view.units import count, duration, money
from whitetail_store import RunKey, StoreError

BY = ("model", "tool", "caller", "thread", "day", "status")
STATS_SCHEMA = "whitetail.stats/1"
_COLUMNS = (
    *("runs", "replies", "calls", "input", "output", "cached", "reasoning"),
    *("cost", "errors", "latency_median_s", "latency_p95_s"),
)
_HEADS = ("runs", "replies", "calls", "in", "out", "cost", "errors", "median", "p95")
_WIDTHS = (24, *(-7,) * 8)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_P95 = 0.95
_UNKNOWN = "\u2013"


@dataclass(slots=True)
class Group:
    """The totals of a group; None for what such groups do not have."""

    runs: int = 0
    tokens: TokenTotals = field(default_factory=TokenTotals)
    """Of a group of tools only the latencies: those of its calls."""
    calls: int | None = None
    cost: float | None = None
    """As far as it is known."""
    errors: int | None = None

    def add(
        self,
        *,
        calls: int | None = None,
        cost: float | None = None,
        errors: int | None = None,
    ) -> None:
        """Add the amounts of one run that are known."""
        self.runs += 1
        if calls is not None:
            self.calls = (self.calls or 0) + calls
        if cost is not None:
            self.cost = (self.cost or 0.0) + cost
        if errors is not None:
            self.errors = (self.errors or 0) + errors


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `stats`."""
    parser.add_argument("query", nargs="*", metavar="QUERY", help="see docs/query.md")
    parser.add_argument("--by", choices=BY, default="model", help="the groups (model)")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="see docs/json.md")
    shape.add_argument("--csv", action="store_true", help="comma-separated values")


def run(arguments: Namespace, output: Output) -> int:
    """Print the totals of all runs that match, in groups."""
    query = RunQuery(" ".join(arguments.query))
    listing = open_tree(arguments, output)
    groups: dict[str, Group] = {}
    for key, entry in _matching_runs(listing, query, output):
        try:
            _add(groups, arguments.by, listing, key, entry)
        except FileNotFoundError:
            # It was deleted meanwhile.
            continue
        except (OSError, StoreError) as error:
            output.note(f"{'/'.join(key)}: {reason(error)}")
    ordered = sorted(groups.items())
    if arguments.by != "day":
        ordered.sort(key=lambda each: (-each[1].tokens.total, -(each[1].calls or 0)))
    _print(ordered, arguments, listing, output)
    return DONE


def _matching_runs(
    listing: Listing, query: RunQuery, output: Output
) -> Iterator[tuple[RunKey, RunEntry]]:
    keys = listing.newest_written()
    for number, key in enumerate(keys):
        output.progress(number, len(keys), "runs")
        listing.read(key)
        entry = listing.entry(key)
        whole = partial(_entry_of_whole, listing, key, output)
        if entry is not None and query.matches(entry, whole):
            yield key, entry


def _add(
    groups: dict[str, Group], by: str, listing: Listing, key: RunKey, entry: RunEntry
) -> None:
    """Add a run to the groups that it belongs to.

    Raises:
        StoreError, OSError: The run cannot be read.

    """
    if by in ("tool", "caller"):
        stats = RunStats()
        for piece in listing.scan_rows(key, None):
            stats.feed(scanned.event for scanned in piece.rows)
        if by == "tool":
            _add_tools(groups, stats)
        else:
            _add_callers(groups, stats)
        return
    totals = listing.read_whole(key)
    if by == "model":
        _add_models(groups, totals, listing)
    else:
        entry = listing.entry(key) or entry
        _add_run(groups.setdefault(_name(entry, by), Group()), entry, totals)


def _entry_of_whole(listing: Listing, key: RunKey, output: Output) -> RunEntry | None:
    read_or_note(listing, key, output)
    return listing.entry(key)


def _name(entry: RunEntry, by: str) -> str:
    if by == "thread":
        return entry.key[0]
    if by == "status":
        return status_word(entry.status)
    return (iso_time(entry.started) or "")[:10]


def _add_run(group: Group, entry: RunEntry, totals: RunTotals) -> None:
    metrics = entry.metrics
    group.tokens.merge(totals.tokens)
    cost = amount(metrics.cost) if metrics else None
    group.add(calls=totals.calls, cost=cost, errors=totals.errors)


def _add_callers(groups: dict[str, Group], stats: RunStats) -> None:
    for name, tokens in stats.usage.by_caller().items():
        group = groups.setdefault(name, Group())
        group.tokens.merge(tokens)
        group.add()


def _add_models(groups: dict[str, Group], totals: RunTotals, listing: Listing) -> None:
    prices = listing.prices
    for name, tokens in totals.models.items():
        group = groups.setdefault(name, Group())
        group.tokens.merge(tokens)
        group.add(cost=prices.cost(name, tokens) if prices else None)


def _add_tools(groups: dict[str, Group], stats: RunStats) -> None:
    for name, tool in stats.usage.tools.items():
        groups.setdefault(name, Group()).add(calls=tool.calls, errors=tool.errors)
    for name, seconds in stats.spans.tool_results().values():
        if not isnan(seconds):
            groups.setdefault(name, Group()).tokens.add_latency(seconds)


def _values(group: Group, *, of_tools: bool) -> dict[str, float | int | None]:
    """Return the values of a group by column; None if unknown."""
    tokens = group.tokens
    counts = None if of_tools else tokens_record(tokens)
    return {
        "runs": group.runs,
        "replies": None if of_tools else tokens.replies,
        "calls": group.calls,
        **(counts or dict.fromkeys(("input", "output", "cached", "reasoning"))),
        "cost": group.cost,
        "errors": group.errors,
        "latency_median_s": rounded(tokens.median_latency),
        "latency_p95_s": rounded(tokens.latency_at(_P95)),
    }


def _print(
    groups: list[tuple[str, Group]],
    arguments: Namespace,
    listing: Listing,
    output: Output,
) -> None:
    by, of_tools = arguments.by, arguments.by == "tool"
    if arguments.csv:
        output.text(csv_text([by, *_COLUMNS]))
    elif output.is_terminal and not arguments.json and groups:
        output.row([(head, "muted") for head in (by, *_HEADS)], _WIDTHS)
    for name, group in groups:
        values = _values(group, of_tools=of_tools)
        cells = ["" if each is None else str(each) for each in values.values()]
        if arguments.json:
            head = {"schema": STATS_SCHEMA, "by": by, "name": name or None}
            output.json({**head, **values})
        elif arguments.csv:
            output.text(csv_text([one_line(name), *cells]))
        elif output.is_terminal:
            shown = _shown(values, listing.prices.currency)
            spans = [(each, "plain") for each in shown]
            output.row([(name or "unknown", "strong"), *spans], _WIDTHS)
        else:
            row = [(cell, "plain") for cell in (name, *cells)]
            output.row(row, (0,) * len(cells))


def csv_text(cells: list[str]) -> str:
    """Return a line of CSV. What a spreadsheet would run as a formula is quoted."""
    line = io.StringIO()
    safe = [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
    csv.writer(line, lineterminator="").writerow(safe)
    return line.getvalue()


def _shown(values: dict[str, float | int | None], currency: str) -> list[str]:
    """Return the values of a line on a terminal, in the order of the heads."""
    shown = []
    for name in (*_COLUMNS[:5], *_COLUMNS[7:]):
        value = values[name]
        if value is None:
            shown.append(_UNKNOWN)
        elif name == "cost":
            shown.append(money(value, currency))
        elif name.startswith("latency"):
            shown.append(duration(value))
        else:
            shown.append(count(int(value)))
    return shown
