"""The parts of an event that are known by its type, laid out for reading."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from ..trace.message import canonical, is_failure, thought
from .blocks import content_block, said
from .gist import plural
from .printed import one_line
from .rest import Rest, is_object, take
from .text import inert, line, lines
from .tone import Block, Line, Part
from .tree import block, fields, prose, tree

_BIGGEST_JSON = 2_000_000
_DIFF = {"+": "added", "-": "removed", "@": "muted"}


def sections(rest: Rest) -> Iterator[Part]:
    """Yield what is known of an event, each part under its heading."""
    kind = canonical(rest.event.event_type)
    if "workspace_changes" in rest.metadata:
        yield from _content(rest)
        yield from _changes(rest)
    elif kind in _SECTIONS and is_object(rest.event.content):
        yield from _SECTIONS[kind](rest)
    else:
        yield from _content(rest)


def section(
    title: str,
    body: Callable[[], Iterator[Part]],
    *,
    name: str = "",
    folded: bool = False,
    note: str = "",
) -> Iterator[Part]:
    """Yield a section, with the empty line before it.

    `name` is what its fold is remembered by, if not its title. A body is made as
    often as it is unfolded, or never: what it shows of the rest is taken before.
    """
    yield ()
    heading: Line = ((inert(title), "heading"),)
    if note:
        heading += ((f" · {note}", "muted"),)
    yield Block((name or title)[:80], heading, body, folded)


def _content(rest: Rest) -> Iterator[Part]:
    tone = "error" if is_failure(rest.event) else "plain"
    if isinstance(rest.other, str):
        yield from _text("content", rest.other, tone)
    elif rest.other is not None:
        yield from section("content", partial(block, rest.other))
    elif content := rest.content:
        rest.content = {}
        yield from section("content", lambda: fields(content.items()))


def _message(rest: Rest) -> Iterator[Part]:
    prompt = canonical(rest.event.event_type) == "llm.human.input"
    tone = "prompt" if prompt else "plain"
    thoughts = [rest.take("reasoning_content", str, "additional_kwargs")]
    text, blocks = rest.take("content", str), rest.take("content", list) or []
    thoughts += [thought(item) for item in blocks]
    called = _called(rest.content.get("tool_calls")) if blocks else {}

    def body() -> Iterator[Part]:
        if text:
            yield from said(text, tone, rest.width)
        for item in blocks:
            yield from content_block(item, tone, called, rest.width)

    if text or blocks:
        yield from section("text", body)
    for each in filter(None, thoughts):
        yield from section(
            "reasoning",
            partial(said, each, "muted", rest.width),
            folded=True,
            note=plural(len(each), "character"),
        )
    yield from _calls(rest)


def _called(calls: Any) -> dict[str, Any]:
    return {
        call["id"]: call.get("args")
        for call in (calls if isinstance(calls, list) else ())
        if is_object(call) and isinstance(call.get("id"), str)
    }


def _calls(rest: Rest) -> Iterator[Part]:
    for key, name in (("tool_calls", "call"), ("invalid_tool_calls", "invalid call")):
        for call in rest.take(key, list) or ():
            if not is_object(call):
                yield from section(name, partial(tree, call))
                continue
            left = dict(call)
            if left.get("type") == "tool_call":
                del left["type"]
            tool = take(left, "name", str) or ""
            args = left.pop("args", None)
            about = [(f"call {key}", value) for key, value in left.items()]
            title = f"{name} {line(tool, 80)}".rstrip()
            yield from section(title, partial(_arguments, args, about))


def _arguments(args: Any, about: list[tuple[str, Any]]) -> Iterator[Part]:
    parsed = _parsed(args) if isinstance(args, str) else args
    if is_object(parsed):
        yield from fields(chain(parsed.items(), about))
        return
    if parsed is not None:
        yield from tree(parsed)
    elif isinstance(args, str):
        yield from prose(args)
    yield from fields(about)


def _result(rest: Rest) -> Iterator[Part]:
    text = rest.take("content", str)
    if rest.event.content.get("name") != "task":
        # Only what a subagent answers is a text for people.
        rest.width = None
    if text is None:
        yield from _message(rest)
    else:
        tone = "error" if is_failure(rest.event) else "plain"
        yield from _text("result", text, tone, rest.width)


def _step(rest: Rest) -> Iterator[Part]:
    text = rest.take("text", str) or ""
    if rest.event.content.get("kind") == "tool":
        yield from _text("result", text)
    else:
        yield from _text("text", text, width=rest.width)
    yield from _calls(rest)


def _subagent_end(rest: Rest) -> Iterator[Part]:
    yield from _text("error", rest.take("error", str) or "", "error")
    yield from _text("result", rest.take("result", str) or "", width=rest.width)


def _run_end(rest: Rest) -> Iterator[Part]:
    if title := rest.take("title", str):
        yield from section("title", partial(prose, title))
    for key in ("artifacts", "todos"):
        if items := rest.take(key, list):
            body = partial(_each if key == "artifacts" else block, items)
            yield from section(f"{key} ({len(items):,})", body, name=key)
    if messages := rest.take("messages", list):
        title = f"messages ({len(messages):,}), one line each"
        yield from section(title, partial(_messages, messages), name="messages")


def _messages(messages: list[Any]) -> Iterator[Part]:
    for message in messages:
        yield ((one_line(message), "plain"),)


def _delivery(rest: Rest) -> Iterator[Part]:
    if paths := rest.take("paths", list):
        yield from section("presented", partial(_each, paths))


def _each(items: list[Any]) -> Iterator[Part]:
    for item in items:
        yield from block(item)


def _changes(rest: Rest) -> Iterator[Part]:
    for file in take(rest.metadata, "files", list, "workspace_changes") or ():
        if is_object(file):
            words = [file.get(key) for key in ("status", "path")]
            title = " ".join(word for word in words if isinstance(word, str) and word)
            yield from section(title or "file", partial(_change, file))
        else:
            yield from section("file", partial(tree, file))


def _change(file: dict[str, Any]) -> Iterator[Part]:
    left = dict(file)
    for key in ("status", "path"):
        take(left, key, str)
    for each in lines(take(left, "diff", str) or ""):
        yield ((each, _DIFF.get(each[:1], "plain")),)
    yield from fields(left.items())


_SECTIONS: dict[str, Callable[[Rest], Iterator[Part]]] = {
    "llm.ai.response": _message,
    "llm.human.input": _message,
    "llm.tool.result": _result,
    "run.delivery": _delivery,
    "run.end": _run_end,
    "subagent.end": _subagent_end,
    "subagent.step": _step,
}


def _text(
    name: str, text: str, tone: str = "plain", width: int | None = None
) -> Iterator[Part]:
    if text:
        yield from section(name, partial(_laid_out, text, tone, width))


def _laid_out(text: str, tone: str, width: int | None) -> Iterator[Part]:
    value = _parsed(text)
    if value is None:
        yield from said(text, tone, width)
    else:
        yield from tree(value)


def _parsed(text: str) -> Any:
    if len(text) >= _BIGGEST_JSON or not text[:200].lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
