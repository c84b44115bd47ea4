"""A run at a glance: what it says, and how it is drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support import START, event, until

from whitetail.store.event import encode
from whitetail.tui.app import WhitetailApp
from whitetail.tui.locate import Place
from whitetail.tui.panes.events import EventsPane
from whitetail.tui.panes.overview import OverviewPane
from whitetail.tui.trace.account import Account
from whitetail.tui.trace.spans import Kind, Span
from whitetail.tui.tree import Tree
from whitetail.tui.view.overview import Entry, bar, overview


def told(entries: list[Entry]) -> list[str]:
    return ["".join(text for text, _ in entry.line).rstrip() for entry in entries]


def said(*events: Any, now: float = START + 1_000) -> list[str]:
    account = Account()
    account.feed(events)
    return told(overview(account, now=now, growing=False))


def reply(seq: int, **changes: Any) -> Any:
    usage = {
        "input_tokens": 1_000,
        "output_tokens": 20,
        "total_tokens": 1_020,
        "input_token_details": {"cache_read": 600},
    }
    content = {"content": "done", "type": "ai", "usage_metadata": usage, **changes}
    metadata = {"caller": "lead_agent", "usage": usage, "latency_ms": 2_000}
    return event(seq, content=content, metadata=metadata)


def test_the_verdict_comes_first_with_its_evidence_below() -> None:
    lines = said(
        event(1, "run.start"), event(2, "run.error", content="out of hay"), reply(3)
    )
    assert lines[0].startswith("failed")
    assert any("out of hay" in line for line in lines[:4])


def test_evidence_leads_to_its_row() -> None:
    account = Account()
    account.feed([event(1, "run.start"), event(2, "run.error", content="out of hay")])
    entries = overview(account, now=START + 1_000, growing=False)
    rows = [entry.row for entry in entries if "out of hay" in told([entry])[0]]
    assert 1 in rows


def test_cached_tokens_are_counted_once() -> None:
    lines = said(reply(1), reply(2))
    assert "  2,000 tokens in (1,200 cached) · 40 out" in lines


def test_a_run_without_usage_says_so() -> None:
    lines = said(event(1, content={"content": "hi", "type": "ai"}))
    assert "  no tokens were counted" in lines


def test_tools_have_a_table() -> None:
    call = {"name": "bash", "args": {"command": "ls"}, "id": "c1"}
    result = {"content": "a\nb", "tool_call_id": "c1", "name": "bash", "type": "tool"}
    lines = said(
        reply(1, tool_calls=[call], content=""),
        event(2, "llm.tool.result", content=result),
    )
    assert any(line.split()[:2] == ["bash", "1"] for line in lines)


def span(start: float | None, end: float | None, *, sure: bool = True) -> Span:
    return Span(Kind.TOOL, "bash", start, end, sure, 3, 4, "lead_agent")


def drawn(each: Span, width: int = 84) -> str:
    return bar(each, 0.0, 40.0, width)[2][0]


def test_a_bar_lies_where_its_span_lies_in_the_window() -> None:
    assert drawn(span(10.0, 20.0)) == " " * 10 + "━" * 10


def test_a_bar_has_at_least_one_cell() -> None:
    assert drawn(span(10.0, 10.0)) == " " * 10 + "━"


def test_what_is_not_sure_is_drawn_lighter() -> None:
    assert "╌" in drawn(span(10.0, 20.0, sure=False))


def test_a_span_outside_the_window_is_not_drawn() -> None:
    assert drawn(span(50.0, 60.0)) == ""
    assert drawn(span(None, None)) == ""


def test_a_bar_never_leaves_its_room() -> None:
    assert len(drawn(span(-100.0, 500.0))) == 40


def tree(folder: Path, rows: int) -> Path:
    runs = folder / ".deer-flow" / "threads" / "t" / "runs"
    runs.mkdir(parents=True)
    lines = [line(seq) for seq in range(1, rows + 1)]
    (runs / "r.jsonl").write_bytes(b"".join(lines))
    return folder / ".deer-flow"


def line(seq: int) -> bytes:
    each = reply(seq)
    return encode(
        {
            "thread_id": "t",
            "run_id": "r",
            "event_type": each.event_type,
            "category": each.category,
            "content": json.loads(json.dumps(each.content)),
            "metadata": dict(each.metadata),
            "seq": seq,
            "created_at": each.created_at,
        }
    )


async def test_i_shows_it_and_enter_goes_to_the_row(tmp_path: Path) -> None:
    app = WhitetailApp(Tree(Place(tree(tmp_path, 30))))
    async with app.run_test(size=(120, 40)) as pilot:
        events = app.screen.query_one(EventsPane)
        await until(pilot, lambda: events.count == 30)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        pane = app.screen.query_one(OverviewPane)
        await until(pilot, lambda: pane.count > 30)
        await pilot.press("G", "k", "k")
        wanted = pane.row
        assert wanted is not None
        await pilot.press("enter")
        await until(pilot, lambda: events.cursor == wanted)


async def test_a_run_that_grows_is_told_anew(tmp_path: Path) -> None:
    base = tree(tmp_path, 3)
    app = WhitetailApp(Tree(Place(base)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one(EventsPane).count == 3)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        pane = app.screen.query_one(OverviewPane)

        def shows(text: str) -> bool:
            lines = (
                "".join(text for text, _ in pane.draw(at, 100))
                for at in range(pane.count)
            )
            return any(text in each for each in lines)

        await until(pilot, lambda: shows("3 rows"))
        with (base / "threads" / "t" / "runs" / "r.jsonl").open("ab") as file:
            file.write(line(4))
        await until(pilot, lambda: shows("4 rows"))
