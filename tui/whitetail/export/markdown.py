"""An export as Markdown, to paste into an issue.

A text of the run is in a fence that is longer than any in it, in a code span, or
escaped. So nothing in it is markup, ends a `<details>`, or mentions a user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from whitetail.export.cut import cut_text
from whitetail.export.document import Export, RunDocument
from whitetail.export.facts import evidence, facts, notes, title_of
from whitetail.trace.handoff.handoff import handoff
from whitetail.trace.message import (
    ToolCall,
    canonical,
    is_failure,
    prompt_of,
    text_of,
    tool_calls_of,
)
from whitetail.trace.relatives import Relatives
from whitetail.view import tools
from whitetail.view.conversation import Role, role_of
from whitetail.view.detail.calls import results_by_call_id
from whitetail.view.detail.document import event_parts
from whitetail.view.detail.handoff import handoff_parts
from whitetail.view.event_values import arguments_of, text_of_value
from whitetail.view.folding import unfolded_lines
from whitetail.view.lists.event import summarize
from whitetail.view.styled import Part
from whitetail.view.text import one_line, without_controls
from whitetail.view.units import moment, time_of_day
from whitetail_store import RunEvent

_PUNCTUATION = re.compile(r"([\\`*_\[\]()<>#|~&@!$:{}+])")
_BACKTICKS = re.compile("`+")
_FENCES = re.compile("`{3,}")


def chunks(export: Export) -> Iterator[bytes]:
    """Yield the bytes of a file."""
    yield from _encoded(f"# {escaped(title_of(export))}\n")
    for note in notes(export.options):
        yield from _encoded(f"\n> {escaped(note)}\n")
    for document in export.documents():
        for text in _run(document):
            yield from _encoded(text)


def escaped(text: str) -> str:
    """Return one line of text in which nothing is Markdown."""
    return _PUNCTUATION.sub(r"\\\1", without_controls(text))


def code_span(text: str) -> str:
    """Return one line of text as code."""
    line = one_line(text, 2_000) or " "
    longest = max((len(each) for each in _BACKTICKS.findall(line)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {line} {ticks}"


def fenced(text: str, language: str = "text") -> str:
    """Return a text of many lines as a block of code that nothing in it can end."""
    text = without_controls(text)
    longest = max((len(each) for each in _FENCES.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def folded(summary: str, body: str) -> str:
    """Return a body below a line that opens it."""
    line = escape(one_line(summary, 300))
    return (
        f"<details>\n<summary><code>{line}</code></summary>\n\n{body}\n</details>\n\n"
    )


def _encoded(text: str) -> Iterator[bytes]:
    yield text.encode("utf-8", "replace")


def _run(document: RunDocument) -> Iterator[str]:
    verdict = document.verdict
    yield f"\n**{verdict.status}** {code_span(verdict.reason)}\n\n"
    for seq, severity, text in evidence(document):
        number = "" if seq is None else f"event {seq}, "
        yield f"- {number}{severity}: {code_span(text)}\n"
    yield "\n| | |\n| --- | --- |\n"
    for name, value in facts(document):
        yield f"| {name} | {escaped(value)} |\n"
    yield "\n"
    yield from _notes(document)
    if document.options.query is not None:
        yield from _events(document)
        return
    yield "## Conversation\n\n"
    for row, event in document.conversation():
        if isinstance(event, RunEvent):
            yield from _message(document, row, event)


def _notes(document: RunDocument) -> Iterator[str]:
    """Yield the user's notes, each with its event."""
    if document.notes:
        yield "## Notes\n\n"
    for row, note in sorted(document.notes.items()):
        summary = summarize(document.whole.event(row))
        of_event = code_span(f"{summary.seq} {summary.kind}: {summary.summary}")
        # On the same line: at the beginning of one, `---` would make a heading.
        yield f"- {of_event} {escaped(one_line(note, len(note)))}\n"
    if document.notes:
        yield "\n"


def _events(document: RunDocument) -> Iterator[str]:
    """Yield all events that are exported, each folded."""
    yield "## Events\n\n"
    for exported in document.events():
        event = exported.event
        summary = summarize(event)
        at = time_of_day(event.time) if isinstance(event, RunEvent) else ""
        words = (summary.seq, at, summary.sign, summary.kind, summary.caller)
        parts = event_parts(event, document.relatives(exported.row))
        text = cut_text(_unfolded(parts), document.options.max_bytes)
        head = " ".join(filter(None, words))
        yield folded(f"{head} {summary.summary}", fenced(text))


def _message(document: RunDocument, row: int, event: RunEvent) -> Iterator[str]:
    """Yield a message and its calls; nothing if a conversation does not show it."""
    role, max_bytes = role_of(event), document.options.max_bytes
    at = escaped(moment(event.time))
    if role is Role.PROMPT:
        yield f"### Prompt · {at}\n\n"
        yield fenced(cut_text(prompt_of(event.content), max_bytes)) + "\n"
    elif role is Role.REPLY:
        if (text := text_of(event.content)).strip():
            yield f"### Reply · {at}\n\n"
            yield fenced(cut_text(text, max_bytes), "markdown") + "\n"
        if calls := tool_calls_of(event.content):
            relatives = document.relatives(row)
            for call in calls:
                yield _call(event, call, relatives, max_bytes)
    elif role is Role.FAILURE and canonical(event.event_type) != "llm.tool.result":
        # Results are below their calls.
        yield f"✗ {code_span(summarize(event).summary)}\n\n"


def _call(
    reply: RunEvent, call: ToolCall, relatives: Relatives, max_bytes: int | None
) -> str:
    """Return a call with its arguments and its result."""
    result = results_by_call_id(relatives).get(call.id)
    failed = result is not None and is_failure(result)
    sign = "✗" if failed else "⇢"
    if call.name == "task" and call.id:
        text = _unfolded(handoff_parts(handoff(reply, call, relatives)))
        body = fenced(cut_text(text, max_bytes))
        return folded(f"{sign} {tools.call(call)}", body)
    value = arguments_of(call)
    language = "text" if isinstance(value, str) else "json"
    body = fenced(cut_text(text_of_value(value), max_bytes), language)
    if call.error:
        body += f"\nInvalid: {code_span(call.error)}\n"
    if result is None:
        body += "\nNo result.\n"
    else:
        text = cut_text(text_of(result.content), max_bytes)
        body += f"\n{'Failed' if failed else 'Result'}:\n\n{fenced(text)}"
    return folded(f"{sign} {tools.call(call)}", body)


def _unfolded(parts: Iterable[Part]) -> str:
    lines = unfolded_lines(parts)
    return "\n".join("".join(text for text, _ in line) for line in lines)
