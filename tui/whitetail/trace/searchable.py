"""The texts of an event that a search looks at: what a user can read of it.

These are decoded values. Left out are the syntax of the file, the fields that every
event has, and what repeats other events.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from whitetail.trace.json_object import is_object
from whitetail.trace.json_text import list_elements, parse_json
from whitetail.trace.message import canonical
from whitetail.trace.message_fields import message_texts
from whitetail.trace.message_step import step_texts
from whitetail_store import RunEvent

_MESSAGES = frozenset({"llm.ai.response", "llm.human.input", "llm.tool.result"})
# The same in every event, or the name of the thread or run that is open.
_COMMON_FIELDS = frozenset({"thread_id", "run_id", "ls_integration"})
_COMMON_CALLER = "lead_agent"


def searchable_texts(event: RunEvent) -> Iterator[str]:
    """Yield the texts of an event: of its content first, then of its metadata.

    A text that is JSON is yielded as its values, as `key: value` if they have a key.
    """
    kind, content = canonical(event.event_type), event.content
    if kind in _MESSAGES and not isinstance(content, str):
        values: Iterator[Any] = message_texts(content)
    elif kind == "subagent.step" and is_object(content):
        values = step_texts(content)
    elif kind == "run.end" and is_object(content):
        # Its messages are those of the run, which have their own events.
        values = iter([{key: content[key] for key in content if key != "messages"}])
    else:
        values = iter([] if content is None else [content])
    for value in values:
        yield from _value_texts(value)
    for key, value in event.metadata.items():
        if key not in _COMMON_FIELDS and value != _COMMON_CALLER:
            yield from _strings(value)
    for key, value in event.extra.items():
        yield from _value_texts({key: value})


def _value_texts(value: Any) -> Iterator[str]:
    """Yield the texts of a JSON value, those in nested JSON texts decoded."""
    rest: list[tuple[str, Any]] = [("", value)]
    while rest:
        key, value = rest.pop()
        if isinstance(value, str):
            parsed = parse_json(value)
            if parsed is None:
                yield f"{key}: {value}" if key else value
                if value.startswith("["):
                    elements = list_elements(value)
                    rest += (("", each) for each in elements if is_object(each))
            else:
                rest.append((key, parsed))
            continue
        if key and isinstance(value, dict | list):
            yield key
        if isinstance(value, dict):
            rest += reversed(value.items())
        elif isinstance(value, list):
            rest += (("", each) for each in reversed(value))
        else:
            text = json.dumps(value)
            yield f"{key}: {text}" if key else text


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings of a JSON value, without keys."""
    rest = [value]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            rest += value.values() if isinstance(value, dict) else value
