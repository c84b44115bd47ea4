"""The parts of an event that are known by its type, laid out for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from whitetail.trace.handoff.handoff import FAILED, handoffs
from whitetail.trace.message import canonical, is_failure, thought
from whitetail.trace.relatives import ALONE, Relatives
from whitetail.view.brief import plural
from whitetail.view.detail.calls import asker, calls
from whitetail.view.detail.content import content_block, said
from whitetail.view.detail.delivery import delivery
from whitetail.view.detail.handoff import card
from whitetail.view.detail.middleware import decision
from whitetail.view.detail.results import result, written
from whitetail.view.detail.run_end import message_line
from whitetail.view.detail.unshown import Unshown, is_object
from whitetail.view.detail.workspace import changes
from whitetail.view.json_tree import block, fields, prose
from whitetail.view.styled import Block, Part, StyledLine
from whitetail.view.text import sanitize


def sections(rest: Unshown, around: Relatives = ALONE) -> Iterator[Part]:
    """Yield what is known of an event, each part under its heading."""
    kind = canonical(rest.event.event_type)
    if "workspace_changes" in rest.metadata:
        yield from _content(rest)
        yield from changes(rest)
    elif kind in _SECTIONS and is_object(rest.event.content):
        yield from _SECTIONS[kind](rest, around)
    elif kind.startswith("middleware:") and isinstance(rest.content.get("action"), str):
        yield from decision(rest)
    else:
        yield from _content(rest)


def section(
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
    if isinstance(rest.other, str):
        failed = is_failure(rest.event)
        yield from _text(rest, "error" if failed else "content", rest.other, failed)
    elif rest.other is not None:
        yield section("content", partial(block, rest.other))
    elif content := rest.content:
        rest.content = {}
        yield section("content", lambda: fields(content.items()))


def _message(rest: Unshown, around: Relatives) -> Iterator[Part]:
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
        yield section("text", body)
    for each in filter(None, thoughts):
        note = plural(len(each), "character")
        laid_out = partial(said, each, "muted", rest.width)
        yield section("reasoning", laid_out, folded=True, note=note)
    yield from calls(rest, around)


def _called(made: Any) -> dict[str, Any]:
    return {
        call["id"]: call.get("args")
        for call in (made if isinstance(made, list) else ())
        if is_object(call) and isinstance(call.get("id"), str)
    }


def _result(rest: Unshown, around: Relatives) -> Iterator[Part]:
    text = rest.take("content", str)
    if asked := list(asker(rest.event, around)):
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
    text = rest.take("text", str) or ""
    if content.get("kind") == "tool":
        name = content.get("tool_name")
        yield from _given(rest, name, text, text.startswith(FAILED))
    else:
        yield from _text(rest, "text", text)
    if content.get("truncated") is True:
        yield _cut(text)
    yield from calls(rest, around)


def _given(rest: Unshown, name: Any, text: str, failed: bool) -> Iterator[Part]:
    """Yield what a tool gave back."""
    if text:
        tool = name if isinstance(name, str) else ""
        yield section("result", partial(result, tool, text, rest.width, failed=failed))


def _cut(text: str) -> StyledLine:
    return ((f"[cut by DeerFlow after {len(text):,} characters]", "muted"),)


def _subagent_start(rest: Unshown, around: Relatives) -> Iterator[Part]:
    yield from _cards(rest, around)
    yield from _content(rest)


def _subagent_end(rest: Unshown, around: Relatives) -> Iterator[Part]:
    for key in ("error", "result"):
        text = rest.take(key, str) or ""
        yield from _text(rest, key, text, key == "error")
        if rest.event.content.get(f"{key}_truncated") is True:
            yield _cut(text)
    yield from _cards(rest, around)


def _cards(rest: Unshown, around: Relatives) -> Iterator[Part]:
    for each in handoffs(rest.event, around):
        yield card(each, rest.event)


def _run_end(rest: Unshown, around: Relatives) -> Iterator[Part]:
    if title := rest.take("title", str):
        yield section("title", partial(prose, title))
    for key in ("artifacts", "todos"):
        if items := rest.take(key, list):
            body = partial(_each if key == "artifacts" else block, items)
            yield section(f"{key} ({len(items):,})", body, name=key)
    if messages := rest.take("messages", list):
        title = f"messages ({len(messages):,}), one line each"
        yield section(title, partial(_messages, messages), name="messages")


def _messages(messages: list[Any]) -> Iterator[Part]:
    for message in messages:
        yield ((message_line(message), "plain"),)


def _delivery(rest: Unshown, around: Relatives) -> Iterator[Part]:
    return delivery(rest)


def _each(items: list[Any]) -> Iterator[Part]:
    for item in items:
        yield from block(item)


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
        body = partial(prose, text, 0, "error")
        yield section(name, body if failed else partial(written, text, rest.width))
