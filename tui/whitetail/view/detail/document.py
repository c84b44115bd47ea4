"""Lays out an event in full: in sections for reading, or as the raw line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial
from typing import Any

from whitetail.trace.message import Usage, latency_of, usage_of
from whitetail.trace.message_fields import drop_usage, pop_head_texts
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail.view.brief import plural
from whitetail.view.detail.format import DetailFormat
from whitetail.view.detail.raw_json import MAX_BYTES, raw_json_lines
from whitetail.view.detail.sections import section_block, section_parts
from whitetail.view.detail.unshown import Unshown
from whitetail.view.folding import GUTTER_CELLS
from whitetail.view.json_tree import field_parts
from whitetail.view.styled import Block, Document, Part, StyledLine
from whitetail.view.text import PIECE_CHARS, one_line, sanitize
from whitetail.view.units import duration, moment, size
from whitetail_store import BadLine, RunEvent


def document(
    event: RunEvent | BadLine,
    raw_line: bytes,
    detail_format: DetailFormat,
    relatives: Relatives = UNKNOWN_RELATIVES,
) -> Document:
    """Return an event as a document in one of the formats.

    `raw_line` is the line of the file with the event.
    """
    if detail_format is DetailFormat.RAW:
        if isinstance(event, RunEvent) and len(raw_line) <= MAX_BYTES:
            return lambda width: raw_json_lines(raw_line)
        return lambda width: raw_lines(raw_line)
    if detail_format is DetailFormat.PLAIN:
        return lambda width: event_parts(event, relatives)
    return lambda width: event_parts(event, relatives, max(width - GUTTER_CELLS, 1))


def event_parts(
    event: RunEvent | BadLine,
    relatives: Relatives = UNKNOWN_RELATIVES,
    width: int | None = None,
) -> Iterator[Part]:
    """Yield the parts of an event lazily.

    The first line has the time, the caller, the status and the tokens. Sections for
    the event's type follow. All other fields are in the last section, `fields`. Two
    things are shortened: each message of `run.end` has one line, and of images only
    the type and the size are shown. Markdown is rendered for `width` cells, or shown
    as source if `width` is None.
    """
    if isinstance(event, BadLine):
        yield from _bad_line_parts(event)
        return
    unshown = Unshown(event, width)
    yield ((" · ".join(_head_facts(unshown)), "muted"),)
    if relatives.position_note:
        yield ((one_line(relatives.position_note, 200), "muted"),)
    if note := _cut_note(unshown):
        yield ((note, "warning"),)
    has_sections = False
    for part in section_parts(unshown, relatives):
        if isinstance(part, Block):
            has_sections = True
            yield ()
        yield part
    other_fields = list(_other_fields(unshown))
    yield ()
    note = plural(len(other_fields), "field") if has_sections else ""
    yield section_block(
        "fields", lambda: field_parts(other_fields), folded=has_sections, note=note
    )


def raw_lines(raw_line: bytes) -> Iterator[StyledLine]:
    """Yield the raw line, sanitized, in pieces of at most `PIECE_CHARS` characters.

    Bytes that are not valid UTF-8 are shown as U+FFFD.
    """
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    end = len(raw_line) - raw_line.endswith(b"\n")
    # The decoder can hold back three bytes of a character until its last byte comes.
    step = PIECE_CHARS - 3
    for start in range(0, end, step):
        stop = min(start + step, end)
        yield ((sanitize(decode(raw_line[start:stop], stop == end)), "code"),)


def _head_facts(unshown: Unshown) -> Iterator[str]:
    """Yield the texts of the first line, and remove their fields from `unshown`."""
    event = unshown.event
    yield moment(event.time) or "no time"
    for text in pop_head_texts(unshown.metadata, unshown.content):
        yield one_line(text, 200)
    if (seconds := latency_of(event)) is not None:
        yield f"{duration(seconds)} ({unshown.metadata.pop('latency_ms')} ms)"
    if (tokens := usage_of(event)) is not None:
        yield _tokens(tokens)
        drop_usage(unshown.metadata, unshown.content, tokens)


def _cut_note(unshown: Unshown) -> str:
    """Return how long a content was that DeerFlow cut; remove that from `unshown`."""
    metadata = unshown.metadata
    length = metadata.get("original_byte_length")
    if metadata.get("content_truncated") is not True or not isinstance(length, int):
        return ""
    del metadata["content_truncated"], metadata["original_byte_length"]
    return f"The content was cut when it was written: it had {length:,} bytes."


def _tokens(tokens: Usage) -> str:
    cached = f" ({tokens.cached:,} cached)" if tokens.cached else ""
    reasoning = f" ({tokens.reasoning:,} reasoning)" if tokens.reasoning else ""
    return (
        f"{tokens.input:,} in{cached} · {tokens.output:,} out{reasoning}"
        f" · {tokens.total:,} total"
    )


def _other_fields(unshown: Unshown) -> Iterator[tuple[str, Any]]:
    yield "event_type", unshown.event.event_type
    yield "category", unshown.event.category
    yield "seq", unshown.event.seq
    for name, value in unshown.content.items():
        yield f"content.{name}", value
    for name, value in unshown.metadata.items():
        yield f"metadata.{name}", value
    yield from unshown.event.extra.items()
    yield "thread_id", unshown.event.thread_id
    yield "run_id", unshown.event.run_id
    yield "created_at", unshown.event.created_at


def _bad_line_parts(event: BadLine) -> Iterator[Part]:
    kept_bytes = len(event.raw)
    yield from field_parts(
        [
            ("kind", "bad line"),
            ("reason", event.reason),
            ("offset", f"byte {event.offset:,} of the file"),
            ("size", f"{event.size:,} bytes ({size(event.size)})"),
        ]
    )
    complete = kept_bytes >= event.size
    title = "raw line" if complete else f"raw line, first {size(kept_bytes)}"
    yield ()
    yield section_block(title, partial(raw_lines, event.raw), name="raw line")
