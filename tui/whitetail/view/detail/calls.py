"""The calls of a reply, each with its arguments and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from whitetail.trace.handoff.handoff import Handoff, handoff
from whitetail.trace.message import (
    ToolCall,
    call_id_of,
    canonical,
    is_failure,
    is_lead,
    text_of,
    tool_calls_of,
)
from whitetail.trace.relatives import Relatives
from whitetail.view import tools
from whitetail.view.brief import approx_size, plural
from whitetail.view.detail.arguments import (
    LONG_TEXT_LINES,
    argument_parts,
    line_count,
    target_spans,
)
from whitetail.view.detail.handoff import handoff_parts, handoff_title
from whitetail.view.detail.json_text import parse_json
from whitetail.view.detail.results import result_parts
from whitetail.view.detail.unshown import Unshown, is_object, pop
from whitetail.view.json_tree import field_parts, json_parts
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan, indented_parts
from whitetail.view.text import one_line
from whitetail.view.units import duration
from whitetail_store import RunEvent

_LONGEST = 6_000


def results_by_call_id(around: Relatives) -> dict[str, RunEvent]:
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


def call_result_parts(
    reply: RunEvent,
    tool: str,
    call_id: str,
    found: Mapping[str, RunEvent],
    around: Relatives,
) -> Iterator[Part]:
    """Yield the result of a call of a reply; or that there is none, if that is known.

    Of a subagent's calls DeerFlow writes no results but in its steps.
    """
    row = found.get(call_id)
    if row is not None:
        text, failed = text_of(row.content), is_failure(row)
        body = partial(_below, tool, text, failed)
        heading = _arrow(reply, row, text, failed)
        long = line_count(text) > LONG_TEXT_LINES or len(text) > _LONGEST
        yield Block("call result", heading, body, folded=long)
    elif around.complete and call_id and is_lead(reply):
        late: StyledSpan = ("→ no result so far", "muted")
        yield (("→ no result was written", "error") if around.run_ended else late,)


def _below(tool: str, text: str, failed: bool) -> Iterator[Part]:
    return indented_parts(result_parts(tool, text, failed=failed))


def answered_call_lines(event: RunEvent, around: Relatives) -> Iterator[StyledLine]:
    """Yield a line of the call that a tool's result answers, if it is known."""
    call_id = call_id_of(event)
    if around.cause is None or not call_id:
        return
    for call in tool_calls_of(around.cause.content):
        if call.id == call_id:
            said = f"asked by seq {around.cause.seq}: "
            yield ((said, "muted"), (tools.call(call), "plain"))
            return


def _arrow(reply: RunEvent, row: RunEvent, text: str, failed: bool) -> StyledLine:
    facts = [f"seq {row.seq}"]
    if reply.time is not None and row.time is not None and row.time >= reply.time:
        facts.append(duration(row.time - reply.time))
    facts.append(approx_size(text))
    if (count := line_count(text)) > LONG_TEXT_LINES:
        facts.append(plural(count, "line"))
    tone = "error" if failed else "key"
    name: StyledSpan = ("→ failed" if failed else "→ result", tone)
    return (name, (" · " + " · ".join(facts), "muted"))


def call_parts(rest: Unshown, around: Relatives) -> Iterator[Part]:
    """Yield what a reply, or a subagent's step, calls, and what came back."""
    found = results_by_call_id(around)
    for key, name in (("tool_calls", "call"), ("invalid_tool_calls", "invalid call")):
        for call in rest.pop(key, list) or ():
            if is_object(call):
                yield _call(rest.event, name, call, around, found)
            else:
                yield Block("call", ((name, "heading"),), partial(json_parts, call))


def _call(
    reply: RunEvent,
    name: str,
    call: dict[str, Any],
    around: Relatives,
    found: Mapping[str, RunEvent],
) -> Block:
    """Return a call: its arguments, and below them what became of it."""
    left = dict(call)
    if left.get("type") == "tool_call":
        del left["type"]
    tool = pop(left, "name", str) or ""
    args = left.pop("args", None)
    if isinstance(args, str) and (value := parse_json(args)) is not None:
        args = value
    shown = one_line(tool, 80)
    if shown != tool:
        left["name"] = tool
    given = call.get("id")
    call_id = given if isinstance(given, str) else ""
    heading: StyledLine = ((f"{name} {shown}".rstrip(), "heading"),)
    about = [(f"call {key}", value) for key, value in left.items()]
    is_reply = canonical(reply.event_type) == "llm.ai.response" and name == "call"
    if tool == "task" and is_reply and call_id and is_object(args):
        task = handoff(reply, ToolCall(tool, args, call_id), around)
        other = {key: args[key] for key in args if not _is_on_card(key, args[key])}
        body = partial(_task, task, other, about)
        return Block("call", heading + handoff_title(task), body)
    body = partial(argument_parts, tool, args, about)
    if is_reply:
        body = partial(_asked, body, reply, tool, call_id, found, around)
    return Block("call", heading + target_spans(tool, args), body)


def _task(
    task: Handoff, other: dict[str, Any], about: list[tuple[str, Any]]
) -> Iterator[Part]:
    yield from handoff_parts(task)
    yield from field_parts(chain(other.items(), about))


def _asked(
    asked: Callable[[], Iterator[Part]],
    reply: RunEvent,
    tool: str,
    call_id: str,
    found: Mapping[str, RunEvent],
    around: Relatives,
) -> Iterator[Part]:
    yield from asked()
    yield from call_result_parts(reply, tool, call_id, found, around)


def _is_on_card(key: str, value: Any) -> bool:
    on_card = key in ("description", "prompt", "subagent_type")
    return on_card and isinstance(value, str)
