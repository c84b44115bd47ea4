"""The overview: verdict, totals and tables. Also covers `entry`."""

from __future__ import annotations

from tests.helpers.events import START, event
from tests.helpers.overview import (
    counted_reply,
    entry_texts,
    overview_texts,
    stats_of,
)
from whitetail.trace.stats.pricing import Prices
from whitetail.view.overview.overview import overview
from whitetail.view.units import time_of_day
from whitetail_store import RunEvent


def reply_with_call(seq: int) -> RunEvent:
    call = {"name": "web_fetch", "args": {}, "id": f"c{seq}"}
    return counted_reply(seq, tool_calls=[call], content="")


def test_the_verdict_comes_first_with_its_evidence_below() -> None:
    error = event(2, "run.error", content="out of hay")
    lines = overview_texts(event(1, "run.start"), error, counted_reply(3))
    assert lines[0].startswith("failed")
    assert any("out of hay" in line for line in lines[:4])


def test_evidence_has_the_row_of_its_event() -> None:
    error = event(2, "run.error", content="out of hay")
    stats = stats_of([event(1, "run.start"), error])
    entries = overview(stats, now=START + 1_000, growing=False)
    rows = [entry.row for entry in entries if "out of hay" in entry_texts([entry])[0]]
    assert 1 in rows


def test_a_live_run_shows_the_time_without_new_events() -> None:
    call, now = reply_with_call(1), START + 100

    def first_line(now: float, written: float) -> str:
        return overview_texts(call, now=now, growing=True, written=written)[0]

    assert first_line(now, now - 38) == (
        "running  no new events for 38s (DeerFlow writes in batches of 20)"
    )
    assert "no new events for 39s" in first_line(now + 1, now - 38)


def test_a_live_run_whose_writer_has_a_clock_ahead_has_new_events_just_now() -> None:
    now = START + 100
    lines = overview_texts(reply_with_call(1), now=now, growing=True, written=now + 5)
    assert "new events just now" in lines[0]


def test_a_live_run_shows_the_tool_without_a_result() -> None:
    lines = overview_texts(reply_with_call(1), now=START + 100, growing=True)
    since = time_of_day(event(1).time)
    assert lines[1] == f"  last known: no result of web_fetch since {since}"


def test_the_status_of_a_run_that_was_not_read_whole_is_unknown() -> None:
    error = event(2, "run.error", content="out of hay")
    lines = overview_texts(event(1, "run.start"), error, unread="being read")
    assert lines[0] == "unknown  being read"
    assert not any("out of hay" in line for line in lines[:4])


def test_cached_tokens_are_counted_once() -> None:
    lines = overview_texts(counted_reply(1), counted_reply(2))
    assert "  2,000 tokens in (1,200 cached) · 40 out" in lines


def test_a_run_without_usage_has_no_token_counts() -> None:
    lines = overview_texts(event(1, content={"content": "hi", "type": "ai"}))
    assert "  no token counts" in lines


def test_replies_without_usage_are_counted_beside_the_tokens() -> None:
    uncounted = event(2, content={"content": "hi", "type": "ai"})
    lines = overview_texts(counted_reply(1), uncounted)
    assert any(line.endswith("· 1 reply without token counts") for line in lines)


def test_tools_have_a_table() -> None:
    call = {"name": "bash", "args": {"command": "ls"}, "id": "c1"}
    result = {"content": "a\nb", "tool_call_id": "c1", "name": "bash", "type": "tool"}
    lines = overview_texts(
        counted_reply(1, tool_calls=[call], content=""),
        event(2, "llm.tool.result", content=result),
    )
    assert any(line.split()[:2] == ["bash", "1"] for line in lines)


def test_costs_are_shown_only_with_prices() -> None:
    without = overview_texts(counted_reply(1))
    assert not any("cost" in line for line in without)
    priced = overview_texts(counted_reply(1), prices=Prices({"doe": (1.0, 1.0, 1.0)}))
    assert any("has no price" in line for line in priced)
