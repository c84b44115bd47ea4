"""The calls of a tool, a model or a caller, the slowest first."""

from __future__ import annotations

from tests.helpers.events import RunBuilder
from tests.helpers.overview import stats_of
from whitetail.trace.stats.spans import SpanKind
from whitetail.trace.stats.stats import RunStats
from whitetail.view.overview.calls import CallGroup, slowest_calls
from whitetail_store import RunEvent


def with_calls(*calls: tuple[str, int, int | None], caller: str = "") -> RunStats:
    """Return the statistics of a run of 100 s with calls: tool, start and end."""
    run = RunBuilder()
    run.add("run.start", {}, at=0)
    for number, (tool, start, end) in enumerate(calls):
        call = {"name": tool, "args": {}, "id": f"c{number}"}
        reply = {"type": "ai", "content": "", "tool_calls": [call]}
        run.add("llm.ai.response", reply, at=start, caller=caller, latency_ms=1_000)
        if end is not None:
            result = {"type": "tool", "content": "x", "tool_call_id": f"c{number}"}
            run.add("llm.tool.result", result, at=end)
    run.add("run.end", {}, at=100, status="success")
    return stats_of(row for row in run.rows if isinstance(row, RunEvent))


def test_the_slowest_call_comes_first_and_unknown_times_last() -> None:
    stats = with_calls(("bash", 1, 3), ("bash", 4, None), ("bash", 5, 35))
    found = slowest_calls(stats.spans, CallGroup(SpanKind.TOOL, "bash"))
    assert [each.label.split()[0] for each in found.calls] == ["30s", "2.0s", "\u2013"]
    assert [each.row for each in found.calls] == [4, 1, 3]


def test_the_title_has_median_worst_and_the_share_of_the_run() -> None:
    stats = with_calls(("bash", 0, 20), ("bash", 10, 30), ("bash", 50, 52))
    found = slowest_calls(stats.spans, CallGroup(SpanKind.TOOL, "bash"))
    # Two of them overlap: the share is of the time in which one was running.
    assert found.title == "bash: 3 calls · median 20s · worst 20s · 32% of the run"


def test_calls_are_those_of_the_tool_the_model_or_the_caller() -> None:
    stats = with_calls(("bash", 1, 3), ("read", 4, 9))
    for group, rows in (
        (CallGroup(SpanKind.TOOL, "read"), {3}),
        (CallGroup(SpanKind.TOOL, None), {1, 3}),
        (CallGroup(SpanKind.MODEL, ""), {1, 3}),
        (CallGroup(None, "lead_agent"), {1, 3}),
        (CallGroup(SpanKind.TOOL, "other"), set()),
    ):
        found = slowest_calls(stats.spans, group)
        assert {each.row for each in found.calls} == rows, group


def test_names_of_a_log_are_sanitized() -> None:
    stats = with_calls(("a\x1b[2J\nb", 1, 3))
    found = slowest_calls(stats.spans, CallGroup(SpanKind.TOOL, "a\x1b[2J\nb"))
    assert found.title.isprintable()
    assert found.calls[0].label.isprintable()


def test_a_run_without_calls_has_none() -> None:
    found = slowest_calls(with_calls().spans, CallGroup(SpanKind.TOOL, None))
    assert found.calls == []
