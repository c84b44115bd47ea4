"""A run at a glance: how it stands and why, what it used, where its time went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..trace.account import Account
from ..trace.findings import Tone
from ..trace.spans import Kind, Span
from ..trace.tally import Bill, Prices, Tally, ToolTally
from ..trace.verdict import Standing, Verdict
from .gist import plural
from .text import fit, line
from .tone import Line
from .units import count, money, size, span, time_of_day

_NAME = 34
_NUMBER = 9
_FREE = Prices({})
_LOUD = {
    Standing.FAILED: "error",
    Standing.CUT_OFF: "warning",
    Standing.DEGRADED: "warning",
    Standing.ANSWERED: "finished",
    Standing.RUNNING: "running",
}
_EVIDENCE = {
    Tone.GOOD: "plain",
    Tone.NOTE: "muted",
    Tone.WARNING: "warning",
    Tone.ERROR: "error",
}
_SPANS = {
    Kind.RUN: "run",
    Kind.MODEL: "reply",
    Kind.TOOL: "call",
    Kind.SUBAGENT: "subagent",
}


class Entry(NamedTuple):
    """A line of the overview."""

    line: Line
    row: int | None = None
    """The run's row that it speaks of, if it is one."""


def overview(
    account: Account, *, now: float, growing: bool, prices: Prices = _FREE
) -> list[Entry]:
    """Return all but the timeline, to be drawn above it; costs if there are prices."""
    verdict = account.judge.verdict(now, growing)
    return [
        *_verdict(verdict),
        *_sums(account),
        *_cost(account.ledger.bill(prices), prices),
        *_table("by model", _columns(prices), _used(account.ledger.by_model(), prices)),
        *_table("by caller", _USED, _used(account.ledger.by_caller())),
        *_table("by tool", _TOOLS, map(_tool, *_sorted(account.ledger.tools))),
        *_carried(account),
        *_breaks(account),
        *_heading("timeline", "+ and - zoom, 0 shows all, enter goes to the row"),
    ]


def bar(each: Span, start: float, end: float, width: int) -> Line:
    """Return a span's line: its name, its length, and where it lies in a window.

    The window is from `start` to `end`, in seconds since the epoch. What is not
    sure is drawn lighter.
    """
    tone = "error" if each.failed else _SPANS[each.kind]
    inner = "" if each.kind is Kind.RUN else "  " * (1 + ("subagent" in each.caller))
    duration = each.duration
    told = "" if duration is None else f"{'' if each.sure else '~'}{span(duration)}"
    room = max(0, width - _NAME - _NUMBER - 1)
    return (
        (fit(inner + line(each.name, 80), _NAME), tone),
        (f"{told:>{_NUMBER}} ", "muted"),
        (_drawn(each, start, end, room), tone),
    )


def _drawn(each: Span, start: float, end: float, room: int) -> str:
    if each.start is None or end <= start:
        return ""
    scale = room / (end - start)
    until = each.start if each.end is None else each.end
    first = min(max(0, int((each.start - start) * scale)), room)
    last = min(max(first + 1, round((until - start) * scale)), room)
    if each.start > end or until < start:
        return ""
    return " " * first + ("━" if each.sure else "╌") * (last - first)


def _verdict(verdict: Verdict) -> Iterator[Entry]:
    tone = _LOUD.get(verdict.state, "muted")
    yield Entry(((str(verdict.state), tone), (f"  {line(verdict.reason)}", "plain")))
    if verdict.waiting:
        since = verdict.since
        ago = "" if since is None else f", since {time_of_day(since)}"
        said = f"waiting for {line(verdict.waiting, 80)}{ago}"
        yield Entry(((f"  {said}", "muted"),))
    for each in verdict.evidence:
        number = f"{each.seq:>8}  " if each.seq >= 0 else " " * 10
        told = (line(each.text), _EVIDENCE[each.tone])
        yield Entry(((number, "muted"), told), each.row)


