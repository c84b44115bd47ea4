"""The messages that `run.end` holds, mostly as Python prints them."""

from __future__ import annotations

import re
from typing import Any

from whitetail.trace.message import texts_of, tool_calls_of
from whitetail.view.detail.unshown import is_object
from whitetail.view.folding import unfolded_lines
from whitetail.view.json_tree import json_parts
from whitetail.view.text import one_line

# As LangChain prints a message: content='…' additional_kwargs={…} …
_PRINTED = re.compile(r"content=(['\"])(.*?)\1 [a-z_]+=", re.DOTALL)
_PRINTED_BLOCK = re.compile(r"'text': (['\"])(.*?)(?:\1[,}]|$)", re.DOTALL)
_PRINTED_CALL = re.compile(r"'name': '(\w+)', 'args'")
_PRINTED_THOUGHT = re.compile(r"'reasoning_content': (['\"])(.*?)\1[,}]", re.DOTALL)


def message_summary(message: Any) -> str:
    """Return the beginning of what a message says."""
    if isinstance(message, str):
        return one_line(_printed(message), 300)
    if not is_object(message):
        return one_line(
            "".join(said for said, _ in next(unfolded_lines(json_parts(message)))), 300
        )
    kind = message.get("type")
    text = next(filter(None, texts_of(message)), "")
    calls = [call.name for call in tool_calls_of(message, 4)]
    said = text or (f"calls {', '.join(calls)}" if calls else "says nothing")
    return one_line(
        f"{kind if isinstance(kind, str) else 'message'}: {said[:600]}", 300
    )


def _printed(message: str) -> str:
    head = message[:4_000]
    found = _PRINTED.match(head)
    text = found[2] if found else head.removeprefix("content=").lstrip("'\"")
    if not text and (calls := _PRINTED_CALL.findall(message[:40_000])):
        return f"calls {', '.join(dict.fromkeys(calls))}"
    if not text and (thought := _PRINTED_THOUGHT.search(head)):
        text = f"thinking: {thought[2]}"
    if text.startswith("[{") and (inner := _PRINTED_BLOCK.search(text)):
        text = inner[2]
    return text.replace("\\n", " ").replace("\\'", "'") or "says nothing"
