"""The values of an event that can be copied or opened, exactly as they are."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from whitetail.trace.json_object import is_object, text_field
from whitetail.trace.json_text import parse_json
from whitetail.trace.message import (
    ToolCall,
    call_id_of,
    canonical,
    prompt_of,
    reasoning_of,
    text_of,
    tool_calls_of,
)
from whitetail.trace.message_step import parse_step
from whitetail.trace.relatives import Relatives
from whitetail.view import brief
from whitetail.view.detail.calls import results_by_call_id
from whitetail.view.folding import unfolded_lines
from whitetail.view.json_tree import json_parts
from whitetail.view.lists.event import summarize
from whitetail.view.text import escape_unsafe
from whitetail_store import BadLine, RunEvent

_FENCE = re.compile(r"^ *(`{3,})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A text or a JSON value of an event."""

    name: str
    """What it is, for the user; it can have a name of the log in it. Not sanitized."""
    value: Any

    @property
    def summary(self) -> str:
        """The beginning of the value, in one line."""
        return brief.value(self.value)


def calls_of(event: RunEvent | BadLine, relatives: Relatives) -> list[ToolCall]:
    """Return the calls of a reply; of a result, the call that it answers."""
    if isinstance(event, BadLine):
        return []
    if canonical(event.event_type) != "llm.tool.result":
        return tool_calls_of(event.content)
    call_id, cause = call_id_of(event), relatives.cause
    if not call_id or cause is None:
        return []
    return [call for call in tool_calls_of(cause.content) if call.id == call_id]


def arguments(calls: list[ToolCall]) -> Iterator[NamedValue]:
    """Yield each argument of each call."""
    for call in calls:
        args = arguments_of(call)
        prefix = f"{call.name}: " if len(calls) > 1 else ""
        if is_object(args):
            for name, value in args.items():
                yield NamedValue(f"{prefix}{name}", value)
        elif args not in (None, ""):
            yield NamedValue(f"{prefix}arguments", args)


def all_arguments(calls: list[ToolCall]) -> Any:
    """Return the arguments of one call, or those of several by the names of tools."""
    if len(calls) == 1:
        return arguments_of(calls[0])
    return [{call.name: arguments_of(call)} for call in calls]


def result_of(event: RunEvent | BadLine, relatives: Relatives) -> str | None:
    """Return the result of an event, or of its calls; None if there is none."""
    if isinstance(event, BadLine):
        return None
    kind = canonical(event.event_type)
    if kind == "llm.tool.result":
        return text_of(event.content)
    if kind == "subagent.end":
        texts = (text_field(event.content, key) for key in ("result", "error"))
        return next(filter(None, texts), None)
    if kind == "subagent.step" and (step := parse_step(event.content)).from_tool:
        return step.text
    results = results_by_call_id(relatives)
    answers = [
        text_of(results[call.id].content)
        for call in tool_calls_of(event.content)
        if call.id in results
    ]
    return "\n\n".join(answers) if answers else None


def text_of_event(event: RunEvent | BadLine) -> str:
    """Return what an event says, without its fields; empty if it has no text."""
    if isinstance(event, BadLine):
        return ""
    kind = canonical(event.event_type)
    if kind == "llm.human.input":
        return prompt_of(event.content)
    if kind == "subagent.step":
        return parse_step(event.content).text
    if isinstance(event.content, str):
        return event.content
    return text_of(event.content) or reasoning_of(event.content)


def markdown_of(event: RunEvent | BadLine, relatives: Relatives) -> str:
    """Return an event as Markdown: a heading, its text, its calls and their results."""
    summary = summarize(event)
    names = filter(None, (f"Event {summary.seq}", summary.kind, summary.caller))
    parts = [f"### {' · '.join(names)}"]
    if isinstance(event, BadLine):
        raw = event.raw.decode("utf-8", "backslashreplace")
        return "\n\n".join([*parts, event.reason, _fenced(raw)]) + "\n"
    result = result_of(event, relatives)
    text = text_of_event(event)
    if text and text != result:
        parts.append(text)
    for call in calls_of(event, relatives):
        parts.append(f"`{call.name}`".replace("\n", " "))
        args = arguments_of(call)
        parts.append(_fenced(text_of_value(args), "" if type(args) is str else "json"))
    if result:
        parts += ["Result:", _fenced(result)]
    if len(parts) == 1:
        parts.append(_fenced(text_of_value(event.content), "json"))
    return "\n\n".join(parts) + "\n"


def command_of(
    event: RunEvent | BadLine, thread: str, run: str, tree: str
) -> str | None:
    """Return the command line that shows an event; None if it has no number."""
    if isinstance(event, BadLine):
        return None
    words = ["whitetail", "show", f"{thread}/{run}", "--event", str(event.seq)]
    return shlex.join([*words, "--tree", tree])


def text_of_value(value: Any) -> str:
    """Return a text as it is, and other values as indented JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        # Nested too deeply, or an integer of too many digits for Python.
        lines = unfolded_lines(json_parts(value))
        return "\n".join("".join(text for text, _ in line) for line in lines)


def editor_text(value: Any) -> tuple[str, str]:
    """Return a value as a text that any editor keeps exactly, and its file suffix.

    A text with characters that act on a terminal is returned as a string of JSON.
    """
    if isinstance(value, str):
        escaped = escape_unsafe(value)
        if escaped == value:
            return value, ".txt"
        return escape_unsafe(json.dumps(value, ensure_ascii=False)) + "\n", ".json"
    return escape_unsafe(text_of_value(value)) + "\n", ".json"


def editor_text_of_line(line: bytes) -> tuple[str, str]:
    """Return the raw line of an event as indented JSON, and the file suffix.

    A line that JSON cannot hold, or not without a loss, is returned as it is.
    """
    try:
        value = json.loads(line, object_pairs_hook=_without_repeats)
        return escape_unsafe(json.dumps(value, ensure_ascii=False, indent=2)), ".json"
    except (ValueError, RecursionError):
        return escape_unsafe(line.decode("utf-8", "backslashreplace")), ".txt"


def arguments_of(call: ToolCall) -> Any:
    """Return the arguments of a call; parsed, if they are JSON in a text."""
    args = call.args
    value = parse_json(args) if isinstance(args, str) else None
    return args if value is None else value


def _fenced(text: str, language: str = "") -> str:
    longest = max((len(match[1]) for match in _FENCE.finditer(text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of some fields.

    Raises:
        ValueError: A field is there twice, and one of them would be lost.

    """
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is there twice")
    return fields
