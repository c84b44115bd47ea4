"""The calls of a reply, each with its arguments and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from whitetail.trace.handoff.handoff import Handoff, handoff
from whitetail.trace.message import ToolCall, canonical
from whitetail.trace.relatives import Around
from whitetail.view.answers import answer, results_of
from whitetail.view.arguments import arguments, target
from whitetail.view.handoff import parts, title
from whitetail.view.parsed import parsed
from whitetail.view.rest import Rest, is_object, take
from whitetail.view.text import line
from whitetail.view.tone import Block, Line, Part
from whitetail.view.tree import fields, tree
from whitetail_store import RunEvent


def calls(rest: Rest, around: Around) -> Iterator[Part]:
    """Yield what a reply, or a subagent's step, calls, and what came back."""
    found = results_of(around)
    for key, name in (("tool_calls", "call"), ("invalid_tool_calls", "invalid call")):
        for call in rest.take(key, list) or ():
            if is_object(call):
                yield _call(rest.event, name, call, around, found)
            else:
                yield Block("call", ((name, "heading"),), partial(tree, call))


def _call(
    reply: RunEvent,
    name: str,
    call: dict[str, Any],
    around: Around,
    found: Mapping[str, RunEvent],
) -> Block:
    """Return a call: its arguments, and below them what became of it."""
    left = dict(call)
    if left.get("type") == "tool_call":
        del left["type"]
    tool = take(left, "name", str) or ""
    args = left.pop("args", None)
    if isinstance(args, str) and (value := parsed(args)) is not None:
        args = value
    shown = line(tool, 80)
    if shown != tool:
        left["name"] = tool
    given = call.get("id")
    call_id = given if isinstance(given, str) else ""
    heading: Line = ((f"{name} {shown}".rstrip(), "heading"),)
    about = [(f"call {key}", value) for key, value in left.items()]
    is_reply = canonical(reply.event_type) == "llm.ai.response" and name == "call"
    if tool == "task" and is_reply and call_id and is_object(args):
        task = handoff(reply, ToolCall(tool, args, call_id), around)
        other = {key: args[key] for key in args if not _is_on_card(key, args[key])}
        body = partial(_task, task, other, about)
        return Block("call", heading + title(task), body)
    body = partial(arguments, tool, args, about)
    if is_reply:
        body = partial(_asked, body, reply, tool, call_id, found, around)
    return Block("call", heading + target(tool, args), body)


def _task(
    task: Handoff, other: dict[str, Any], about: list[tuple[str, Any]]
) -> Iterator[Part]:
    yield from parts(task)
    yield from fields(chain(other.items(), about))


def _asked(
    asked: Callable[[], Iterator[Part]],
    reply: RunEvent,
    tool: str,
    call_id: str,
    found: Mapping[str, RunEvent],
    around: Around,
) -> Iterator[Part]:
    yield from asked()
    yield from answer(reply, tool, call_id, found, around)


def _is_on_card(key: str, value: Any) -> bool:
    on_card = key in ("description", "prompt", "subagent_type")
    return on_card and isinstance(value, str)
