"""The parts of an event that are known by its type, laid out for reading."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from ..trace.message import canonical, is_failure, thought
from .blocks import content_block
from .printed import one_line
from .rest import Rest, is_object, take
from .text import inert, line, lines
from .tone import Line
from .tree import block, fields, prose, tree

_BIGGEST_JSON = 2_000_000
_DIFF = {"+": "added", "-": "removed", "@": "muted"}


def sections(rest: Rest) -> Iterator[Line]:
    """Yield what is known of an event, each part under its heading."""
    kind = canonical(rest.event.event_type)
    if "workspace_changes" in rest.metadata:
        yield from _content(rest)
        yield from _changes(rest)
    elif kind in _SECTIONS and is_object(rest.event.content):
        yield from _SECTIONS[kind](rest)
    else:
        yield from _content(rest)


def heading(name: str) -> Iterator[Line]:
    """Yield the heading of a section, with the empty line before it."""
    yield ()
    yield ((inert(name), "heading"),)


def _content(rest: Rest) -> Iterator[Line]:
    tone = "error" if is_failure(rest.event) else "plain"
    if isinstance(rest.other, str):
        yield from _text("content", rest.other, tone)
    elif rest.other is not None:
        yield from heading("content")
        yield from block(rest.other)
    elif rest.content:
        yield from heading("content")
        yield from fields(rest.content.items())
        rest.content = {}


def _message(rest: Rest) -> Iterator[Line]:
    prompt = canonical(rest.event.event_type) == "llm.human.input"
    tone = "prompt" if prompt else "plain"
    thoughts = [rest.take("reasoning_content", str, "additional_kwargs")]
    text, blocks = rest.take("content", str), rest.take("content", list)
    if text or blocks:
        yield from heading("text")
    if text:
        yield from prose(text, 0, tone, marked=not prompt)
    called = _called(rest.content.get("tool_calls")) if blocks else {}
    for item in blocks or ():
        thoughts.append(thought(item))
        yield from content_block(item, tone, called)
    for said in filter(None, thoughts):
        yield from heading("reasoning")
        yield from prose(said, 0, "muted")
    yield from _calls(rest)


def _called(calls: Any) -> dict[str, Any]:
    return {
        call["id"]: call.get("args")
        for call in (calls if isinstance(calls, list) else ())
        if is_object(call) and isinstance(call.get("id"), str)
    }


def _calls(rest: Rest) -> Iterator[Line]:
    for key, name in (("tool_calls", "call"), ("invalid_tool_calls", "invalid call")):
        for call in rest.take(key, list) or ():
            if not is_object(call):
                yield from heading(name)
                yield from tree(call)
                continue
            left = dict(call)
            if left.get("type") == "tool_call":
                del left["type"]
            tool = take(left, "name", str) or ""
            yield from heading(f"{name} {line(tool, 80)}".rstrip())
            args = left.pop("args", None)
            about = [(f"call {key}", value) for key, value in left.items()]
            yield from _arguments(args, about)


def _arguments(args: Any, about: list[tuple[str, Any]]) -> Iterator[Line]:
    parsed = _parsed(args) if isinstance(args, str) else args
    if is_object(parsed):
        yield from fields(chain(parsed.items(), about))
        return
    if parsed is not None:
        yield from tree(parsed)
    elif isinstance(args, str):
        yield from prose(args)
    yield from fields(about)


def _result(rest: Rest) -> Iterator[Line]:
    text = rest.take("content", str)
    if text is None:
        yield from _message(rest)
    else:
        tone = "error" if is_failure(rest.event) else "plain"
        yield from _text("result", text, tone)


def _step(rest: Rest) -> Iterator[Line]:
    tool = rest.event.content.get("kind") == "tool"
    yield from _text("result" if tool else "text", rest.take("text", str) or "")
    yield from _calls(rest)


def _subagent_end(rest: Rest) -> Iterator[Line]:
    yield from _text("error", rest.take("error", str) or "", "error")
    yield from _text("result", rest.take("result", str) or "")


def _run_end(rest: Rest) -> Iterator[Line]:
    if title := rest.take("title", str):
        yield from heading("title")
        yield from prose(title)
    for key in ("artifacts", "todos"):
        if items := rest.take(key, list):
            yield from heading(f"{key} ({len(items):,})")
            yield from _each(items) if key == "artifacts" else block(items)
    if messages := rest.take("messages", list):
        yield from heading(f"messages ({len(messages):,}), one line each")
        for message in messages:
            yield ((one_line(message), "plain"),)


def _delivery(rest: Rest) -> Iterator[Line]:
    if paths := rest.take("paths", list):
        yield from heading("presented")
        yield from _each(paths)


def _each(items: list[Any]) -> Iterator[Line]:
    for item in items:
        yield from block(item)


def _changes(rest: Rest) -> Iterator[Line]:
    for file in take(rest.metadata, "files", list, "workspace_changes") or ():
        if not is_object(file):
            yield from tree(file)
            continue
        left = dict(file)
        words = [take(left, key, str) for key in ("status", "path")]
        yield from heading(" ".join(filter(None, words)) or "file")
        for said in lines(take(left, "diff", str) or ""):
            yield ((said, _DIFF.get(said[:1], "plain")),)
        yield from fields(left.items())


_SECTIONS: dict[str, Callable[[Rest], Iterator[Line]]] = {
    "llm.ai.response": _message,
    "llm.human.input": _message,
    "llm.tool.result": _result,
    "run.delivery": _delivery,
    "run.end": _run_end,
    "subagent.end": _subagent_end,
    "subagent.step": _step,
}


def _text(name: str, text: str, tone: str = "plain") -> Iterator[Line]:
    if not text:
        return
    yield from heading(name)
    value = _parsed(text)
    if value is None:
        yield from prose(text, 0, tone, marked=tone == "plain")
    else:
        yield from tree(value)


def _parsed(text: str) -> Any:
    if len(text) >= _BIGGEST_JSON or not text[:200].lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