def _sums(account: Account) -> Iterator[Entry]:
    ledger = account.ledger
    total = ledger.total
    calls = sum(each.calls for each in ledger.tools.values())
    yield from _heading("in all")
    facts = [plural(account.rows, "row")]
    if account.spans and (lasted := account.spans[0].duration) is not None:
        facts.append(span(lasted))
    facts += [
        plural(total.calls, "reply", "replies"),
        plural(calls, "tool call"),
        plural(ledger.errors, "error"),
    ]
    if ledger.retries:
        facts.append(plural(ledger.retries, "retry", "retries"))
    yield Entry(((f"  {' · '.join(facts)}", "plain"),))
    yield Entry(((f"  {_tokens(total)}", "plain"),))


def _tokens(tally: Tally) -> str:
    if not tally.total and tally.missing:
        return "no tokens were counted"
    said = f"{tally.input:,} tokens in ({tally.cached:,} cached) · {tally.output:,} out"
    if tally.reasoning:
        said += f" ({tally.reasoning:,} reasoning)"
    if tally.missing:
        said += f" · not counted for {plural(tally.missing, 'reply', 'replies')}"
    return said


def _cost(bill: Bill, prices: Prices) -> Iterator[Entry]:
    if not prices:
        return
    said = "what it cost is not known"
    if bill.amount is not None:
        least = "" if bill.whole else "at least "
        said = least + money(bill.amount, prices.currency)
    if bill.unpriced:
        names = [line(name, 60) or "a model without a name" for name in bill.unpriced]
        have = "has" if len(names) == 1 else "have"
        said += f": {', '.join(names)} {have} no price"
    yield Entry(((f"  {said}", "plain"),))


_USED = ("replies", "in", "cached", "out", "median", "worst")
_COST = _USED.index("median")
_TOOLS = ("calls", "errors", "bytes", "time")


def _columns(prices: Prices) -> tuple[str, ...]:
    return (*_USED[:_COST], "cost", *_USED[_COST:]) if prices else _USED


def _used(
    tallies: dict[str, Tally], prices: Prices = _FREE
) -> Iterator[tuple[str, list[str]]]:
    ordered = sorted(tallies.items(), key=lambda each: -each[1].total)
    for name, tally in ordered:
        median, worst = tally.median, tally.worst
        cost = None
        if tally.total or not tally.missing:
            cost = prices.cost(name, tally)
        told = "\u2013" if cost is None else money(cost, prices.currency)
        yield (
            name or "not said",
            [
                count(tally.calls),
                count(tally.input),
                count(tally.cached),
                count(tally.output),
                *([told] if prices else ()),
                "" if median is None else span(median),
                "" if worst is None else span(worst),
            ],
        )


def _sorted(tools: dict[str, ToolTally]) -> tuple[list[str], list[ToolTally]]:
    ordered = sorted(tools.items(), key=lambda each: -each[1].calls)
    return [name for name, _ in ordered], [tally for _, tally in ordered]


def _tool(name: str, tally: ToolTally) -> tuple[str, list[str]]:
    numbers = [count(tally.calls), count(tally.errors) if tally.errors else ""]
    return name, [*numbers, size(tally.bytes), span(tally.time)]


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
            yield Entry(((fit(f"  {line(what, 60)}", _NAME), "plain"), (told, "plain")))


def _carried(account: Account) -> Iterator[Entry]:
    dearest = [each for each in account.carriage.dearest(5) if each.calls]
    if dearest:
        yield from _heading("results that made the prompt long", "an estimate")
    for each in dearest:
        said = f"about {count(each.tokens)} tokens, carried by {each.calls} calls"
        yield Entry(((f"{count(each.cost):>8}  ", "number"), (said, "plain")), each.row)


def _breaks(account: Account) -> Iterator[Entry]:
    breaks = account.carriage.breaks
    if breaks:
        yield from _heading("where the cache broke", "inferred from what was cached")
    for each in breaks[:5]:
        said = f"{each.before:,} cached tokens, then {each.after:,}"
        who = f"  {line(each.caller, 30)}" if each.caller else ""
        yield Entry(((f"  {said}", "plain"), (who, "muted")), each.row)


def _heading(name: str, note: str = "") -> Iterator[Entry]:
    yield Entry(())
    yield Entry(((name, "heading"), (f"  {note}" if note else "", "muted")))
