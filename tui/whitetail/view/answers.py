"""What came back, right below what asked for it, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from whitetail.trace.message import (
    call_id_of,
    canonical,
    is_failure,
    is_lead,
    text_of,
    tool_calls_of,
)
from whitetail.trace.relatives import Around
from whitetail.view import tools
from whitetail.view.arguments import LONG, line_count
from whitetail.view.gist import plural, weight
from whitetail.view.indent import indented
from whitetail.view.results import result
from whitetail.view.tone import Block, Line, Part, Span
from whitetail.view.units import span
from whitetail_store import RunEvent

_LONGEST = 6_000


def results_of(around: Around) -> dict[str, RunEvent]:
    """Return the tool results that stand around a row, by the ids of their calls."""
    found: dict[str, RunEvent] = {}
    for row in around.under:
        if (
            isinstance(row, RunEvent)
            and canonical(row.event_type) == "llm.tool.result"
            and (call_id := call_id_of(row))
        ):
            found.setdefault(call_id, row)
    return found


def answer(
    reply: RunEvent,
    tool: str,
    call_id: str,
    found: Mapping[str, RunEvent],
    around: Around,
) -> Iterator[Part]:
    """Yield the result of a call of a reply; or that there is none, if that is known.

    Of a subagent's calls DeerFlow writes no results but in its steps.
    """
    row = found.get(call_id)
    if row is not None:
        text, failed = text_of(row.content), is_failure(row)
        body = partial(_below, tool, text, failed)
        heading = _arrow(reply, row, text, failed)
        long = line_count(text) > LONG or len(text) > _LONGEST
        yield Block("call result", heading, body, folded=long)
    elif around.missing and call_id and is_lead(reply):
        late: Span = ("→ no result so far", "muted")
        yield (("→ no result was written", "error") if around.over else late,)


def _below(tool: str, text: str, failed: bool) -> Iterator[Part]:
    return indented(result(tool, text, failed=failed))


def asker(event: RunEvent, around: Around) -> Iterator[Line]:
    """Yield a line of the call that a tool's result answers, if it is known."""
    call_id = call_id_of(event)
    if around.cause is None or not call_id:
        return
    for call in tool_calls_of(around.cause.content):
        if call.id == call_id:
            said = f"asked by seq {around.cause.seq}: "
            yield ((said, "muted"), (tools.call(call), "plain"))
            return


def _arrow(reply: RunEvent, row: RunEvent, text: str, failed: bool) -> Line:
    facts = [f"seq {row.seq}"]
    if reply.time is not None and row.time is not None and row.time >= reply.time:
        facts.append(span(row.time - reply.time))
    facts.append(weight(text))
    if (count := line_count(text)) > LONG:
        facts.append(plural(count, "line"))
    tone = "error" if failed else "key"
    name: Span = ("→ failed" if failed else "→ result", tone)
    return (name, (" · " + " · ".join(facts), "muted"))
