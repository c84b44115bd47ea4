"""Splits messages into the fields that the detail pane lays out, and all others.

The pane must show every field of an event. Therefore these functions remove what they
return from a copy of the message, or return the other fields as `rest`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from whitetail.trace.json_object import is_object, pop, text_field
from whitetail.trace.message import (
    Usage,
    finish_reason_of,
    parse_usage,
    prompt_of,
    reasoning_of,
    status_of,
    thinking_of,
    tool_calls_of,
    tool_name_of,
)

_FILE_TYPES = frozenset({"document", "file", "input_file", "media"})
# Where blocks keep a file or its address, and where its media type: a key and those of
# the objects around it. The forms are those of LangChain, OpenAI, Anthropic, MCP.
_MEDIA_FIELDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("url", ("image_url",)),
    ("url", ("video_url",)),
    ("data", ("source",)),
    ("url", ("source",)),
    ("data", ("input_audio",)),
    ("file_data", ("file",)),
    *((key, ()) for key in ("image_url", "base64", "data", "file_data", "url")),
)
_MEDIA_TYPE_FIELDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("input_audio",)),
    *((key, ()) for key in ("mime_type", "mimeType", "media_type")),
    ("media_type", ("source",)),
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_=\s-]*")
GUESSED_MEDIA_TYPES = {
    "iVBORw0KGg": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi0": "application/pdf",
}
"""The media types of files in base64, by how they begin."""


class CallFields(NamedTuple):
    """A tool call of a message."""

    tool: str
    args: Any
    id: str
    rest: dict[str, Any]
    """All other fields, and the id."""


class Thinking(NamedTuple):
    """A block with the model's thinking, which `thinking_of` returns."""

    rest: dict[str, Any]
    """All other fields, usually a signature."""


class Text(NamedTuple):
    """A block with text."""

    text: str
    rest: dict[str, Any]


class Media(NamedTuple):
    """A block with an image or another file, of which only the facts are kept."""

    kind: str
    """`image`, `audio`, `video` or `file`."""
    media_type: str
    """Such as `image/png`; empty if unknown."""
    url: str
    """Empty if the file is in the block itself."""
    base64_chars: int
    """The length of the file in base64; 0 if it has a URL."""
    rest: dict[str, Any]


class RepeatedCall(NamedTuple):
    """A block that repeats one of the tool calls of its message."""

    tool: str
    rest: dict[str, Any]


ContentBlock: TypeAlias = Thinking | Text | Media | RepeatedCall


def pop_text(fields: dict[str, Any]) -> str | None:
    """Remove and return the text of a message; None if it is in blocks or missing.

    The text of a message without any may be written as null.
    """
    if fields.get("content", "") is None:
        del fields["content"]
        return ""
    text: str | None = pop(fields, "content", str)
    return text


def pop_blocks(fields: dict[str, Any]) -> list[Any]:
    """Remove and return the blocks of a message; empty if its content is a text."""
    return pop(fields, "content", list) or []


def pop_reasoning(fields: dict[str, Any]) -> str:
    """Remove and return the thinking that is not in a block of the message."""
    return pop(fields, "reasoning_content", str, "additional_kwargs") or ""


def pop_step_text(fields: dict[str, Any]) -> str:
    """Remove and return the text of a subagent's step."""
    return pop(fields, "text", str) or ""


def pop_calls(fields: dict[str, Any]) -> Iterator[tuple[bool, Any]]:
    """Remove and yield the calls of a message: whether one is valid, and its JSON."""
    for key in ("tool_calls", "invalid_tool_calls"):
        for call in pop(fields, key, list) or ():
            yield key == "tool_calls", call


def split_call(call: dict[str, Any]) -> CallFields:
    """Return the fields of a tool call."""
    rest = dict(call)
    if rest.get("type") == "tool_call":
        del rest["type"]
    tool = pop(rest, "name", str) or ""
    args, call_id = rest.pop("args", None), rest.get("id")
    return CallFields(tool, args, call_id if isinstance(call_id, str) else "", rest)


