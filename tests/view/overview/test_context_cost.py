"""The overview's sections on expensive results and on cache misses."""

from __future__ import annotations

from typing import Any

from tests.helpers.events import START, event
from tests.helpers.overview import counted_reply, overview_texts


def test_expensive_results_are_named_by_their_calls() -> None:
    args = {"query": "deer in winter"}
    call = {"name": "web_search", "args": args, "id": "c1"}
    result = {"content": "x" * 400, "tool_call_id": "c1"}
    rows = [
        counted_reply(1, tool_calls=[call], content=""),
        event(2, "llm.tool.result", content=result),
    ]
    events = (*rows, counted_reply(3))
    text = 'web_search("deer in winter")  about 100 tokens, in the prompt of 1 call'
    named = overview_texts(*events, now=START, growing=True, rows=rows)
    assert f"     100  {text}" in named
    unnamed = overview_texts(*events, now=START, growing=True)
    assert any("a result  about 100" in line for line in unnamed)


def test_a_result_of_one_token_is_not_called_tokens() -> None:
    events = (
        counted_reply(1, tool_calls=[{"name": "ls", "args": {}, "id": "c1"}]),
        event(2, "llm.tool.result", content={"content": "found", "tool_call_id": "c1"}),
        counted_reply(3),
    )
    lines = overview_texts(*events, now=START, growing=True)
    assert any("  about 1 token, in the prompt of 1 call" in line for line in lines)


def reply_of(seq: int, cached: int, **changes: Any) -> Any:
    """Return a reply of 9,000 input tokens, some of them cached."""
    usage = {
        "input_tokens": 9_000,
        "output_tokens": 1,
        "total_tokens": 9_001,
        "input_token_details": {"cache_read": cached},
    }
    content = {"content": "done", "type": "ai", "usage_metadata": usage, **changes}
    metadata = {"caller": "lead_agent", "usage": usage, "latency_ms": 2_000}
    return event(seq, content=content, metadata=metadata)


def test_a_cache_miss_shows_what_changed_before_it() -> None:
    summarized = event(2, "middleware:summarization")
    lines = overview_texts(reply_of(1, 8_000), summarized, reply_of(3, 0))
    text = "8,000 cached tokens, then 0  the context was summarized"
    assert any(text in line for line in lines)


def test_a_cache_miss_without_a_change_has_an_unknown_cause() -> None:
    lines = overview_texts(reply_of(1, 8_000), reply_of(2, 0))
    assert any("then 0  cause unknown" in line for line in lines)


def test_cache_misses_beyond_the_first_five_are_counted() -> None:
    replies = [reply_of(seq, 8_000 * (seq % 2)) for seq in range(1, 15)]
    assert "  and 2 more cache misses" in overview_texts(*replies)
