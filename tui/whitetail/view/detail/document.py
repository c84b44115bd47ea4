"""An event whole: the form to read, and the bytes as they stand."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial
from typing import Any

from whitetail.trace.message import Usage, latency_of, parse_usage, usage_of
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail.view.brief import plural
from whitetail.view.detail.format import DetailFormat
from whitetail.view.detail.sections import section_block, section_parts
from whitetail.view.detail.unshown import Unshown, pop
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
    around: Relatives = UNKNOWN_RELATIVES,
) -> Document:
    """Return an event and its line in the file, in a form."""
    if detail_format is DetailFormat.RAW:
        return lambda width: raw_lines(raw_line)
    if detail_format is DetailFormat.PLAIN:
        return lambda width: event_parts(event, around)
    return lambda width: event_parts(event, around, max(width - GUTTER_CELLS, 1))


def event_parts(
    event: RunEvent | BadLine,
    around: Relatives = UNKNOWN_RELATIVES,
    width: int | None = None,
) -> Iterator[Part]:
    """Yield an event laid out for reading, given the rows around it.

    When, who and at what cost comes in a line, what was said in sections, and
    everything else under `fields`: nothing of the event is left out but the
    messages of `run.end`, of which each has one line, and the bytes of images.
    Markdown is laid out at a width; None leaves its marks where they are. Parts
    are made as they are asked for.
    """
    if isinstance(event, BadLine):
        yield from _bad(event)
        return
    rest = Unshown(event, width)
    yield ((" · ".join(_facts(rest)), "muted"),)
    if around.position_note:
        yield ((one_line(around.position_note, 200), "muted"),)
    known = False
    for part in section_parts(rest, around):
        if isinstance(part, Block):
            known = True
            yield ()
        yield part
    left = list(_left(rest))
    yield ()
    # Of what is known by its type, the rest is for those who ask for it.
    note = plural(len(left), "field") if known else ""
    yield section_block("fields", lambda: field_parts(left), folded=known, note=note)


def raw_lines(whole: bytes) -> Iterator[StyledLine]:
    """Yield a line of the file as it stands, inert, in pieces of `PIECE` characters.

    Bytes that are no UTF-8 show as U+FFFD.
    """
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    end = len(whole) - whole.endswith(b"\n")
    # Three bytes may have waited for the last one of their character.
    step = PIECE_CHARS - 3
    for start in range(0, end, step):
        stop = min(start + step, end)
        yield ((sanitize(decode(whole[start:stop], stop == end)), "code"),)


def _facts(rest: Unshown) -> Iterator[str]:
    """Yield what everybody wants to know of an event, and take it from the rest."""
    event = rest.event
    yield moment(event.time) or "no time"
    for where, key, within in (
        (rest.metadata, "caller", ()),
        (rest.content, "name", ()),
        (rest.content, "tool_name", ()),
        (rest.content, "status", ()),
        (rest.metadata, "status", ()),
        (rest.metadata, "agent_name", ()),
        (rest.content, "model_name", ("response_metadata",)),
        (rest.content, "model_name", ()),
        (rest.metadata, "model_name", ()),
        (rest.metadata, "error_type", ()),
        (rest.content, "finish_reason", ("response_metadata",)),
        (rest.content, "stop_reason", ("response_metadata",)),
    ):
        if value := pop(where, key, str, *within):
            yield one_line(value, 200)
    if (seconds := latency_of(event)) is not None:
        yield f"{duration(seconds)} ({rest.metadata.pop('latency_ms')} ms)"
    if (counted := usage_of(event)) is not None:
        yield _tokens(counted)
        for where, key in (
            (rest.metadata, "usage"),
            (rest.content, "usage_metadata"),
            (rest.content, "usage"),
        ):
            if parse_usage(where.get(key)) == counted:
                _drop(where, key)


def _tokens(counted: Usage) -> str:
    cached = f" ({counted.cached:,} cached)" if counted.cached else ""
    thought = f" ({counted.reasoning:,} reasoning)" if counted.reasoning else ""
    return (
        f"{counted.input:,} in{cached} · {counted.output:,} out{thought}"
        f" · {counted.total:,} in all"
    )


def _drop(where: dict[str, Any], key: str) -> None:
    for name in ("input_tokens", "output_tokens", "total_tokens"):
        pop(where, name, int, key)
    pop(where, "cache_read", int, key, "input_token_details")
    pop(where, "reasoning", int, key, "output_token_details")
    # None of a kind says no more than that kind's absence.
    for within in ("input_token_details", "output_token_details"):
        told = where.get(key)
        details = told.get(within) if isinstance(told, dict) else None
        for name, count in list(details.items()) if isinstance(details, dict) else ():
            if type(count) is int and not count:
                pop(where, name, int, key, within)


def _left(rest: Unshown) -> Iterator[tuple[str, Any]]:
    yield "event_type", rest.event.event_type
    yield "category", rest.event.category
    yield "seq", rest.event.seq
    for name, value in rest.content.items():
        yield f"content.{name}", value
    for name, value in rest.metadata.items():
        yield f"metadata.{name}", value
    yield from rest.event.extra.items()
    yield "thread_id", rest.event.thread_id
    yield "run_id", rest.event.run_id
    yield "created_at", rest.event.created_at


def _bad(event: BadLine) -> Iterator[Part]:
    kept = len(event.raw)
    yield from field_parts(
        [
            ("kind", "bad line"),
            ("reason", event.reason),
            ("place", f"byte {event.offset:,} of the file"),
            ("size", f"{event.size:,} bytes ({size(event.size)})"),
        ]
    )
    whole = kept >= event.size
    title = "as it stands" if whole else f"its first {size(kept)}"
    yield ()
    yield section_block(title, partial(raw_lines, event.raw), name="as it stands")
