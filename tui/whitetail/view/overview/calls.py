"""The calls of a tool, a model or a caller, the slowest first."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

from whitetail.trace.stats.spans import Span, SpanKind, Spans
from whitetail.view.brief import plural
from whitetail.view.text import fit, one_line
from whitetail.view.units import duration, time_of_day

MAX_CALLS = 1_000
"""How many calls are listed; the slowest ones."""
_TIME_CELLS, _NAME_CELLS = 7, 24
_UNKNOWN = "\N{EN DASH}"
_UNNAMED_MODEL, _LEAD = "model", "lead_agent"


class CallGroup(NamedTuple):
    """Which calls: those of a tool or a model with a name, or those of a caller."""

    kind: SpanKind | None
    """None for all calls of a caller."""
    name: str | None
    """The name of the tool, the model or the caller; None for all."""


class ListedCall(NamedTuple):
    """A call in the list."""

    label: str
    note: str
    row: int
    """The row of the reply that made the call, or that is the model's."""


class CallList(NamedTuple):
    """Calls, the slowest first."""

    title: str
    calls: list[ListedCall]


def slowest_calls(spans: Spans, group: CallGroup) -> CallList:
    """Return the calls of a group, with their median, the worst, and their share."""
    found = [span for span in spans if _is_of(span, group)]
    found.sort(key=lambda span: -1.0 if span.duration is None else -span.duration)
    found.sort(key=lambda span: span.duration is None)
    known = [span.duration for span in found if span.duration is not None]
    name = "tool calls" if group.name is None else one_line(group.name, 40) or "unknown"
    facts = [f"{name}: {plural(len(found), 'call')}"]
    if known:
        facts += [f"median {duration(median(known))}", f"worst {duration(known[0])}"]
    start, end = spans.time_range
    if known and end > start:
        facts.append(f"{_covered(found) / (end - start):.0%} of the run")
    if len(found) > MAX_CALLS:
        facts.append(f"the slowest {MAX_CALLS:,}")
    return CallList(" · ".join(facts), list(map(_listed, found[:MAX_CALLS])))


def _is_of(span: Span, group: CallGroup) -> bool:
    if span.kind not in (SpanKind.MODEL, SpanKind.TOOL):
        return False
    if group.kind is None:
        return (span.caller or _LEAD) == group.name
    if span.kind is not group.kind or group.name is None:
        return span.kind is group.kind
    unnamed = _UNNAMED_MODEL if group.kind is SpanKind.MODEL else ""
    return span.name == (group.name or unnamed)


def _covered(spans: Iterable[Span]) -> float:
    """Return for how many seconds at least one of the spans lasts."""
    times = sorted(
        (span.start, span.end)
        for span in spans
        if span.start is not None and span.end is not None and span.end > span.start
    )
    total, reached = 0.0, float("-inf")
    for start, end in times:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _listed(span: Span) -> ListedCall:
    seconds = span.duration
    time = _UNKNOWN if seconds is None else duration(seconds)
    about = "" if span.exact or seconds is None else "~"
    name = fit(one_line(span.name, 60), _NAME_CELLS)
    failed = "  ✗ failed" if span.failed else ""
    label = f"{about + time:>{_TIME_CELLS}}  {name}  {time_of_day(span.start)}{failed}"
    return ListedCall(label, one_line(span.caller, 40), span.row)
