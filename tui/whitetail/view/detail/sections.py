"""Lays out the sections of an event, by the type of the event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from whitetail.trace.handoff.handoff import handoffs
from whitetail.trace.json_object import is_object
from whitetail.trace.message import (
    canonical,
    is_failure,
    text_of,
    thinking_of,
    tool_name_of,
)
from whitetail.trace.message_fields import (
    args_by_call_id,
    pop_blocks,
    pop_reasoning,
    pop_step_text,
    pop_text,
)
from whitetail.trace.message_step import parse_step
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail.view.brief import plural
from whitetail.view.detail.calls import answered_call_lines, call_parts
from whitetail.view.detail.content import content_block_parts, message_text_lines
from whitetail.view.detail.delivery import delivery_parts
from whitetail.view.detail.handoff import handoff_block
from whitetail.view.detail.middleware import decision_parts
from whitetail.view.detail.results import json_or_text_parts, result_parts
from whitetail.view.detail.run_end import message_summary
from whitetail.view.detail.unshown import Unshown
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
    value: Any = None,
) -> Block:
    """Return a section as a block; `name` is the key of its fold, by default the title.

    The body is evaluated each time the block is opened, or never. Therefore the fields
    that it shows must be popped before.
    """
    heading: StyledLine = ((sanitize(title), "heading"),)
    if note:
        heading += ((f" · {note}", "muted"),)
    return Block((name or title)[:80], heading, body, folded, value=value)


def _content_section(unshown: Unshown) -> Iterator[Part]:
    if isinstance(unshown.other_content, str):
        failed = is_failure(unshown.event)
        yield from _text_section(
            unshown, "error" if failed else "content", unshown.other_content, failed
        )
    elif unshown.other_content is not None:
        content = unshown.other_content
        yield section_block("content", partial(value_parts, content), value=content)
    elif fields := unshown.content:
        unshown.content = {}
        body = partial(field_parts, fields.items())
        yield section_block("content", body, value=fields)


def _message_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    prompt = canonical(unshown.event.event_type) == "llm.human.input"
    tone = "prompt" if prompt else "plain"
    text, blocks = pop_text(unshown.content), pop_blocks(unshown.content)
    reasoning = [pop_reasoning(unshown.content), *map(thinking_of, blocks)]
    call_args = args_by_call_id(unshown.content) if blocks else {}

    def body() -> Iterator[Part]:
        if text:
            yield from message_text_lines(text, tone, unshown.width)
        for block in blocks:
            yield from content_block_parts(block, tone, call_args, unshown.width)

    if text or blocks:
        exact = text if not blocks else text_of(unshown.event.content)
        yield section_block("text", body, value=exact or None)
    for passage in filter(None, reasoning):
        note = plural(len(passage), "character")
        passage_body = partial(message_text_lines, passage, "muted", unshown.width)
        yield section_block(
            "reasoning", passage_body, folded=True, note=note, value=passage
        )
    yield from call_parts(unshown, relatives)


def _result_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    text = pop_text(unshown.content)
    if call_lines := list(answered_call_lines(unshown.event, relatives)):
        yield ()
        yield from call_lines
    if text is None:
        yield from _message_sections(unshown, relatives)
    else:
        tool = tool_name_of(unshown.event.content)
        yield from _result_section(unshown, tool, text, is_failure(unshown.event))
    yield from _handoff_blocks(unshown, relatives)


def _step_sections(unshown: Unshown, relatives: Relatives) -> Iterator[Part]:
    step, text = parse_step(unshown.event.content), pop_step_text(unshown.content)
    if step.from_tool:
        yield from _result_section(unshown, step.tool, text, step.failed)
    else:
        yield from _text_section(unshown, "text", text)
    if step.truncated:
        yield _truncation_line(text)
    yield from call_parts(unshown, relatives)


def _result_section(
    unshown: Unshown, tool: str, text: str, failed: bool
) -> Iterator[Part]:
    if text:
        body = partial(result_parts, tool, text, unshown.width, failed=failed)
        yield section_block("result", body, value=text)


def _truncation_line(text: str) -> StyledLine:
    return ((f"[truncated by DeerFlow after {len(text):,} characters]", "muted"),)


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
        body: Callable[[], Iterator[Part]] = partial(text_lines, text, 0, "error")
        if not failed:
            body = partial(json_or_text_parts, text, unshown.width)
        yield section_block(name, body, value=text)
