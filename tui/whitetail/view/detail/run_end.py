"""Summarizes the messages in the content of `run.end`.

Most of them are strings: the Python `repr` of a LangChain message.
"""

from __future__ import annotations

import re
from typing import Any

from whitetail.trace.json_object import is_object
from whitetail.trace.message import role_of, texts_of, tool_calls_of
from whitetail.view.folding import unfolded_lines
from whitetail.view.json_tree import json_parts
from whitetail.view.text import one_line

# The `repr` of a LangChain message: content='…' additional_kwargs={…} …
_REPR = re.compile(r"content=(['\"])(.*?)\1 [a-z_]+=", re.DOTALL)
_REPR_BLOCK = re.compile(r"'text': (['\"])(.*?)(?:\1[,}]|$)", re.DOTALL)
_REPR_CALL = re.compile(r"'name': '(\w+)', 'args'")
_REPR_REASONING = re.compile(r"'reasoning_content': (['\"])(.*?)\1[,}]", re.DOTALL)


def message_summary(message: Any) -> str:
    """Return the beginning of a message in one line: its text, or else its calls."""
    if isinstance(message, str):
        return one_line(_text_of_repr(message), 300)
    if not is_object(message):
        first_line = next(unfolded_lines(json_parts(message)))
        return one_line("".join(text for text, _ in first_line), 300)
    calls = [call.name for call in tool_calls_of(message, 4)]
    text = next(filter(None, texts_of(message)), "")
    if not text:
        text = f"calls {', '.join(calls)}" if calls else "no text"
    return one_line(f"{role_of(message) or 'message'}: {text[:600]}", 300)


def _text_of_repr(message: str) -> str:
    head = message[:4_000]
    found = _REPR.match(head)
    text = found[2] if found else head.removeprefix("content=").lstrip("'\"")
    if not text and (calls := _REPR_CALL.findall(message[:40_000])):
        return f"calls {', '.join(dict.fromkeys(calls))}"
    if not text and (thought := _REPR_REASONING.search(head)):
        text = f"thinking: {thought[2]}"
    if text.startswith("[{") and (inner := _REPR_BLOCK.search(text)):
        text = inner[2]
    return text.replace("\\n", " ").replace("\\'", "'") or "no text"
