"""Lays out the sections of an event, by the type of the event."""

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
    unshown: Unshown, relatives: Relatives = UNKNOWN_RELATIVES
) -> Iterator[Part]:
    """Yield the sections for the event's type.

    The fields that they show are removed from `unshown`.
    """
    kind = canonical(unshown.event.event_type)
    if "workspace_changes" in unshown.metadata:
        yield from _content_section(unshown)
        yield from workspace_parts(unshown)
    elif kind in _SECTIONS and is_object(unshown.event.content):
        yield from _SECTIONS[kind](unshown, relatives)
    elif kind.startswith("middleware:") and isinstance(
        unshown.content.get("action"), str
    ):
        yield from decision_parts(unshown)
    else:
        yield from _content_section(unshown)


def section_block(
    title: str,
    body: Callable[[], Iterator[Part]],
    *,
    name: str = "",
    folded: bool = False,
    note: str = "",
) -> Block:
    """Return a section as a block; `name` is the key of its fold, by default the title.

    The body is evaluated each time the block is opened, or never. Therefore the fields
    that it shows must be popped before.
    """
    heading: StyledLine = ((sanitize(title), "heading"),)
    if note:
        heading += ((f" · {note}", "muted"),)
    return Block((name or title)[:80], heading, body, folded)


def _content_section(unshown: Unshown) -> Iterator[Part]:
    if isinstance(unshown.other_content, str):
        failed = is_failure(unshown.event)
        yield from _text_section(
            unshown, "error" if failed else "content", unshown.other_content, failed
        )
    elif unshown.other_content is not None:
        yield section_block("content", partial(value_parts, unshown.other_content))
    elif content := unshown.content:
        unshown.content = {}
        yield section_block("content", lambda: field_parts(content.items()))


def _message_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    prompt = canonical(unshown.event.event_type) == "llm.human.input"
    tone = "prompt" if prompt else "plain"
    reasoning = [unshown.pop("reasoning_content", str, "additional_kwargs")]
    text, blocks = unshown.pop("content", str), unshown.pop("content", list) or []
    reasoning += map(thinking_of, blocks)
    calls = unshown.content.get("tool_calls") if blocks else None
    call_args = _arguments_by_call_id(calls)

    def body() -> Iterator[Part]:
        if text:
            yield from message_text_lines(text, tone, unshown.width)
        for block in blocks:
            yield from content_block_parts(block, tone, call_args, unshown.width)

    if text or blocks:
        yield section_block("text", body)
    for passage in filter(None, reasoning):
        note = plural(len(passage), "character")
        passage_body = partial(message_text_lines, passage, "muted", unshown.width)
        yield section_block("reasoning", passage_body, folded=True, note=note)
    yield from call_parts(unshown, relatives)


def _arguments_by_call_id(calls: Any) -> dict[str, Any]:
    return {
        call["id"]: call.get("args")
        for call in (calls if isinstance(calls, list) else ())
        if is_object(call) and isinstance(call.get("id"), str)
    }


def _result_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    text = unshown.pop("content", str)
    if call_lines := list(answered_call_lines(unshown.event, relatives)):
        yield ()
        yield from call_lines
    if text is None:
        yield from _message_sections(unshown, relatives)
    else:
        name = unshown.event.content.get("name")
        yield from _result_section(unshown, name, text, is_failure(unshown.event))
    yield from _handoff_blocks(unshown, relatives)


def _step_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    content = unshown.event.content
    text = unshown.pop("text", str) or ""
    if content.get("kind") == "tool":
        name = content.get("tool_name")
        yield from _result_section(
            unshown, name, text, text.startswith(FAILURE_PREFIXES)
        )
    else:
        yield from _text_section(unshown, "text", text)
    if content.get("truncated") is True:
        yield _truncation_line(text)
    yield from call_parts(unshown, relatives)


def _result_section(
    unshown: Unshown, name: Any, text: str, failed: bool
) -> Iterator[Part]:
    if text:
        tool = name if isinstance(name, str) else ""
        yield section_block(
            "result", partial(result_parts, tool, text, unshown.width, failed=failed)
        )


def _truncation_line(text: str) -> StyledLine:
    return ((f"[cut off by DeerFlow after {len(text):,} characters]", "muted"),)


def _subagent_start_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    yield from _handoff_blocks(unshown, relatives)
    yield from _content_section(unshown)


def _subagent_end_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    for key in ("error", "result"):
        text = unshown.pop(key, str) or ""
        yield from _text_section(unshown, key, text, key == "error")
        if unshown.event.content.get(f"{key}_truncated") is True:
            yield _truncation_line(text)
    yield from _handoff_blocks(unshown, relatives)


def _handoff_blocks(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    for handoff in handoffs(unshown.event, relatives):
        yield handoff_block(handoff, unshown.event)


def _run_end_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    if title := unshown.pop("title", str):
        yield section_block("title", partial(text_lines, title))
    for key in ("artifacts", "todos"):
        if entries := unshown.pop(key, list):
            layout = _artifact_parts if key == "artifacts" else value_parts
            title = f"{key} ({len(entries):,})"
            yield section_block(title, partial(layout, entries), name=key)
    if messages := unshown.pop("messages", list):
        title = f"messages ({len(messages):,}), one line each"
        yield section_block(title, partial(_message_lines, messages), name="messages")


def _message_lines(messages: list[Any]) -> Iterator[Part]:
    for message in messages:
        yield ((message_summary(message), "plain"),)


def _delivery_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    return delivery_parts(unshown)


def _artifact_parts(artifacts: list[Any]) -> Iterator[Part]:
    for artifact in artifacts:
        yield from value_parts(artifact)


_SECTIONS: dict[str, Callable[[Unshown, Relatives], Iterator[Part]]] = {
    "llm.ai.response": _message_sections,
    "llm.human.input": _message_sections,
    "llm.tool.result": _result_sections,
    "run.delivery": _delivery_sections,
    "run.end": _run_end_sections,
    "subagent.end": _subagent_end_sections,
    "subagent.start": _subagent_start_sections,
    "subagent.step": _step_sections,
}


def _text_section(
    unshown: Unshown, name: str, text: str, failed: bool = False
) -> Iterator[Part]:
    if text:
        body = partial(text_lines, text, 0, "error")
        yield section_block(
            name, body if failed else partial(json_or_text_parts, text, unshown.width)
        )
