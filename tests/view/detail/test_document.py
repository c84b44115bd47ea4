"""An event in full: its first line, its fields, its formats and its raw line.

Also covers `format`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.any_json import EVENT_TYPES, any_json
from tests.helpers.cost import assert_cost_is_flat
from tests.helpers.detail import NOON_TIME, detail_lines, detail_text, event_of
from tests.helpers.real_runs import real_lines
from tests.helpers.styled import assert_well_formed, folded_texts, plain_text
from whitetail.trace.relatives import Relatives
from whitetail.view.detail.document import document, event_parts, raw_lines
from whitetail.view.detail.format import DetailFormat
from whitetail.view.folding import folded_lines
from whitetail.view.styled import wrapped_lines
from whitetail.view.text import PIECE_CHARS, sanitize
from whitetail_store import BadLine, RunEvent
from whitetail_store.event import decode

KEYS = [
    *("action", "changes", "description", "produced_paths", "prompt", "query"),
    *("reason_messages", "stage", "subagent_type", "tool", "truncated"),
    *("additional_kwargs", "args", "artifacts", "caller", "content", "data", "diff"),
    *("error", "files", "finish_reason", "id", "image_url", "input", "input_tokens"),
    *("input_token_details", "kind", "latency_ms", "model_name", "name", "path"),
    *("paths", "reasoning_content", "response_metadata", "result", "source", "status"),
    *("text", "thinking", "title", "todos", "tool_calls", "tool_name", "type", "url"),
    *("usage", "usage_metadata", "workspace_changes"),
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9_999)
    | st.floats()
    | st.sampled_from(["text", "thinking", "image_url", "tool_use", "ai", "tool"])
    | st.text(max_size=8)
)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return any_json(st.sampled_from(KEYS), leaves)


def any_event(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[RunEvent]:
    return st.builds(
        RunEvent,
        st.integers(),
        st.sampled_from(EVENT_TYPES),
        content=nested(leaves),
        metadata=st.dictionaries(st.sampled_from(KEYS), nested(leaves), max_size=3),
        created_at=st.sampled_from([NOON_TIME, "noon"]),
        extra=st.dictionaries(st.sampled_from(["new", "newer"]), nested(leaves)),
    )


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


@settings(max_examples=60)
@given(any_event(scalars))
def test_every_event_is_laid_out_without_an_error(event: RunEvent) -> None:
    assert_well_formed(detail_lines(event))


markers = st.integers(0, 10**9).map(lambda n: f"deer{n:09}")


@settings(max_examples=60)
@given(
    any_event(
        markers | st.sampled_from(["text", "thinking", "tool_use", "ai", "task"])
    ).filter(lambda event: event.event_type != "run.end")
)
def test_every_text_of_an_event_is_shown(event: RunEvent) -> None:
    text = plain_text(detail_lines(event))
    for part in (event.content, event.metadata, event.extra):
        for marker in strings(part):
            if marker.startswith("deer"):
                assert marker in text


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_deep_json_and_huge_numbers_are_laid_out(kind: str) -> None:
    deep: Any = 10**5_000
    for _ in range(1_000):
        deep = [deep]
    usage = {"input_tokens": 10**5_000, "output_tokens": 1}
    block = {"type": "tool_use", "id": "c", "input": deep}
    call = {"name": "x", "id": "c", "args": deep}
    content = {"content": [block, deep], "tool_calls": [call], "type": deep}
    lines = detail_lines(event_of(kind, content, usage=usage, latency_ms=10**5_000))
    assert_well_formed(islice(lines, 10_000))


def test_the_event_is_not_changed() -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    content = {"response_metadata": {"finish_reason": "stop"}, "content": "x"}
    given = event_of("llm.ai.response", content, usage=usage, caller="lead_agent")
    before = repr(given)
    list(detail_lines(given))
    assert repr(given) == before


def test_real_events_are_laid_out_in_full() -> None:
    lines = list(real_lines())
    for line in lines:
        given = RunEvent.of(decode(line))
        assert_well_formed(detail_lines(given))
        assert plain_text(raw_lines(line)).replace("\n", "") == sanitize(line.decode())
        for each in wrapped_lines(islice(detail_lines(given), 20), 40):
            assert cell_len(plain_text([each])) <= 40


def test_the_first_line_has_time_caller_model_latency_and_tokens() -> None:
    usage = {
        "input_tokens": 3_217,
        "output_tokens": 366,
        "total_tokens": 3_583,
        "input_token_details": {"cache_read": 2_573},
    }
    text = detail_text(
        "llm.ai.response",
        {
            "content": "Seven.",
            "response_metadata": {"finish_reason": "stop", "model_name": "doe-3"},
            "usage_metadata": usage,
        },
        caller="subagent:scout",
        latency_ms=6_712,
        usage=usage,
    )
    head = text.splitlines()[0]
    assert head.endswith(
        "subagent:scout · doe-3 · stop · 6.7s (6712 ms)"
        " · 3,217 in (2,573 cached) · 366 out · 3,583 total"
    )
    assert "usage" not in text
    assert head.startswith("2026-08-03")


def test_token_counts_of_zero_are_left_out() -> None:
    usage = {
        "input_tokens": 1,
        "output_tokens": 1,
        "total_tokens": 2,
        "input_token_details": {"audio": 0, "cache_creation": 7},
    }
    text = detail_text("llm.ai.response", {"content": "x"}, usage=usage)
    assert "audio" not in text
    assert '"cache_creation": 7' in text


def test_the_note_on_the_position_is_the_second_line() -> None:
    relatives = Relatives(position_note="its call is not in this run")
    lines = plain_text(
        event_parts(event_of("llm.tool.result", {"content": "x"}), relatives)
    )
    assert lines.split("\n")[1] == "its call is not in this run"


def test_a_bad_line_shows_its_offset_its_reason_and_its_bytes() -> None:
    text = plain_text(detail_lines(BadLine(12, 2_000, "not JSON", b"{oops\x1b\xff")))
    assert "reason  not JSON" in text
    assert "byte 12 " in text
    assert "raw line, first 7 B\n{oops␛\ufffd" in text


@pytest.mark.parametrize(
    "given",
    [
        lambda size: event_of("llm.ai.response", {"content": "deer\n" * size}),
        lambda size: event_of("llm.ai.response", {"content": "x" * size * 10}),
        lambda size: event_of("llm.tool.result", {"content": "[1, " * size}),
        lambda size: event_of("mystery", {"a": {"b": "x" * size * 10}}),
        lambda size: event_of("mystery", [[n] for n in range(size // 10)]),
        lambda size: event_of(
            "llm.ai.response", {"tool_calls": [{"args": {"c": "\n" * size * 10}}]}
        ),
    ],
    ids=["lines", "line", "json", "field", "list", "call"],
)
def test_the_first_lines_of_a_huge_event_cost_no_more_than_those_of_a_small_one(
    given: Callable[[int], RunEvent],
) -> None:
    def first_lines(given: RunEvent) -> None:
        assert len(list(islice(wrapped_lines(detail_lines(given), 80), 50))) == 50

    assert_cost_is_flat(lambda size: partial(first_lines, given(size)))


def test_a_long_body_is_laid_out_lazily() -> None:
    def first_lines(given: RunEvent) -> None:
        assert len(list(islice(folded_lines(event_parts(given), {}, 80), 50))) == 50

    def prepare(size: int) -> Callable[[], object]:
        given = event_of("llm.tool.result", {"content": "x\n" * size * 5})
        return partial(first_lines, given)

    assert_cost_is_flat(prepare)


def test_the_pieces_of_a_raw_line_together_are_the_line() -> None:
    line = ("鹿x" * 5_000).encode() + b"\xff\n"
    pieces = [text for ((text, _),) in raw_lines(line)]
    assert "".join(pieces) == "鹿x" * 5_000 + "\ufffd"
    assert max(map(len, pieces)) <= PIECE_CHARS
    assert list(raw_lines(b"\n")) == []


@given(st.binary(max_size=60))
def test_raw_bytes_of_any_kind_are_sanitized(line: bytes) -> None:
    assert_well_formed(raw_lines(line))


def test_the_last_format_is_followed_by_the_first() -> None:
    assert [
        DetailFormat.RENDERED.next,
        DetailFormat.PLAIN.next,
        DetailFormat.RAW.next,
    ] == [
        *(DetailFormat.PLAIN, DetailFormat.RAW, DetailFormat.RENDERED),
    ]


def test_each_format_shows_an_event_differently() -> None:
    reply = event_of("llm.ai.response", {"content": "**deer**"})

    def shown(detail_format: DetailFormat) -> list[str]:
        laid_out = document(reply, b'{"raw": 1}\n', detail_format)
        return folded_texts(laid_out(80), width=80)

    assert "  deer" in shown(DetailFormat.RENDERED)
    assert "  **deer**" in shown(DetailFormat.PLAIN)
    assert shown(DetailFormat.RAW) == ["{", '  "raw": 1', "}"]


def test_content_that_was_cut_says_how_long_it_was() -> None:
    cut = {"content_truncated": True, "original_byte_length": 23_456}
    text = detail_text("llm.trace", "{", **cut)
    assert "The content was cut when it was written: it had 23,456 bytes." in text
    assert "original_byte_length" not in text
    odd = detail_text("llm.trace", "{", **{**cut, "content_truncated": "no"})
    assert "was cut" not in odd
    assert "original_byte_length" in odd
