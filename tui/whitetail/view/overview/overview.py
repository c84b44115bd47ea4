"""A run at a glance: how it stands and why, what it used, where its time went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from whitetail.trace.parse import RowSequence
from whitetail.trace.stats.pricing import Cost, Prices
from whitetail.trace.stats.stats import RunStats
from whitetail.trace.stats.totals import TokenTotals, ToolTotals
from whitetail.trace.verdict.evidence import Severity
from whitetail.trace.verdict.verdict import Verdict, VerdictBuilder
from whitetail.view.brief import plain, plural
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.overview.context_cost import (
    cache_miss_entries,
    costly_result_entries,
)
from whitetail.view.overview.entry import Entry, heading_entries
from whitetail.view.overview.files import file_entries
from whitetail.view.text import fit, one_line
from whitetail.view.units import count, duration, money, size, time_of_day

_NAME = 22
_NUMBER = 8
_FREE = Prices({})
_JUST_NOW = 2.0
_UNKNOWN = "\u2013"
_EVIDENCE = {
    Severity.GOOD: "plain",
    Severity.NOTE: "muted",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
}


def overview(
    stats: RunStats,
    prices: Prices = _FREE,
    *,
    now: float,
    growing: bool,
    written: float | None = None,
    rows: RowSequence = (),
) -> list[Entry]:
    """Return all but the timeline, to be drawn above it.

    The file was `written` last in seconds since the epoch, as is `now`; of its
    `rows`, those few are looked up that say what the dearest results were. Costs
    are told if there are prices.
    """
    return [
        *_verdict(stats.verdict, now, growing, written),
        *_sums(stats, len(rows)),
        *_cost(stats.usage.cost(prices), prices),
        *_table("by model", _columns(prices), _used(stats.usage.by_model(), prices)),
        *_table("by caller", _USED, _used(stats.usage.by_caller())),
        *_table("by tool", _TOOLS, map(_tool, *_sorted(stats.usage.tools))),
        *file_entries(stats.files),
        *costly_result_entries(stats.context_cost, rows),
        *cache_miss_entries(stats.context_cost),
        *heading_entries(
            "timeline", "+ and - zoom, 0 shows all, enter goes to the row"
        ),
    ]


def _verdict(
    judge: VerdictBuilder, now: float, growing: bool, written: float | None
) -> Iterator[Entry]:
    verdict = judge.verdict(now, growing)
    tone = STATUS_SIGNS[verdict.status][1]
    quiet = _quiet(judge.latest_time if written is None else written, now)
    live = verdict.status.may_be_written
    said = f"{quiet}; the journal writes every 20 rows" if live else verdict.reason
    yield Entry(((str(verdict.status), tone), (f"  {plain(said)}", "plain")))
    if verdict.waiting_for:
        yield Entry(((f"  last known: {_known(verdict)}", "muted"),))
    for each in verdict.evidence:
        number = f"{each.seq:>8}  " if each.seq >= 0 else " " * 10
        told = (plain(each.text), _EVIDENCE[each.severity])
        yield Entry(((number, "muted"), told), each.row)


def _quiet(since: float | None, now: float) -> str:
    if since is None:
        return "no row has a time"
    # A clock that runs ahead of ours says nothing of quiet.
    lasted = max(now - since, 0.0)
    return "written just now" if lasted < _JUST_NOW else f"quiet {duration(lasted)}"


def _known(verdict: Verdict) -> str:
    """Return what a run without an end was at when last heard of."""
    since = verdict.waiting_since
    at = "" if since is None else f" since {time_of_day(since)}"
    if verdict.unanswered_tools:
        return f"{one_line(', '.join(verdict.unanswered_tools), 80)} unanswered{at}"
    return f"waiting for {one_line(verdict.waiting_for, 80)}{at}"


def _sums(account: RunStats, whole: int) -> Iterator[Entry]:
    ledger = account.usage
    total = ledger.total
    calls = sum(each.calls for each in ledger.tools.values())
    yield from heading_entries("in all")
    facts = [plural(account.row_count, "row")]
    if whole > account.row_count:
        facts = [f"{account.row_count:,} of {whole:,} rows read"]
    if account.spans and (lasted := account.spans[0].duration) is not None:
        facts.append(duration(lasted))
    facts += [
        plural(total.replies, "reply", "replies"),
        plural(calls, "tool call"),
        plural(ledger.errors, "error"),
    ]
    if ledger.retries:
        facts.append(plural(ledger.retries, "retry", "retries"))
    yield Entry(((f"  {' · '.join(facts)}", "plain"),))
    yield Entry(((f"  {_tokens(total)}", "plain"),))


def _tokens(tally: TokenTotals) -> str:
    if not tally.total and tally.uncounted_replies:
        return "no tokens were counted"
    said = f"{tally.input:,} tokens in ({tally.cached:,} cached) · {tally.output:,} out"
    if tally.reasoning:
        said += f" ({tally.reasoning:,} reasoning)"
    if tally.uncounted_replies:
        said += (
            f" · not counted for {plural(tally.uncounted_replies, 'reply', 'replies')}"
        )
    return said


def _cost(bill: Cost, prices: Prices) -> Iterator[Entry]:
    if not prices:
        return
    said = "what it cost is not known"
    if bill.amount is not None:
        least = "" if bill.complete else "at least "
        said = least + money(bill.amount, prices.currency)
    if bill.unpriced_models:
        names = [
            one_line(name, 60) or "a model without a name"
            for name in bill.unpriced_models
        ]
        have = "has" if len(names) == 1 else "have"
        said += f": {', '.join(names)} {have} no price"
    yield Entry(((f"  {said}", "plain"),))


_USED = ("replies", "in", "cached", "out", "median", "worst")
_COST = _USED.index("median")
_TOOLS = ("calls", "errors", "bytes", "time")


def _columns(prices: Prices) -> tuple[str, ...]:
    return (*_USED[:_COST], "cost", *_USED[_COST:]) if prices else _USED


def _used(
    tallies: dict[str, TokenTotals], prices: Prices = _FREE
) -> Iterator[tuple[str, list[str]]]:
    ordered = sorted(tallies.items(), key=lambda each: -each[1].total)
    for name, tally in ordered:
        median, worst = tally.median_latency, tally.max_latency
        cost = None
        if tally.total or not tally.uncounted_replies:
            cost = prices.cost(name, tally)
        told = _UNKNOWN if cost is None else money(cost, prices.currency)
        yield (
            name or "not said",
            [
                count(tally.replies),
                count(tally.input),
                count(tally.cached),
                count(tally.output),
                *([told] if prices else ()),
                "" if median is None else duration(median),
                "" if worst is None else duration(worst),
            ],
        )


def _sorted(tools: dict[str, ToolTotals]) -> tuple[list[str], list[ToolTotals]]:
    ordered = sorted(tools.items(), key=lambda each: -each[1].calls)
    return [name for name, _ in ordered], [tally for _, tally in ordered]


def _tool(name: str, tally: ToolTotals) -> tuple[str, list[str]]:
    numbers = [count(tally.calls), count(tally.errors) if tally.errors else ""]
    if not tally.results:
        # A subagent's are in its steps, where no time and no call is told.
        return name, [*numbers, _UNKNOWN, _UNKNOWN]
    return name, [*numbers, size(tally.bytes), duration(tally.time)]


def _table(
    name: str, columns: Iterable[str], rows: Iterable[tuple[str, list[str]]]
) -> Iterator[Entry]:
    rows = list(rows)
    if rows:
        head = "".join(f"{column:>{_NUMBER}}" for column in columns)
        yield Entry(())
        yield Entry(((fit(name, _NAME), "heading"), (head, "muted")))
        for what, numbers in rows:
            told = "".join(f"{number:>{_NUMBER}}" for number in numbers)
            yield Entry(
                ((fit(f"  {one_line(what, 60)}", _NAME), "plain"), (told, "plain"))
            )
