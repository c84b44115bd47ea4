"""What made the prompt long, and where the cache broke."""

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

_SHOWN = 5
_CALL = 100
_EXPIRES = 300.0
"""Seconds that a provider's cache lasts as a rule, unless it is read."""
_CHANGES = {"context:memory": "memory was read"}


def costly_result_entries(carriage: ContextCost, rows: RowSequence) -> Iterator[Entry]:
    """Yield the results that cost most, each with the call that asked for it."""
    dearest = [each for each in carriage.most_expensive(_SHOWN) if each.cost]
    if dearest:
        yield from heading_entries("results that made the prompt long", "an estimate")
    for each in dearest:
        calls = plural(each.later_replies, "call")
        said = f"  about {count(each.tokens)} tokens, carried by {calls}"
        told = (f"{count(each.cost):>8}  ", "number"), (_asked(each, rows), "plain")
        yield Entry((*told, (said, "muted")), each.row)


def cache_miss_entries(carriage: ContextCost) -> Iterator[Entry]:
    """Yield where the cache broke first, and what is known to lie between."""
    if carriage.cache_misses:
        yield from heading_entries(
            "where the cache broke", "inferred from what was cached"
        )
    for each in carriage.cache_misses[:_SHOWN]:
        said = f"{each.cached_before:,} cached tokens, then {each.cached_after:,}"
        who = f"  {one_line(each.caller, 30)}"
        why = f"  {_between(each)}"
        yield Entry(((f"  {said}", "plain"), (why, "plain"), (who, "muted")), each.row)
    if carriage.cache_miss_count > _SHOWN:
        yield Entry(
            ((f"  and {carriage.cache_miss_count - _SHOWN:,} times more", "muted"),)
        )


def _asked(each: CarriedResult, rows: RowSequence) -> str:
    """Return the call that a result answers; by its row where that is not there."""
    if each.call is not None:
        row, index = each.call
        # A slice: a log that began anew has fewer rows, or none.
        for event in rows[row : row + 1]:
            if isinstance(event, RunEvent):
                called = tool_calls_of(event.content, index + 1)[index:]
                return one_line(tools.call(called[0]), _CALL) if called else "a result"
    return "a result"


def _between(each: CacheMiss) -> str:
    """Return what changed between two calls, as far as their rows tell."""
    found = []
    if all(each.models) and each.models[0] != each.models[1]:
        found.append(
            f"{one_line(each.models[0], 30)} before, now {one_line(each.models[1], 30)}"
        )
    for kind in each.changes:
        summary = kind.startswith("middleware:summar")
        told = "the context was summarised" if summary else _CHANGES.get(kind, "")
        found.append(told or one_line(kind, 40))
    if each.pause is not None and each.pause >= _EXPIRES:
        found.append(f"after {duration(each.pause)} it may have expired")
    return "; ".join(found) or "no row says why"
