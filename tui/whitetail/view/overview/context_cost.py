"""The overview's sections on expensive results and on cache misses."""

from __future__ import annotations

from collections.abc import Iterator

from whitetail.trace.message import tool_calls_of
from whitetail.trace.parse import RowSequence
from whitetail.trace.stats.context_cost import CacheMiss, CarriedResult, ContextCost
from whitetail.view import tools
from whitetail.view.brief import plural
from whitetail.view.overview.entry import Entry, heading_entries
from whitetail.view.text import one_line
from whitetail.view.units import count, duration
from whitetail_store import RunEvent

_MAX_ENTRIES = 5
_MAX_CALL_CHARS = 100
_CACHE_LIFETIME_S = 300.0
"""Providers usually drop a cached prompt that was not read for this time."""
_CHANGE_LABELS = {"context:memory": "memory was read"}


def costly_result_entries(
    context_cost: ContextCost, rows: RowSequence
) -> Iterator[Entry]:
    """Yield the most expensive tool results, each with its call."""
    most_expensive = context_cost.most_expensive(_MAX_ENTRIES)
    results = [result for result in most_expensive if result.cost]
    if results:
        yield from heading_entries("largest results in the context", "estimate")
    for result in results:
        calls = plural(result.later_replies, "call")
        tokens = f"{count(result.tokens)} token{'s' * (result.tokens != 1)}"
        note = f"  about {tokens}, in the prompt of {calls}"
        line = (
            (f"{count(result.cost):>8}  ", "number"),
            (_call_of(result, rows), "plain"),
            (note, "muted"),
        )
        yield Entry(line, result.row)


def cache_miss_entries(context_cost: ContextCost) -> Iterator[Entry]:
    """Yield the first cache misses, each with its possible causes."""
    if context_cost.cache_misses:
        yield from heading_entries("cache misses", "inferred from token counts")
    for miss in context_cost.cache_misses[:_MAX_ENTRIES]:
        counts = f"{miss.cached_before:,} cached tokens, then {miss.cached_after:,}"
        line = (
            (f"  {counts}", "plain"),
            (f"  {_possible_causes(miss)}", "plain"),
            (f"  {one_line(miss.caller, 30)}", "muted"),
        )
        yield Entry(line, miss.row)
    if (omitted := context_cost.cache_miss_count - _MAX_ENTRIES) > 0:
        more = plural(omitted, "more cache miss", "more cache misses")
        yield Entry(((f"  and {more}", "muted"),))


def _call_of(result: CarriedResult, rows: RowSequence) -> str:
    """Return the call that a result answers, or `a result` if it is unknown."""
    if result.call is not None:
        row, index = result.call
        # A slice, because a file that was replaced can have fewer rows.
        for event in rows[row : row + 1]:
            if isinstance(event, RunEvent):
                for called in tool_calls_of(event.content, index + 1)[index:]:
                    return one_line(tools.call(called), _MAX_CALL_CHARS)
    return "a result"


def _possible_causes(miss: CacheMiss) -> str:
    """Return the changes of the prompt that the events before a cache miss show."""
    causes = []
    before, after = miss.models
    if before and after and before != after:
        causes.append(f"{one_line(before, 30)} before, now {one_line(after, 30)}")
    for kind in miss.changes:
        if kind.startswith("middleware:summar"):
            causes.append("the context was summarized")
        else:
            causes.append(_CHANGE_LABELS.get(kind) or one_line(kind, 40))
    if miss.pause is not None and miss.pause >= _CACHE_LIFETIME_S:
        causes.append(f"possibly expired after {duration(miss.pause)}")
    return "; ".join(causes) or "cause unknown"
