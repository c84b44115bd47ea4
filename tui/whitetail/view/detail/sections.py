"""The parts of an event that are known by its type, laid out for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from whitetail.trace.handoff.handoff import FAILURE_PREFIXES, handoffs
from whitetail.trace.message import canonical, is_failure, thinking_of
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail.view.brief import plural
from whitetail.view.detail.calls import answered_call_lines, call_parts
from whitetail.view.detail.content import content_block_parts, message_text_lines
from whitetail.view.detail.delivery import delivery_parts
from whitetail.view.detail.handoff import handoff_block
from whitetail.view.detail.middleware import decision_parts
from whitetail.view.detail.results import json_or_text_parts, result_parts
from whitetail.view.detail.run_end import message_summary
from whitetail.view.detail.unshown import Unshown, is_object
from whitetail.view.detail.workspace import workspace_parts
from whitetail.view.json_tree import field_parts, text_lines, value_parts
from whitetail.view.styled import Block, Part, StyledLine
from whitetail.view.text import sanitize


def section_parts(
    rest: Unshown, around: Relatives = UNKNOWN_RELATIVES
) -> Iterator[Part]:
    """Yield what is known of an event, each part under its heading."""
    kind = canonical(rest.event.event_type)
    if "workspace_changes" in rest.metadata:
        yield from _content(rest)
        yield from workspace_parts(rest)
    elif kind in _SECTIONS and is_object(rest.event.content):
        yield from _SECTIONS[kind](rest, around)
    elif kind.startswith("middleware:") and isinstance(rest.content.get("action"), str):
        yield from decision_parts(rest)
    else:
        yield from _content(rest)


def section_block(
    title: str,
    body: Callable[[], Iterator[Part]],
    *,
    name: str = "",
    folded: bool = False,
    note: str = "",
) -> Block:
    """Return a section; `name` is what its fold is remembered by, if not its title.

    A body is made as often as it is unfolded, or never: what it shows of the rest
    is taken before.
    """
    heading: StyledLine = ((sanitize(title), "heading"),)
    if note:
        heading += ((f" · {note}", "muted"),)
    return Block((name or title)[:80], heading, body, folded)


def _content(rest: Unshown) -> Iterator[Part]:
    if isinstance(rest.other_content, str):
        failed = is_failure(rest.event)
        yield from _text(
            rest, "error" if failed else "content", rest.other_content, failed
        )
    elif rest.other_content is not None:
        yield section_block("content", partial(value_parts, rest.other_content))
    elif content := rest.content:
        rest.content = {}
        yield section_block("content", lambda: field_parts(content.items()))


def _message(rest: Unshown, around: Relatives) -> Iterator[Part]:
    prompt = canonical(rest.event.event_type) == "llm.human.input"
    tone = "prompt" if prompt else "plain"
    thoughts = [rest.pop("reasoning_content", str, "additional_kwargs")]
    text, blocks = rest.pop("content", str), rest.pop("content", list) or []
    thoughts += [thinking_of(item) for item in blocks]
    called = _called(rest.content.get("tool_calls")) if blocks else {}

    def body() -> Iterator[Part]:
        if text:
            yield from message_text_lines(text, tone, rest.width)
        for item in blocks:
            yield from content_block_parts(item, tone, called, rest.width)

    if text or blocks:
        yield section_block("text", body)
    for each in filter(None, thoughts):
        note = plural(len(each), "character")
        laid_out = partial(message_text_lines, each, "muted", rest.width)
        yield section_block("reasoning", laid_out, folded=True, note=note)
    yield from call_parts(rest, around)


def _called(made: Any) -> dict[str, Any]:
    return {
        call["id"]: call.get("args")
        for call in (made if isinstance(made, list) else ())
        if is_object(call) and isinstance(call.get("id"), str)
    }


def _result(rest: Unshown, around: Relatives) -> Iterator[Part]:
    text = rest.pop("content", str)
    if asked := list(answered_call_lines(rest.event, around)):
        yield ()
        yield from asked
    if text is None:
        yield from _message(rest, around)
    else:
        name = rest.event.content.get("name")
        yield from _given(rest, name, text, is_failure(rest.event))
    yield from _cards(rest, around)


def _step(rest: Unshown, around: Relatives) -> Iterator[Part]:
    content = rest.event.content
    text = rest.pop("text", str) or ""
    if content.get("kind") == "tool":
        name = content.get("tool_name")
        yield from _given(rest, name, text, text.startswith(FAILURE_PREFIXES))
    else:
        yield from _text(rest, "text", text)
    if content.get("truncated") is True:
        yield _cut(text)
    yield from call_parts(rest, around)


def _given(rest: Unshown, name: Any, text: str, failed: bool) -> Iterator[Part]:
    """Yield what a tool gave back."""
    if text:
        tool = name if isinstance(name, str) else ""
        yield section_block(
            "result", partial(result_parts, tool, text, rest.width, failed=failed)
        )


def _cut(text: str) -> StyledLine:
    return ((f"[cut by DeerFlow after {len(text):,} characters]", "muted"),)


def _subagent_start(rest: Unshown, around: Relatives) -> Iterator[Part]:
    yield from _cards(rest, around)
    yield from _content(rest)


def _subagent_end(rest: Unshown, around: Relatives) -> Iterator[Part]:
    for key in ("error", "result"):
        text = rest.pop(key, str) or ""
        yield from _text(rest, key, text, key == "error")
        if rest.event.content.get(f"{key}_truncated") is True:
            yield _cut(text)
    yield from _cards(rest, around)


def _cards(rest: Unshown, around: Relatives) -> Iterator[Part]:
    for each in handoffs(rest.event, around):
        yield handoff_block(each, rest.event)


def _run_end(rest: Unshown, around: Relatives) -> Iterator[Part]:
    if title := rest.pop("title", str):
        yield section_block("title", partial(text_lines, title))
    for key in ("artifacts", "todos"):
        if items := rest.pop(key, list):
            body = partial(_each if key == "artifacts" else value_parts, items)
            yield section_block(f"{key} ({len(items):,})", body, name=key)
    if messages := rest.pop("messages", list):
        title = f"messages ({len(messages):,}), one line each"
        yield section_block(title, partial(_messages, messages), name="messages")


def _messages(messages: list[Any]) -> Iterator[Part]:
    for message in messages:
        yield ((message_summary(message), "plain"),)


def _delivery(rest: Unshown, around: Relatives) -> Iterator[Part]:
    return delivery_parts(rest)


def _each(items: list[Any]) -> Iterator[Part]:
    for item in items:
        yield from value_parts(item)


_SECTIONS: dict[str, Callable[[Unshown, Relatives], Iterator[Part]]] = {
    "llm.ai.response": _message,
    "llm.human.input": _message,
    "llm.tool.result": _result,
    "run.delivery": _delivery,
    "run.end": _run_end,
    "subagent.end": _subagent_end,
    "subagent.start": _subagent_start,
    "subagent.step": _step,
}


def _text(rest: Unshown, name: str, text: str, failed: bool = False) -> Iterator[Part]:
    if text:
        body = partial(text_lines, text, 0, "error")
        yield section_block(
            name, body if failed else partial(json_or_text_parts, text, rest.width)
        )
