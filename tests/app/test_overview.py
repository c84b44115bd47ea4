"""A run at a glance: what it says, and how it is drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import START, event
from tests.helpers.pilot import until
from whitetail.app import WhitetailApp
from whitetail.panes.events import EventsPane
from whitetail.panes.overview import OverviewPane
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.stats.spans import Span, SpanKind
from whitetail.trace.stats.stats import RunStats
from whitetail.view.overview.entry import Entry
from whitetail.view.overview.overview import overview
from whitetail.view.overview.timeline import axis_line, span_line
from whitetail.view.units import time_of_day
from whitetail_store.event import encode


def told(entries: list[Entry]) -> list[str]:
    return ["".join(text for text, _ in entry.line).rstrip() for entry in entries]


def said(*events: Any, now: float = START + 1_000) -> list[str]:
    account = RunStats()
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
    account = RunStats()
    account.feed([event(1, "run.start"), event(2, "run.error", content="out of hay")])
    entries = overview(account, now=START + 1_000, growing=False)
    rows = [entry.row for entry in entries if "out of hay" in told([entry])[0]]
    assert 1 in rows


def test_cached_tokens_are_counted_once() -> None:
    lines = said(reply(1), reply(2))
    assert "  2,000 tokens in (1,200 cached) · 40 out" in lines


def test_a_run_without_usage_says_so() -> None:
    lines = said(event(1, content={"content": "hi", "type": "ai"}))
    assert "  no token counts" in lines


def test_tools_have_a_table() -> None:
    call = {"name": "bash", "args": {"command": "ls"}, "id": "c1"}
    result = {"content": "a\nb", "tool_call_id": "c1", "name": "bash", "type": "tool"}
    lines = said(
        reply(1, tool_calls=[call], content=""),
        event(2, "llm.tool.result", content=result),
    )
    assert any(line.split()[:2] == ["bash", "1"] for line in lines)


def live(*events: Any, **more: Any) -> list[str]:
    account = RunStats()
    account.feed(events)
    return told(overview(account, growing=True, **more))


def asked(seq: int, name: str, **args: Any) -> Any:
    call = {"name": name, "args": args, "id": f"c{seq}"}
    return reply(seq, tool_calls=[call], content="")


def answered(seq: int, to: int, text: str = "ok") -> Any:
    return event(
        seq, "llm.tool.result", content={"content": text, "tool_call_id": f"c{to}"}
    )


def test_a_live_run_says_how_long_it_has_been_quiet_and_what_is_unanswered() -> None:
    now = START + 100
    lines = live(asked(1, "web_fetch"), now=now, written=now - 38)
    assert (
        lines[0] == "running  no new events for 38s (DeerFlow writes in batches of 20)"
    )
    since = time_of_day(event(1).time)
    assert lines[1] == f"  last known: no result of web_fetch since {since}"
    assert (
        "no new events for 39s"
        in live(asked(1, "web_fetch"), now=now + 1, written=now - 38)[0]
    )
    assert "just now" in live(asked(1, "web_fetch"), now=now, written=now + 5)[0]


def test_the_dearest_results_are_named_by_what_was_asked() -> None:
    rows = [asked(1, "web_search", query="deer in winter"), answered(2, 1, "x" * 400)]
    lines = live(*rows, reply(3), now=START, rows=rows)
    said = 'web_search("deer in winter")  about 100 tokens, in the prompt of 1 call'
    assert f"     100  {said}" in lines
    assert any(
        "a result  about 100" in line for line in live(*rows, reply(3), now=START)
    )


def test_a_cache_break_says_what_changed_before_it() -> None:
    usage = {"input_tokens": 9_000, "output_tokens": 1, "total_tokens": 9_001}
    rows = [
        reply(1, usage_metadata=usage),
        event(2, "middleware:summarization"),
        reply(3),
    ]
    for row, cached in ((rows[0], 8_000), (rows[2], 0)):
        details = {"input_token_details": {"cache_read": cached}}
        row.metadata["usage"].update(usage | details)
    lines = said(*rows)
    assert any(
        "8,000 cached tokens, then 0  the context was summarised" in line
        for line in lines
    )


def changes(*files: dict[str, Any]) -> Any:
    metadata = {"workspace_changes": {"files": list(files)}}
    return event(7, "workspace_changes", metadata=metadata)


NOTE = {"path": "/outputs/note.md", "root": "outputs", "status": "created"}


def test_files_say_what_became_of_them() -> None:
    made = changes(NOTE | {"additions": 12, "deletions": 0})
    alone = said(made, event(8, "run.end"))
    assert any(
        line.split() == ["+", "created", "+12", "-0", "not", "presented", NOTE["path"]]
        for line in alone
    )
    assert not any("not presented" in line for line in said(made))
    shown = event(9, "run.delivery", content={"presented_paths": [NOTE["path"]]})
    assert any("✓ presented" in line for line in said(made, event(8, "run.end"), shown))


def test_a_file_leads_to_its_row_and_its_name_is_inert() -> None:
    account = RunStats()
    account.feed([changes(NOTE | {"path": "/outputs/\x1b[31m.md"})])
    entries = overview(account, now=START, growing=False)
    (found,) = [each for each in entries if "/outputs/" in told([each])[0]]
    assert found.row == 0
    assert "\x1b" not in told([found])[0]


def test_files_beyond_two_hundred_are_counted() -> None:
    many = [NOTE | {"path": f"/outputs/{number}"} for number in range(205)]
    assert "  and 5 more files" in said(changes(*many))


def ticks(start: float, end: float, width: int = 144) -> list[str]:
    return "".join(text for text, _ in axis_line(0.0, start, end, width)).split()


def test_the_axis_has_round_times() -> None:
    assert ticks(0, 100) == [
        "╷0.0s",
        "╷15s",
        "╷30s",
        "╷45s",
        "╷1m00s",
        "╷1m15s",
        "╷1m30s",
    ]
    assert ticks(30, 31)[:3] == ["╷30.0s", "╷30.2s", "╷30.4s"]
    assert ticks(0, 0) == []
    assert ticks(0, 100, 80) == []


@given(st.floats(0, 1e6), st.floats(0.001, 1e6), st.integers(0, 300))
def test_the_axis_never_leaves_its_room(start: float, lasts: float, width: int) -> None:
    drawn = "".join(text for text, _ in axis_line(0.0, start, start + lasts, width))
    assert len(drawn) <= width


def span(start: float | None, end: float | None, *, sure: bool = True) -> Span:
    return Span(SpanKind.TOOL, "bash", start, end, sure, 3, 4, "lead_agent")


def drawn(each: Span, width: int = 84) -> str:
    return span_line(each, 0.0, 40.0, width)[2][0]


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
    app = WhitetailApp(FileSource(TreeLocation(tree(tmp_path, 30))))
    async with app.run_test(size=(120, 40)) as pilot:
        events = app.screen.query_one(EventsPane)
        await until(pilot, lambda: events.count == 30)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        pane = app.screen.query_one(OverviewPane)
        await until(pilot, lambda: pane.count > 30)
        assert pane.cursor == pane.scroll_offset.y == 0
        await pilot.press("G", "k", "k")
        wanted = pane.row
        assert wanted is not None
        await pilot.press("enter")
        await until(pilot, lambda: events.cursor == wanted)


async def test_the_cursor_stays_with_its_span_when_lines_come_above_it(
    tmp_path: Path,
) -> None:
    app = WhitetailApp(FileSource(TreeLocation(tree(tmp_path, 30))))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.screen.query_one(EventsPane).count == 30)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        pane = app.screen.query_one(OverviewPane)
        await until(pilot, lambda: pane.count > 30)
        await pilot.press("G", "k", "k")
        row, place = pane.row, pane.cursor - pane.scroll_offset.y
        more = [*pane._entries[:5], Entry((("new", "plain"),)), *pane._entries[5:]]
        pane.show(more, pane._spans)
        await pilot.pause()
        assert pane.row == row
        assert pane.cursor - pane.scroll_offset.y == place


async def test_a_zoomed_timeline_goes_where_the_cursor_goes(tmp_path: Path) -> None:
    app = WhitetailApp(FileSource(TreeLocation(tree(tmp_path, 30))))
    async with app.run_test(size=(120, 45)) as pilot:
        await until(pilot, lambda: app.screen.query_one(EventsPane).count == 30)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        pane = app.screen.query_one(OverviewPane)
        await until(pilot, lambda: pane.count > 30)

        def bar_of(line: int) -> str:
            return "".join(text for text, _ in pane.draw(line, 110))[44:].strip()

        await pilot.press("G")
        small = bar_of(pane.cursor)
        await pilot.press("+", "+", "+")
        assert len(bar_of(pane.cursor)) > len(small)
        away = pane.cursor - 20
        assert bar_of(away) == ""
        await pilot.press(*["k"] * 20)
        assert pane.cursor == away
        assert bar_of(away)
        await pilot.press("0")
        assert bar_of(away + 20)


async def test_a_run_that_grows_is_told_anew(tmp_path: Path) -> None:
    base = tree(tmp_path, 3)
    app = WhitetailApp(FileSource(TreeLocation(base)))
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

        await until(pilot, lambda: shows("3 events"))
        with (base / "threads" / "t" / "runs" / "r.jsonl").open("ab") as file:
            file.write(line(4))
        await until(pilot, lambda: shows("4 events"))