def args_by_call_id(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a message's valid calls, by the id of the call."""
    calls = fields.get("tool_calls")
    return {
        call["id"]: call.get("args")
        for call in (calls if isinstance(calls, list) else ())
        if is_object(call) and isinstance(call.get("id"), str)
    }


def split_block(
    block: dict[str, Any], call_args: dict[str, Any]
) -> ContentBlock | None:
    """Return the fields of a block of a message; None if its shape is unknown.

    `call_args` has the arguments of the message's calls by id.
    """
    rest = dict(block)
    kind = pop(rest, "type", str) or ""
    if thinking_of(block):
        for key in ("thinking", "reasoning", "text"):
            if pop(rest, key, str) is not None:
                break
        return Thinking(rest)
    if kind == "text" and rest.get("text") is None:
        return Text("", {key: value for key, value in rest.items() if key != "text"})
    if kind == "text" and (text := pop(rest, "text", str)) is not None:
        return Text(text, rest)
    if media_kind := _media_kind(kind):
        return _split_media(media_kind, rest)
    if kind == "tool_use" and _repeats_call(rest, call_args):
        tool = pop(rest, "name", str) or ""
        del rest["id"]
        rest.pop("input", None)
        return RepeatedCall(tool, rest)
    return None


def media_of(content: Any, limit: int = 100) -> Iterator[Media]:
    """Yield the images and other files among the first blocks of a message."""
    blocks = content.get("content") if is_object(content) else content
    for block in islice(blocks if isinstance(blocks, list) else (), limit):
        if is_object(block) and _media_kind(text_field(block, "type")):
            media = split_block(block, {})
            if isinstance(media, Media):
                yield media


def message_texts(content: Any) -> Iterator[Any]:
    """Yield what a user can read of a message, data of images and ids of runs left out.

    These are texts, the arguments of calls, and blocks of an unknown shape.
    """
    blocks = content.get("content") if is_object(content) else content
    for block in blocks if isinstance(blocks, list) else [blocks]:
        yield from _block_texts(block)
    if not is_object(content):
        return
    prompt = prompt_of(content)
    if not isinstance(blocks, str) or prompt != blocks.strip():
        yield prompt
    yield reasoning_of(content)
    for call in tool_calls_of(content):
        yield from (call.name, call.args, call.id, call.error)
    yield from (tool_name_of(content), status_of(content), finish_reason_of(content))
    yield text_field(content, "tool_call_id")
    yield text_field(content.get("response_metadata"), "model_name")
    yield text_field(content, "model_name")


def _block_texts(block: Any) -> Iterator[Any]:
    if not is_object(block):
        if block is not None:
            yield block
        return
    match split_block(block, {}):
        case Thinking(rest):
            yield from (thinking_of(block), rest)
        case Text(text, rest):
            yield from (text, rest)
        case Media() as media:
            yield from (media.media_type, media.url, media.rest)
        case _:
            yield {key: value for key, value in block.items() if key != "type"}


def pop_head_texts(metadata: dict[str, Any], content: dict[str, Any]) -> Iterator[str]:
    """Remove and yield the short texts: caller, tool, status, model, finish reason."""
    for fields, key, parents in (
        (metadata, "caller", ()),
        (content, "name", ()),
        (content, "tool_name", ()),
        (content, "status", ()),
        (metadata, "status", ()),
        (metadata, "agent_name", ()),
        (content, "model_name", ("response_metadata",)),
        (content, "model_name", ()),
        (metadata, "model_name", ()),
        (metadata, "error_type", ()),
        (content, "finish_reason", ("response_metadata",)),
        (content, "stop_reason", ("response_metadata",)),
    ):
        if text := pop(fields, key, str, *parents):
            yield text


def drop_usage(metadata: dict[str, Any], content: dict[str, Any], usage: Usage) -> None:
    """Remove the token counts that `usage` has, and counts of zero."""
    for fields, key in (
        (metadata, "usage"),
        (content, "usage_metadata"),
        (content, "usage"),
    ):
        if parse_usage(fields.get(key)) == usage:
            _drop_counts(fields, key)


def _drop_counts(fields: dict[str, Any], key: str) -> None:
    for name in ("input_tokens", "output_tokens", "total_tokens"):
        pop(fields, name, int, key)
    pop(fields, "cache_read", int, key, "input_token_details")
    pop(fields, "reasoning", int, key, "output_token_details")
    for parent in ("input_token_details", "output_token_details"):
        counts = fields.get(key)
        details = counts.get(parent) if is_object(counts) else None
        for name, count in list(details.items()) if is_object(details) else ():
            if type(count) is int and not count:
                pop(fields, name, int, key, parent)


def _repeats_call(block: dict[str, Any], call_args: dict[str, Any]) -> bool:
    """Return whether the message's tool calls have the same id and arguments."""
    call_id = block.get("id")
    try:
        return (
            isinstance(call_id, str)
            and call_id in call_args
            and call_args[call_id] == block.get("input")
        )
    except RecursionError:
        return False


def _media_kind(block_type: str) -> str:
    """Return which kind of file a type of block has; empty if it has none."""
    for kind in ("image", "audio", "video"):
        if kind in block_type[:20]:
            return kind
    return "file" if block_type in _FILE_TYPES else ""


def _split_media(kind: str, rest: dict[str, Any]) -> Media | None:
    media_type = ""
    for key, parents in _MEDIA_TYPE_FIELDS:
        media_type = pop(rest, key, str, *parents) or media_type
    for key, parents in _MEDIA_FIELDS:
        data = pop(rest, key, str, *parents)
        if data is None:
            continue
        pop(rest, "source_type", str)
        head, comma, _ = data[:200].partition(",")
        if "://" in data[:20]:
            return Media(kind, media_type, data, 0, rest)
        if head.startswith("data:"):
            media_type = head[5:].partition(";")[0]
        encoded = data[len(head) + 1 if comma else 0 :]
        if not _BASE64.fullmatch(encoded[:200]):
            return None
        media_type = media_type or _media_type_of(encoded)
        return Media(kind, media_type, "", len(encoded), rest)
    return None


def _media_type_of(encoded: str) -> str:
    """Return the media type of a file by how it begins; empty if unknown."""
    for beginning, media_type in GUESSED_MEDIA_TYPES.items():
        if encoded.startswith(beginning):
            return media_type
    return ""
