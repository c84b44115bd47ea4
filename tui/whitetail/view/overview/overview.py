"""The overview of a run: its verdict with evidence, its totals, files and costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import starmap

from whitetail.keymap import shown_key
from whitetail.trace.parse import RowSequence
from whitetail.trace.stats.pricing import Cost, Prices
from whitetail.trace.stats.spans import SpanKind
from whitetail.trace.stats.stats import RunStats
from whitetail.trace.stats.totals import TokenTotals, ToolTotals
from whitetail.trace.verdict.evidence import Severity
from whitetail.trace.verdict.status import RunStatus
from whitetail.trace.verdict.verdict import Verdict, VerdictBuilder
from whitetail.view.brief import plain, plural
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.overview.calls import CallGroup
from whitetail.view.overview.context_cost import (
    cache_miss_entries,
    costly_result_entries,
)
from whitetail.view.overview.entry import Entry, heading_entries
from whitetail.view.overview.files import file_entries
from whitetail.view.text import fit, one_line
from whitetail.view.units import count, duration, money, size, time_of_day

_NAME_CELLS = 22
_NUMBER_CELLS = 8
_NO_PRICES = Prices({})
_JUST_NOW_S = 2.0
_UNKNOWN = "\u2013"
_SEVERITY_TONES = {
    Severity.GOOD: "plain",
    Severity.NOTE: "muted",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
}


def overview(
    stats: RunStats,
    prices: Prices = _NO_PRICES,
    *,
    now: float,
    growing: bool,
    written: float | None = None,
    rows: RowSequence = (),
    unread: str = "",
) -> list[Entry]:
    """Return the entries of the overview above the timeline.

    `now` and `written`, the time when the file was written last, are in seconds since
    the epoch. `growing`: the run is possibly still being written. `rows` are the run's
    events; only a few are read, to name the calls of expensive results. Costs are
    included if there are prices. `unread` says why not all rows were read: then the
    status is unknown, as it is in the lists. Empty if they were.
    """
    usage = stats.usage
    status = (
        [_status_entry(RunStatus.UNKNOWN, plain(unread))]
        if unread
        else _verdict_entries(stats.verdict, now, growing, written)
    )
    token_columns = _token_columns(prices)
    models = _token_rows(usage.by_model(), prices)
    tools = sorted(usage.tools.items(), key=lambda tool: -tool[1].calls)
    return [
        *status,
        *_total_entries(stats, len(rows)),
        *_cost_entries(usage.cost(prices), prices),
        *_table("by model", token_columns, models, SpanKind.MODEL),
        *_table("by caller", _TOKEN_COLUMNS, _token_rows(usage.by_caller()), None),
        *_table("by tool", _TOOL_COLUMNS, starmap(_tool_row, tools), SpanKind.TOOL),
        *file_entries(stats.files),
        *costly_result_entries(stats.context_cost, rows),
        *cache_miss_entries(stats.context_cost),
    ]


def timeline_heading() -> list[Entry]:
    """Return the entries right above the timeline, with its keys."""
    zoom_in, zoom_out = shown_key("overview.zoom_in"), shown_key("overview.zoom_out")
    note = (
        f"{zoom_in} and {zoom_out} zoom, {shown_key('overview.zoom_all')} shows the "
        f"whole run, {shown_key('open')} goes to the event"
    )
    return [*heading_entries("timeline", note)]


def _verdict_entries(
    builder: VerdictBuilder, now: float, growing: bool, written: float | None
) -> Iterator[Entry]:
    verdict = builder.verdict(now, growing)
    reason = verdict.reason
    if verdict.status.may_be_written:
        quiet = _quiet_time(builder.latest_time if written is None else written, now)
        reason = f"{quiet} (DeerFlow writes in batches of 20)"
    yield _status_entry(verdict.status, plain(reason))
    if verdict.waiting_for:
        yield Entry(((f"  last known: {_waiting(verdict)}", "muted"),))
    for evidence in verdict.evidence:
        seq = f"{evidence.seq:>8}  " if evidence.seq >= 0 else " " * 10
        text = (plain(evidence.text), _SEVERITY_TONES[evidence.severity])
        yield Entry(((seq, "muted"), text), evidence.row)


def _status_entry(status: RunStatus, reason: str) -> Entry:
    return Entry(((str(status), STATUS_SIGNS[status][1]), (f"  {reason}", "plain")))


def _quiet_time(since: float | None, now: float) -> str:
    if since is None:
        return "no event has a time"
    # The clock of the writer can be ahead of the clock of this machine.
    seconds = max(now - since, 0.0)
    if seconds < _JUST_NOW_S:
        return "new events just now"
    return f"no new events for {duration(seconds)}"


def _waiting(verdict: Verdict) -> str:
    """Return the tools or the model that an unfinished run waited for."""
    since = verdict.waiting_since
    time = "" if since is None else f" since {time_of_day(since)}"
    if verdict.unanswered_tools:
        tools = one_line(", ".join(verdict.unanswered_tools), 80)
        return f"no result of {tools}{time}"
    return f"waiting for {one_line(verdict.waiting_for, 80)}{time}"


def _total_entries(stats: RunStats, row_count: int) -> Iterator[Entry]:
    usage = stats.usage
    calls = sum(tool.calls for tool in usage.tools.values())
    yield from heading_entries("totals")
    facts = [plural(stats.row_count, "event")]
    if row_count > stats.row_count:
        facts = [f"{stats.row_count:,} of {row_count:,} events read"]
    if stats.spans and (seconds := stats.spans[0].duration) is not None:
        facts.append(duration(seconds))
    facts += [
        plural(usage.total.replies, "reply", "replies"),
        plural(calls, "tool call"),
        plural(usage.errors, "error"),
    ]
    if usage.retries:
        facts.append(plural(usage.retries, "retry", "retries"))
    yield Entry(((f"  {' · '.join(facts)}", "plain"),))
    yield Entry(((f"  {_token_text(usage.total)}", "plain"),))


def _token_text(tokens: TokenTotals) -> str:
    if not tokens.total and tokens.uncounted_replies:
        return "no token counts"
    text = (
        f"{tokens.input:,} tokens in ({tokens.cached:,} cached) · {tokens.output:,} out"
    )
    if tokens.reasoning:
        text += f" ({tokens.reasoning:,} reasoning)"
    if tokens.uncounted_replies:
        replies = plural(tokens.uncounted_replies, "reply", "replies")
        text += f" · {replies} without token counts"
    return text


def _cost_entries(cost: Cost, prices: Prices) -> Iterator[Entry]:
    if not prices:
        return
    text = "unknown cost"
    if cost.amount is not None:
        at_least = "" if cost.complete else "at least "
        text = at_least + money(cost.amount, prices.currency)
    if cost.unpriced_models:
        names = [
            one_line(name, 60) or "a model without a name"
            for name in cost.unpriced_models
        ]
        have = "has" if len(names) == 1 else "have"
        text += f": {', '.join(names)} {have} no price"
    yield Entry(((f"  {text}", "plain"),))


_TOKEN_COLUMNS = ("replies", "in", "cached", "out", "median", "slowest")
_COST_COLUMN = _TOKEN_COLUMNS.index("median")
_TOOL_COLUMNS = ("calls", "errors", "bytes", "time")


def _token_columns(prices: Prices) -> tuple[str, ...]:
    if not prices:
        return _TOKEN_COLUMNS
    before, after = _TOKEN_COLUMNS[:_COST_COLUMN], _TOKEN_COLUMNS[_COST_COLUMN:]
    return (*before, "cost", *after)


def _token_rows(
    totals: dict[str, TokenTotals], prices: Prices = _NO_PRICES
) -> Iterator[tuple[str, list[str]]]:
    for name, tokens in sorted(totals.items(), key=lambda entry: -entry[1].total):
        median, worst = tokens.median_latency, tokens.max_latency
        cost = prices.cost(name, tokens)
        cost_text = _UNKNOWN if cost is None else money(cost, prices.currency)
        yield (
            name,
            [
                count(tokens.replies),
                count(tokens.input),
                count(tokens.cached),
                count(tokens.output),
                *([cost_text] if prices else ()),
                "" if median is None else duration(median),
                "" if worst is None else duration(worst),
            ],
        )


def _tool_row(name: str, tool: ToolTotals) -> tuple[str, list[str]]:
    counts = [count(tool.calls), count(tool.errors) if tool.errors else ""]
    if not tool.results:
        # Results of a subagent's tools are only in its steps, without size and time.
        return name, [*counts, _UNKNOWN, _UNKNOWN]
    return name, [*counts, size(tool.bytes), duration(tool.time)]


def _table(
    name: str,
    columns: Iterable[str],
    rows: Iterable[tuple[str, list[str]]],
    kind: SpanKind | None,
) -> Iterator[Entry]:
    """Yield a table; each of its lines leads to the calls of that kind and name."""
    rows = list(rows)
    if rows:
        head = "".join(f"{column:>{_NUMBER_CELLS}}" for column in columns)
        yield Entry(())
        title = fit(name[:1].upper() + name[1:], _NAME_CELLS)
        yield Entry(((title, "heading"), (head, "muted")))
        for label, values in rows:
            cells = "".join(f"{value:>{_NUMBER_CELLS}}" for value in values)
            text = fit(f"  {one_line(label, 60) or 'unknown'}", _NAME_CELLS)
            group = CallGroup(kind, label)
            yield Entry(((text, "plain"), (cells, "plain")), calls=group)
