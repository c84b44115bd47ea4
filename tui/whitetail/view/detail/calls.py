"""Lays out the tool calls of a reply, each with its arguments and its result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from whitetail.trace.handoff.handoff import Handoff, handoff
from whitetail.trace.json_object import is_object
from whitetail.trace.json_text import parse_json
from whitetail.trace.message import (
    ToolCall,
    call_id_of,
    canonical,
    is_failure,
    is_lead,
    text_of,
    tool_calls_of,
)
from whitetail.trace.message_fields import media_of, pop_calls, split_call
from whitetail.trace.relatives import Relatives
from whitetail.view import brief, tools
from whitetail.view.brief import approx_size, plural
from whitetail.view.detail.arguments import (
    LONG_TEXT_LINES,
    argument_parts,
    line_count,
    target_spans,
)
from whitetail.view.detail.handoff import handoff_parts, handoff_title
from whitetail.view.detail.results import result_parts
from whitetail.view.detail.unshown import Unshown
from whitetail.view.json_tree import field_parts, json_parts
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan, indented_parts
from whitetail.view.text import one_line
from whitetail.view.units import duration
from whitetail_store import RunEvent

_LONG_TEXT_CHARS = 6_000
"""Results with more characters are folded at first."""


def results_by_call_id(relatives: Relatives) -> dict[str, RunEvent]:
    """Return the tool results among the relatives of a row, by call id."""
    results: dict[str, RunEvent] = {}
    for event in relatives.under:
        if (
            isinstance(event, RunEvent)
            and canonical(event.event_type) == "llm.tool.result"
            and (call_id := call_id_of(event))
        ):
            results.setdefault(call_id, event)
    return results


def call_result_parts(
    reply: RunEvent,
    tool: str,
    call_id: str,
    results: Mapping[str, RunEvent],
    relatives: Relatives,
) -> Iterator[Part]:
    """Yield the result of a call of a reply, or a line that there is none.

    Empty if it is unknown whether there is a result. This includes all calls of
    subagents, because DeerFlow writes their results only as steps.
    """
    result = results.get(call_id)
    if result is not None:
        text, failed = text_of(result.content), is_failure(result)
        files = list(map(brief.media, media_of(result.content)))
        body = partial(_indented_result, tool, text, failed, files)
        heading = _result_heading(reply, result, text, failed, files)
        long = line_count(text) > LONG_TEXT_LINES or len(text) > _LONG_TEXT_CHARS
        yield Block("call result", heading, body, folded=long, value=text or None)
    elif relatives.complete and call_id and is_lead(reply):
        pending: StyledSpan = ("→ no result so far", "muted")
        yield (
            ("→ no result was written", "error") if relatives.run_ended else pending,
        )


def _indented_result(
    tool: str, text: str, failed: bool, files: list[str]
) -> Iterator[Part]:
    lines: Iterator[Part] = (((file, "muted"),) for file in files)
    text_parts = result_parts(tool, text, failed=failed) if text else iter(())
    return indented_parts(chain(text_parts, lines))


def answered_call_lines(event: RunEvent, relatives: Relatives) -> Iterator[StyledLine]:
    """Yield a line with the call that a tool's result answers. Empty if unknown."""
    call_id = call_id_of(event)
    if relatives.cause is None or not call_id:
        return
    for call in tool_calls_of(relatives.cause.content):
        if call.id == call_id:
            caller = f"called by seq {relatives.cause.seq}: "
            yield ((caller, "muted"), (tools.call(call), "plain"))
            return


def _result_heading(
    reply: RunEvent, result: RunEvent, text: str, failed: bool, files: list[str]
) -> StyledLine:
    facts = [f"seq {result.seq}"]
    asked, answered = reply.time, result.time
    if asked is not None and answered is not None and answered >= asked:
        facts.append(duration(answered - asked))
    if text or not files:
        facts.append(approx_size(text))
    if files:
        facts.append(plural(len(files), "file"))
    if (count := line_count(text)) > LONG_TEXT_LINES:
        facts.append(plural(count, "line"))
    tone = "error" if failed else "key"
    name: StyledSpan = ("→ failed" if failed else "→ result", tone)
    return (name, (" · " + " · ".join(facts), "muted"))


def call_parts(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    """Yield the tool calls of a reply or of a subagent's step, with their results."""
    results = results_by_call_id(relatives)
    for valid, call in pop_calls(unshown.content):
        name = "call" if valid else "invalid call"
        if is_object(call):
            yield _call_block(unshown.event, name, call, relatives, results)
        else:
            yield Block(
                "call", ((name, "heading"),), partial(json_parts, call), value=call
            )


def _call_block(
    reply: RunEvent,
    name: str,
    call: dict[str, Any],
    relatives: Relatives,
    results: Mapping[str, RunEvent],
) -> Block:
    """Return a call as a block: its arguments, then its result."""
    tool, args, call_id, rest = split_call(call)
    if isinstance(args, str) and (value := parse_json(args)) is not None:
        args = value
    title = one_line(tool, 80)
    heading: StyledLine = ((f"{name} {title}".rstrip(), "heading"),)
    call_fields = [(f"call {key}", value) for key, value in rest.items()]
    if title != tool:
        call_fields.append(("call name", tool))
    is_reply = canonical(reply.event_type) == "llm.ai.response" and name == "call"
    if tool == "task" and is_reply and call_id and is_object(args):
        task = handoff(reply, ToolCall(tool, args, call_id), relatives)
        other_args = {key: args[key] for key in args if not _is_on_card(key, args[key])}
        body = partial(_task_parts, task, other_args, call_fields)
        return Block("call", heading + handoff_title(task), body, value=args)
    body = partial(argument_parts, tool, args, call_fields)
    if is_reply:
        body = partial(
            _parts_with_result, body, reply, tool, call_id, results, relatives
        )
    return Block("call", heading + target_spans(tool, args), body, value=args)


def _task_parts(
    task: Handoff, other_args: dict[str, Any], call_fields: list[tuple[str, Any]]
) -> Iterator[Part]:
    yield from handoff_parts(task)
    yield from field_parts(chain(other_args.items(), call_fields))


def _parts_with_result(
    call_body: Callable[[], Iterator[Part]],
    reply: RunEvent,
    tool: str,
    call_id: str,
    results: Mapping[str, RunEvent],
    relatives: Relatives,
) -> Iterator[Part]:
    yield from call_body()
    yield from call_result_parts(reply, tool, call_id, results, relatives)


def _is_on_card(key: str, value: Any) -> bool:
    on_card = key in ("description", "prompt", "subagent_type")
    return on_card and isinstance(value, str)
